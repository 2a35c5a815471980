"""One event of a place at a time, by Slack's time and not by arrival."""

from __future__ import annotations

import asyncio

import pytest

from connectors.slack.lanes import Lanes
from connectors.slack.origin import lane_of, moment_of
from tests.slack.payloads import DIRECT, ROOT, SHOP, payload


async def take(lanes: Lanes, lane: str, moment: float, taken: list[float]) -> None:
    async with lanes.turn(lane, moment):
        await asyncio.sleep(0)
        taken.append(moment)


async def test_events_that_arrive_together_are_taken_by_their_time() -> None:
    """D06, L10: whatever order they come in."""
    lanes = Lanes(0.01)
    taken: list[float] = []
    async with asyncio.TaskGroup() as group:
        for moment in (5.0, 2.0, 4.0, 1.0, 3.0):
            group.create_task(take(lanes, "C1:1", moment, taken))
    assert taken == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert len(lanes) == 0


async def test_a_straggler_is_waited_for() -> None:
    """D06: envelopes that left together do not arrive in the same instant."""
    lanes = Lanes(0.3)
    taken: list[float] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(take(lanes, "C1:1", 2.0, taken))
        for _ in range(50):
            await asyncio.sleep(0)
        group.create_task(take(lanes, "C1:1", 1.0, taken))
    assert taken == [1.0, 2.0]


async def test_lanes_do_not_wait_for_each_other() -> None:
    lanes = Lanes(0.001)
    taken: list[float] = []
    async with lanes.turn("C1:1", 1.0), asyncio.timeout(5):
        await take(lanes, "C1:2", 2.0, taken)
    assert taken == [2.0]


async def test_who_gives_up_waiting_blocks_nobody() -> None:
    lanes = Lanes(0.001)
    taken: list[float] = []
    async with lanes.turn("C1:1", 1.0):
        waiting = asyncio.create_task(take(lanes, "C1:1", 2.0, taken))
        after = asyncio.create_task(take(lanes, "C1:1", 3.0, taken))
        await asyncio.sleep(0)
        waiting.cancel()
    await after
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert taken == [3.0]
    assert len(lanes) == 0


async def test_who_is_cancelled_at_the_moment_of_being_let_in_passes_it_on() -> None:
    lanes = Lanes(0.001)
    taken: list[float] = []
    async with lanes.turn("C1:1", 1.0):
        waiting = asyncio.create_task(take(lanes, "C1:1", 2.0, taken))
        after = asyncio.create_task(take(lanes, "C1:1", 3.0, taken))
        await asyncio.sleep(0)
    waiting.cancel()
    await after
    assert taken == [3.0]


async def test_a_handler_that_fails_frees_its_lane() -> None:
    lanes = Lanes(0.001)
    taken: list[float] = []
    with pytest.raises(ValueError, match="broken"):
        async with lanes.turn("C1:1", 1.0):
            raise ValueError("broken")
    await take(lanes, "C1:1", 2.0, taken)
    assert taken == [2.0]


@pytest.mark.parametrize(
    ("name", "lane"),
    [
        ("direct_message", DIRECT),
        ("direct_message_in_thread", DIRECT),
        ("direct_message_edited", DIRECT),
        ("choice_in_direct_message", DIRECT),
        ("mention_in_thread", f"{SHOP}:{ROOT}"),
        ("thread_line_without_mention", f"{SHOP}:{ROOT}"),
        ("choice_in_thread", f"{SHOP}:{ROOT}"),
    ],
)
def test_a_conversation_is_one_lane(name: str, lane: str) -> None:
    """D06: a direct conversation with all its threads, elsewhere a thread with its root."""
    assert lane_of(payload(name)) == lane


def test_a_root_is_in_the_lane_of_its_thread() -> None:
    root = {"type": "message", "channel": SHOP, "ts": ROOT}
    reply = {**root, "ts": "2.2", "thread_ts": ROOT}
    edit = {"subtype": "message_changed", "channel": SHOP, "message": reply, "ts": "3.3"}
    card = {"container": {"channel_id": SHOP, "message_ts": ROOT}}
    lanes = [lane_of({"event": event}) for event in (root, reply, edit)]
    assert {*lanes, lane_of(card)} == {f"{SHOP}:{ROOT}"}


@pytest.mark.parametrize(
    ("body", "moment"),
    [
        ({"event": {"ts": "17.000001", "event_ts": "18.5"}}, 18.5),
        ({"event": {"ts": "17.000001"}}, 17.000001),
        ({"actions": [{"action_ts": "19.25"}]}, 19.25),
        ({"event": {"ts": "1e400"}}, 0.0),
        ({"event": {"ts": 7}}, 0.0),
        ({"actions": "no"}, 0.0),
    ],
)
def test_the_moment_of_an_event_is_slacks(body: dict[str, object], moment: float) -> None:
    assert moment_of(body) == moment
