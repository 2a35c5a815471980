"""The list of guards fits the code it speaks of. Whether each one is missed when it is gone takes
minutes: `python -m tests.faults.mutations` sees to that."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from tests.faults.guards import ROOT, Guard, guards

GUARDS = guards()


@cache
def names_in(file: str) -> frozenset[str]:
    path = ROOT / "tests" / file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)\(", text, re.MULTILINE))


def test_every_guard_has_a_name_of_its_own() -> None:
    names = Counter(guard.name for guard in GUARDS)
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_is_where_the_list_says_and_its_tests_exist(guard: Guard) -> None:
    text = (ROOT / guard.file).read_text(encoding="utf-8")
    assert text.count(guard.old) == 1, f"{guard.file}: {guard.old!r}"
    assert guard.removed(text) != text
    assert guard.tests
    for test in guard.tests:
        file, _, name = test.partition("::")
        assert names_in(file), file
        assert not name or name.partition("[")[0] in names_in(file), test
