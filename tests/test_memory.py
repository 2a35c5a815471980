"""What a crowd has left behind is given back once, and never while somebody is still leaving."""

from __future__ import annotations

from core.memory import Tidy


def looks(*connections: int) -> list[bool]:
    tidy = Tidy()
    return [tidy.look(number) for number in connections]


def test_it_tidies_up_once_when_a_crowd_has_gone() -> None:
    assert looks(10, 5_000, 2_000, 10, 10, 10, 10) == [False] * 4 + [True, False, False]


def test_a_few_who_come_and_go_are_no_crowd() -> None:
    assert not any(looks(0, 400, 0, 0, 400, 0, 0))


def test_the_next_crowd_is_noticed_again() -> None:
    assert looks(1_000, 0, 0, 1_000, 1_000, 0, 0).count(True) == 2
