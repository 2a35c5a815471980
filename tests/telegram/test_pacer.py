from __future__ import annotations

import pytest

from connectors.telegram.pacer import Pacer
from core.errors import SendLater

LI, ANN, GROUP = 1, 2, -1


class Clock:
    """Stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_short_burst_goes_at_once_and_then_one_a_second() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    assert [pacer.book(LI) for _ in range(5)] == [0, 0, 0, 0, 1]
    with pytest.raises(SendLater) as refusal:
        pacer.book(LI)
    assert refusal.value.after == 2
    clock.now += 1
    assert pacer.book(LI) == 1


def test_a_rest_gives_the_burst_back() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    for _ in range(4):
        pacer.book(LI)
    clock.now += 60
    assert [pacer.book(LI) for _ in range(5)] == [0, 0, 0, 0, 1]


def test_a_steady_stream_stays_below_one_a_second_to_a_chat() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    sent = 0
    for _ in range(600):
        clock.now += 0.1
        try:
            pacer.book(LI)
            sent += 1
        except SendLater:
            continue
    assert sent <= 60 + 4 + 2


def test_a_group_gets_fewer_than_twenty_a_minute() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    times = []
    for _ in range(6000):
        clock.now += 0.1
        try:
            times.append(clock.now + pacer.book(GROUP))
        except SendLater:
            continue
    after_the_burst = [moment for moment in times if moment > 200]
    assert all(sum(t <= m < t + 60 for m in after_the_burst) <= 20 for t in after_the_burst)


def test_all_chats_together_stay_below_thirty_a_second() -> None:
    """D17: the overall limit is kept, too."""
    pacer = Pacer(Clock())
    waits = [pacer.book(chat) for chat in range(1, 58)]
    assert waits[:20] == pytest.approx([0] * 20, abs=1e-6)
    assert waits[-1] <= 1.5
    with pytest.raises(SendLater):
        pacer.book(99)


def test_only_the_held_chat_waits() -> None:
    """D11: held for the seconds that Telegram named, and no other chat."""
    clock = Clock()
    pacer = Pacer(clock)
    pacer.hold(LI, 30)
    with pytest.raises(SendLater) as refusal:
        pacer.book(LI)
    assert refusal.value.after == 30
    assert not pacer.is_idle(LI)
    assert pacer.is_idle(ANN)
    assert pacer.book(ANN) == 0
    clock.now += 30
    assert pacer.book(LI) == 0


def test_signs_are_left_out_when_many_messages_go_out() -> None:
    pacer = Pacer(Clock())
    for chat in range(1, 15):
        pacer.book(chat)
    assert not pacer.is_idle(99)


async def test_a_refused_turn_costs_nothing() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    pacer.hold(LI, 10)
    for _ in range(100):
        with pytest.raises(SendLater):
            await pacer.turn(LI)
    clock.now += 10
    await pacer.turn(LI)


def test_chats_at_rest_are_forgotten() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    for chat in range(1, 20_100):
        clock.now += 0.05
        pacer.book(chat)
    pacer.hold(LI, 1)
    assert len(pacer._booked) <= 20_001
