"""What `check` and `try` tell of the files that GPT answers from."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.cli import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "pots.md").write_text("# Pots\n\n## Frost\n\nTerracotta freezes in winter.\n")
    (tmp_path / "faq.csv").write_text("question,answer\nDogs?,Welcome.\n")
    path = tmp_path / "settings.yaml"
    path.write_text(
        "gpt: {api_key: x, model: gpt-x, knowledge: ['*.md', faq.csv]}\n"
        "quick_replies:\n- {id: a, when: {any: [frost]}, reply: x, then: gpt}\n"
    )
    return path


def test_check_counts_what_gpt_knows(settings: Path, capsys: Captured) -> None:
    assert main(["check", str(settings)]) == 0
    assert "GPT       on, knows 2 passages of 2 files\n" in capsys.readouterr().out


def test_check_names_files_that_say_nothing_and_goes_on(settings: Path, capsys: Captured) -> None:
    (settings.parent / "empty.md").touch()
    (settings.parent / "faq.csv").write_text("question,answer\nDogs?,\n")
    assert main(["check", str(settings)]) == 0
    told = capsys.readouterr().out
    assert "empty.md:1:1: there is no text in this file [warning]" in told
    assert "faq.csv:2:1: this row has no answer (it is left out) [warning]" in told


def test_check_refuses_files_that_are_not_there_or_cannot_be_read(
    settings: Path, capsys: Captured
) -> None:
    (settings.parent / "pots.md").write_bytes(b"\xff\xfe\xfa")
    (settings.parent / "more.md").write_bytes(b"a" * 2_000_001)
    (settings.parent / "faq.csv").unlink()
    assert main(["check", str(settings)]) == 2
    told = capsys.readouterr().err
    assert f"{settings}:1:53: faq.csv matches no file" in told
    assert "more.md:1:1: this file is larger than 2 MB (split it into several)" in told


def test_try_shows_what_gpt_is_given_and_why(settings: Path, capsys: Captured) -> None:
    assert main(["try", "does terracotta freeze?", "--settings", str(settings)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "GPT answers (gpt-x): no rule matches.",
        "  knows    Pots › Frost (pots.md): 82% of the question, by terracotta, freeze",
        "             Terracotta freezes in winter.",
    ]
    assert main(["try", "frost", "--settings", str(settings)]) == 0
    assert "  knows    Pots › Frost (pots.md)" in capsys.readouterr().out


def test_try_says_when_nothing_fits_and_what_came_nearest(
    settings: Path, capsys: Captured
) -> None:
    assert main(["try", "what is love", "--settings", str(settings)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  knows    nothing that fits: it is told to say so, and to offer a person"
    ]
    text = "winter zebras quokkas lemurs okapis tapirs gnus ibexes elands kudus oryxes dingos"
    assert main(["try", text, "--settings", str(settings)]) == 0
    assert "nearest: Pots › Frost (pots.md): 3% of the question" in capsys.readouterr().out


def test_try_looks_nothing_up_where_gpt_is_off(settings: Path, capsys: Captured) -> None:
    settings.write_text("gpt: {api_key: '', knowledge: ['*.md']}\n")
    assert main(["try", "does terracotta freeze?", "--settings", str(settings)]) == 0
    assert "knows" not in capsys.readouterr().out
