"""No file, however broken, makes the loader do anything but load it or say what is wrong."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Problem, SettingsError
from tests.settings.loading import load_text

WHOLE = (Path(__file__).parents[2] / "settings.yaml").read_text()[3800:7000]
PIECES = st.sampled_from(
    [*"\t\n :-?[]{}'\"&*!|>%@`#,\\\x00\x85\u2028", "${", "- ", ": ", "~", "é"]
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cuts=st.lists(st.tuples(st.integers(0, 3200), st.integers(0, 40), PIECES), max_size=4))
def test_a_damaged_file_is_refused_with_places_in_it(
    tmp_path: Path, cuts: list[tuple[int, int, str]]
) -> None:
    text = WHOLE
    for start, length, piece in cuts:
        text = text[:start] + piece + text[start + length :]
    lines = text.count("\n") + 2
    found = _problems(tmp_path, text.encode())

    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in found)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_random_bytes_are_never_more_than_a_problem(tmp_path: Path, data: bytes) -> None:
    assert all(problem.line >= 1 and problem.message for problem in _problems(tmp_path, data))


def _problems(folder: Path, data: bytes) -> tuple[Problem, ...]:
    try:
        load_text(folder, data)
    except SettingsError as error:
        return error.problems
    return ()
