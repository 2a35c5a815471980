"""Live events stay behind what was missed, however long the reading takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.slack.backlog import BURST, Backlog
from core.errors import SendLater, StoreUnavailable, TooManyMessages
from core.tasks import Tasks
from tests.slack.house import until


class Place:
    """A channel that can be read, and what was taken of it."""

    def __init__(self) -> None:
        self.history: list[str] = []
        self.taken: list[str] = []
        self.read: list[str] = []
        self.refusals: list[Exception] = []
        self.failures: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()

    async def look(self, place: str) -> Sequence[Mapping[str, Any]]:
        self.read.append(place)
        seen = tuple(self.history)
        await self.open.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        return [{"text": text} for text in seen]

    async def take(self, event: Mapping[str, Any]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if event["text"] not in self.taken:
            self.taken.append(event["text"])


@asynccontextmanager
async def behind() -> AsyncIterator[tuple[Place, Backlog]]:
    place, tasks = Place(), Tasks()
    try:
        yield place, Backlog(place.look, place.take, tasks.start)
    finally:
        await tasks.close()


async def listed(*places: str) -> Sequence[str]:
    return places


async def test_before_anything_is_known_each_place_is_read_once() -> None:
    """D06: before the first live event, and not again."""
    async with behind() as (place, backlog):
        place.history.append("missed")
        for _ in range(3):
            await backlog.first("D1")
        assert place.taken == ["missed"]
        assert place.read == ["D1"]


async def test_what_is_not_listed_has_nothing_to_miss() -> None:
    """D09: a conversation that began later is not read."""
    async with behind() as (place, backlog):
        assert await backlog.catch_up(lambda: listed("D1"), 0)
        await backlog.first("D2")
        await backlog.first("D1")
        assert place.read == ["D1"]


async def test_after_a_rest_the_first_few_places_are_read_without_a_pause() -> None:
    """L07: Slack counts by the minute, and most houses are not busy in more places."""
    async with behind() as (place, backlog):
        many = [f"D{number}" for number in range(BURST + 5)]
        reading = asyncio.create_task(backlog.catch_up(lambda: listed(*many), pace=3600))
        await until(lambda: len(place.read) >= BURST)
        reading.cancel()
        assert len(set(place.read)) == BURST


async def test_a_service_that_lives_for_one_reading_at_a_time_gets_to_all_places() -> None:
    """D06: started again and again, it must not begin with the same place each time."""
    begun_with: set[str] = set()
    many = ("D1", "D2", "D3")

    async def live() -> bool:
        async with behind() as (place, backlog):
            place.open.clear()
            reading = asyncio.create_task(backlog.catch_up(lambda: listed(*many), 0))
            await until(lambda: place.read)
            reading.cancel()
            begun_with.update(place.read)
        return begun_with == set(many)

    for _ in range(200):
        if await live():
            break
    assert begun_with == set(many)


async def test_a_reading_that_takes_too_long_lets_nothing_pass() -> None:
    """D06: what came too late for it is read as well, before anything newer."""
    async with behind() as (place, backlog):
        place.history.append("missed")
        place.open.clear()
        with pytest.raises(StoreUnavailable):
            await backlog.first("D1")
        reading = asyncio.create_task(backlog.first("D1"))
        await asyncio.sleep(0)
        place.history.append("refused meanwhile")
        with pytest.raises(StoreUnavailable):
            await asyncio.gather(reading)
        place.open.set()
        await backlog.first("D1")
        assert place.taken == ["missed", "refused meanwhile"]


async def test_an_event_that_was_not_taken_is_read_before_the_next() -> None:
    """C16, D24: the store was away for a moment."""
    async with behind() as (place, backlog):
        await backlog.catch_up(listed, 0)
        place.history.append("not taken")
        backlog.missed("D1")
        await backlog.first("D1")
        assert place.taken == ["not taken"]


async def test_a_new_gap_during_the_reading_is_read_too() -> None:
    """D05: the socket was lost again."""
    async with behind() as (place, backlog):
        place.open.clear()
        first = asyncio.create_task(backlog.catch_up(lambda: listed("D1"), 0))
        await until(lambda: place.read)
        place.history.append("in the second gap")
        second = asyncio.create_task(backlog.catch_up(lambda: listed("D1"), 0))
        await asyncio.sleep(0)
        place.open.set()
        assert await second
        assert not await first
        assert place.taken == ["in the second gap"]


async def test_a_pause_that_slack_names_holds_all_readings() -> None:
    """D01: the others would be refused too."""
    async with behind() as (place, backlog):
        place.refusals.append(SendLater("slow down", 0.2))
        asyncio.get_running_loop().call_soon(backlog.missed, "D1")
        await until(lambda: place.read)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await backlog.first("D2")
        assert place.read == ["D1"]
        await until(lambda: set(place.read) == {"D1", "D2"})


async def test_a_reading_that_fails_is_not_repeated_without_a_pause() -> None:
    """D02: Slack is in trouble, and asking it all the time is no help."""
    async with behind() as (place, backlog):
        place.refusals += [SendLater("Slack is in trouble") for _ in range(100)]
        catching_up = asyncio.create_task(backlog.catch_up(lambda: listed("D1"), 0))
        await until(lambda: place.read)
        for _ in range(200):
            await asyncio.sleep(0)
        catching_up.cancel()
        assert place.read == ["D1"]


async def test_the_store_and_the_customers_limit_are_waited_for() -> None:
    """D24, D09: nothing is read again for that."""
    async with behind() as (place, backlog):
        place.history += ["one", "two"]
        place.failures = [TooManyMessages(0.01), StoreUnavailable("full"), TooManyMessages(0.01)]
        assert await backlog.catch_up(lambda: listed("D1"), 0)
        assert place.taken == ["one", "two"]
        assert place.read == ["D1"]


async def test_a_place_that_breaks_the_reading_is_not_closed_for_ever() -> None:
    async with behind() as (place, backlog):
        place.refusals.append(RuntimeError("a bug"))
        await backlog.first("D1")
        assert place.read == ["D1"]
