"""The machine's clock is wrong, or is put right while customers wait.

What is stored is in UTC, so daylight saving moves nothing but the opening hours. The lock of the
database and its count of beats know no time at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.app import Composition, utc_now
from core.messages import Address
from core.records import Delivery, DeliveryKind, Target
from core.service import Service
from core.store import Store, Transaction
from tests.scenarios.house import House, until
from tests.store.clock import Clock
from tests.store.shop import ANNA, BORIS


class Jumping(House):
    """A house whose clock can be put forward and back."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.off = timedelta()

    async def start(self) -> None:
        if not self.settings_path.exists():
            self.write_settings()
        composition = Composition(self.settings_path, self.environ)
        self.service = Service(composition.load(), composition.outward(), now=self.now)
        await self.service.start()

    def now(self) -> datetime:
        return utc_now() + self.off


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Jumping]:
    house = Jumping(tmp_path)
    yield house
    await house.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'frontdesk.db'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
async def store(store_url: str, clock: Clock) -> AsyncIterator[Store]:
    store = await Store.open(store_url, now=clock)
    yield store
    await store.close()


@pytest.mark.parametrize("minutes", [10, -10])
async def test_a_clock_that_jumps_delays_and_repeats_nothing(minutes: int, house: Jumping) -> None:
    """D29: customers and agents go on as before, also across a restart, in order and once."""
    await house.open(gpt=False, telegram=True)
    anna = house.telegram.add_customer("Anna")
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        await house.in_thread("human")
        house.off = timedelta(minutes=minutes)
        house.telegram.say(anna, "hello")
        await house.on_telegram(anna, "Hello, how can I help?")
        await visitor.say("after the jump")
        await house.in_thread("after the jump")
        await house.slack.say(house.desk, house.mia, "I see", thread_ts=card.ts)
        await visitor.hears("I see", "agent")
    await house.restart()
    house.telegram.say(anna, "shipping")
    await house.on_telegram(anna, "Shipping takes 3 days.")
    heard = [m.text for m in house.telegram.chat(anna) if m.from_bot]
    assert heard == ["Hello, how can I help?", "Shipping takes 3 days."]
    posts = house.slack.thread(house.desk, card.ts)
    assert len([m for m in posts if "after the jump" in str(m.blocks)]) == 1
    assert house.service.store.notice == ""


@pytest.mark.parametrize("minutes", [10, -10])
async def test_what_waits_keeps_its_pause_when_the_clock_jumps(
    minutes: int, store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """D29: a delivery due in a minute is due in a minute still, and new ones are due at once;
    the log says "check this machine's clock"."""
    await store.write(lambda unit: _deliver(unit, ANNA, timedelta(minutes=1)))
    watching = asyncio.create_task(store.follow_clock())
    await asyncio.sleep(0)
    try:
        clock.tick(minutes * 60)
        await store.write(lambda unit: _deliver(unit, BORIS, timedelta()))
        await until(lambda: "check this machine's clock" in caplog.text, "the warning")
        heads: list[Delivery] = []
        async with asyncio.timeout(5):
            while not (heads and _pauses(heads, clock) == [0, 60]):
                heads = await store.read(lambda reader: reader.heads(10))
    finally:
        watching.cancel()
        await asyncio.wait([watching])


def _pauses(heads: list[Delivery], clock: Clock) -> list[int]:
    """In seconds, to the nearest ten: the test's clock stands still while its computer's runs."""
    return [round((head.next_at - clock.now).total_seconds() / 10) * 10 for head in heads]


def _deliver(unit: Transaction, address: Address, pause: timedelta) -> None:
    unit.add_delivery(
        conversation=unit.open_conversation(address),
        target=Target.CUSTOMER,
        kind=DeliveryKind.REPLY,
        seq=1,
        next_at=unit.now + pause,
    )
