"""Every failure that we promise to survive has a test, and the table of them is current."""

from __future__ import annotations

from pathlib import Path

from tests.faults.coverage import NAMES, TABLE, collected, main

_INVARIANTS = {f"I{n}" for n in range(1, 13)}  # named in tests, and checked by many


def test_every_failure_has_a_test() -> None:
    found = collected()
    assert not [row for row in NAMES if row not in found]


def test_no_test_names_a_failure_that_nobody_knows() -> None:
    assert collected().keys() - NAMES.keys() - _INVARIANTS == set()


def test_the_table_is_current() -> None:
    assert main(["--check"]) == 0, f"{TABLE.name}: run `python -m tests.faults.coverage`"


def test_rows_are_named_by_docstrings_and_by_cases(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        '''
CASES = {"Y01 tab": 1, "Y02 quote": 2, "none": 3}

def test_one(): """D11: only that chat waits."""
async def test_two(): """C03, C07, D11:
    and so on."""
def test_three(): """D12 is not meant."""

@pytest.mark.parametrize("case", CASES)
def test_four(case): """Y03: told."""
''',
        encoding="utf-8",
    )
    rows = {row: [name for _, name in tests] for row, tests in collected(tmp_path).items()}
    assert rows == {
        "D11": ["test_one", "test_two"],
        "C03": ["test_two"],
        "C07": ["test_two"],
        "Y01": ["test_four"],
        "Y02": ["test_four"],
        "Y03": ["test_four"],
    }
