"""One post a second, turns in the order of asking, and pauses that Slack asks for."""

from __future__ import annotations

import pytest

from connectors.slack.pacer import Pacer, Rate
from core.errors import SendLater


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def paced(burst: int = 2) -> tuple[Pacer, Clock]:
    clock = Clock()
    return Pacer(Rate(1.0, burst), clock), clock


def waits(pacer: Pacer, channel: str, keys: str) -> list[float]:
    """For each key how long it has to wait; long waits come as errors."""
    found = []
    for key in keys:
        try:
            found.append(pacer.book(channel, key))
        except SendLater as later:
            found.append(later.after or 0.0)
    return found


def test_after_a_burst_one_post_goes_out_each_second() -> None:
    """L07: 1 post a second and a burst."""
    pacer, clock = paced()
    assert waits(pacer, "C1", "abcde") == [0, 0, 1, 2, 3]
    clock.now += 100
    assert waits(pacer, "C1", "fgh") == [0, 0, 1]


def test_who_comes_back_finds_the_second_that_was_kept() -> None:
    """L07: nobody is starved by those who ask later."""
    pacer, clock = paced(burst=1)
    assert waits(pacer, "C1", "abcd") == [0, 1, 2, 3]
    clock.now += 3
    assert waits(pacer, "C1", "xyz") == [1, 2, 3]
    assert waits(pacer, "C1", "dcb") == [0, 0, 0]


def test_a_far_second_is_waited_for_by_the_outbox() -> None:
    pacer, _ = paced(burst=1)
    assert waits(pacer, "C1", "ab") == [0, 1]
    with pytest.raises(SendLater) as caught:
        pacer.book("C1", "c")
    assert caught.value.after == 2


def test_a_pause_moves_what_was_promised_and_holds_no_other_channel() -> None:
    """D01: that channel only."""
    pacer, clock = paced(burst=1)
    assert waits(pacer, "C1", "ab") == [0, 1]
    pacer.hold("C1", 5)
    assert waits(pacer, "C1", "bc") == [6, 7]
    assert waits(pacer, "C2", "d") == [0]
    pacer.hold("C1", 3)
    clock.now += 6
    assert waits(pacer, "C1", "bc") == [0, 1]


def test_after_a_pause_there_is_no_burst() -> None:
    pacer, clock = paced(burst=3)
    pacer.hold("C1", 5)
    clock.now += 5
    assert waits(pacer, "C1", "abc") == [0, 1, 2]


def test_seconds_nobody_came_for_and_channels_at_rest_are_forgotten() -> None:
    pacer, clock = paced(burst=1)
    waits(pacer, "C1", "ab")
    clock.now += 4000
    assert waits(pacer, "C1", "c") == [0]
    for number in range(6000):
        pacer.book(f"D{number}", "k")
        clock.now += 2
    assert len(pacer) < 5100


def test_a_second_is_kept_until_it_is_used() -> None:
    """Also when whoever was told that its turn has come writes down first that it goes out."""
    pacer, clock = paced(burst=1)
    assert waits(pacer, "C1", "aab") == [0, 0, 1]
    pacer.used("C1", "a")
    assert waits(pacer, "C1", "a") == [2]
    clock.now += 1
    assert waits(pacer, "C1", "b") == [0]


async def test_a_short_wait_is_waited_for_here() -> None:
    pacer = Pacer(Rate(0.01, 1))
    for key in "abc":
        await pacer.turn("C1", key)
