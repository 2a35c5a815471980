"""A crowd's memory can be given back, and is once it has gone; never while somebody is leaving."""

from __future__ import annotations

from pathlib import Path

from connectors import SECTIONS, SETTINGS
from core import memory
from core.allocator import Allocator
from core.memory import Crowd
from core.settings import load


class Told(Allocator):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.wishes: list[bool] = []

    def give_back(self, wanted: bool) -> None:
        self.wishes.append(wanted)


def looks(*connections: int) -> list[bool]:
    crowd = Crowd()
    return [crowd.look(number) for number in connections]


def test_it_tidies_up_once_when_a_crowd_has_gone() -> None:
    assert looks(10, 5_000, 2_000, 10, 10, 10, 10) == [False] * 4 + [True, False, False]


def test_a_few_who_come_and_go_are_no_crowd() -> None:
    assert not any(looks(0, 400, 0, 0, 400, 0, 0))


def test_the_next_crowd_is_noticed_again() -> None:
    assert looks(1_000, 0, 0, 1_000, 1_000, 0, 0).count(True) == 2


def test_from_the_hundreds_on_memory_is_such_that_can_be_given_back() -> None:
    told = Told()
    crowd = Crowd(told)
    for connections in (1, 100, 249):
        crowd.grew(connections)
    assert told.wishes == []
    for connections in (250, 251, 5_000):
        crowd.grew(connections)
    assert told.wishes == [True]


def test_it_is_quick_again_when_most_have_gone_for_good() -> None:
    told = Told()
    crowd = Crowd(told)
    crowd.grew(5_000)
    for connections in (5_000, 200, 200, 100):
        crowd.look(connections)
    assert told.wishes == [True]
    crowd.look(100)
    assert told.wishes == [True, False]
    crowd.grew(300)
    assert told.wishes == [True, False, True]


def test_what_is_moved_is_the_same_and_elsewhere() -> None:
    rules = Path(__file__).parent.parent / "settings.yaml"
    settings = load(rules, environ={}, channels=SETTINGS, sections=SECTIONS)
    moved = memory.moved((settings.quick_replies, settings.places))
    assert moved[0] == settings.quick_replies
    assert str(moved[1].rules[0]) == str(settings.places.rules[0])
    mine, other = moved[0][0].when, settings.quick_replies[0].when
    assert mine is not other
