"""What Telegram has kept for us while nobody was there, and what it brings a second time.

Telegram keeps updates for a day. A few hundred stand here for the thousands of a busy bot: what
matters is that the number of calls to GPT does not grow with them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.messages import Address, AuthorKind, ChannelName
from core.messages import Message as Line
from sandbox.openai import Turn
from sandbox.telegram import Limits, TelegramSandbox
from tests.scenarios.house import House, until

HOUR = 3600.0
CALLED = "I have called a colleague"


class Clock:
    """Telegram's, which a test sets back."""

    behind = 0.0

    def __call__(self) -> float:
        return time.time() - self.behind


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def house(tmp_path: Path, clock: Clock) -> AsyncIterator[House]:
    house = House(tmp_path)
    house.telegram = TelegramSandbox(limits=Limits(), clock=clock)
    house.openai.brain = lambda request: Turn("In the shade.")
    await house.open(telegram=True)
    yield house
    await house.close()


async def lines(house: House, chat: int) -> list[Line]:
    address = Address(ChannelName("telegram"), house.telegram.token.partition(":")[0], str(chat))
    found = await house.service.store.read(lambda tx: tx.conversation(address))
    if found is None:
        return []
    return await house.service.store.read(lambda tx: tx.messages(found.id))


def said(house: House, chat: int) -> list[str]:
    return [message.text for message in house.telegram.chat(chat) if message.from_bot]


async def test_a_backlog_is_taken_in_order_and_what_is_stale_goes_to_a_person_once(
    house: House, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """D17: hours-old questions open one case a conversation and cost no call to GPT."""
    caplog.set_level(logging.INFO)
    await house.stop()
    people = [house.telegram.add_customer(f"Ann {n}") for n in range(16)]
    clock.behind = 9 * HOUR
    for number in range(15):
        for chat in people:
            house.telegram.say(chat, f"question {number} of {chat}")
    clock.behind = 0.0
    await house.start()
    await until(lambda: house.telegram.pending_updates == 0, "the confirmation of all")
    for chat in people:
        await house.on_telegram(chat, CALLED)
    for chat in people:
        asked = [line for line in await lines(house, chat) if line.author.kind == "customer"]
        assert [line.text for line in asked] == [f"question {n} of {chat}" for n in range(15)]
        assert [text for text in said(house, chat) if CALLED in text] == said(house, chat)
        assert len(said(house, chat)) == 1
    cases = await house.service.store.read(lambda tx: tx.open_cases())
    assert len(cases) == len(people)
    assert {case.reason for case in cases} == {
        "The customer wrote 9 hours before it got here; GPT was not asked."
    }
    assert house.openai.journal.of("chat.completions") == []
    assert "slow down" not in caplog.text


async def test_what_is_a_little_late_and_what_a_rule_knows_is_answered_as_ever(
    house: House, clock: Clock
) -> None:
    """D17: an hour is not too late for GPT, and no age is too late for a rule."""
    await house.stop()
    li, ann, bo = (house.telegram.add_customer(name) for name in ("Li", "Ann", "Bo"))
    clock.behind = 9 * HOUR
    house.telegram.say(li, "shipping")
    house.telegram.say(bo, "where do I put my fern?")
    clock.behind = HOUR
    house.telegram.say(ann, "where do I put my moss?")
    clock.behind = 0.0
    house.telegram.say(bo, "and my moss?")  # whoever is here now is answered by GPT
    await house.start()
    await house.on_telegram(li, "Shipping takes 3 days.")
    await house.on_telegram(ann, "In the shade.")
    await house.on_telegram(bo, "In the shade.")
    assert len(house.openai.journal.of("chat.completions")) == 2
    [line] = [line for line in await lines(house, ann) if line.author.kind is AuthorKind.CUSTOMER]
    assert 0.9 * HOUR < time.time() - line.at.timestamp() < 1.1 * HOUR


async def test_a_message_that_comes_under_another_update_id_is_the_same_message(
    house: House,
) -> None:
    """D18: ids may begin anew after a quiet week; a message is known by chat and number."""
    li = house.telegram.add_customer("Li")
    first = house.telegram.say(li, "hello")
    await house.on_telegram(li, "how can I help?")
    house.telegram.jump_update_ids(17)
    house.telegram.repeat(li, first)
    house.telegram.say(li, "shipping")
    await house.on_telegram(li, "Shipping takes 3 days.")
    assert [line.text for line in await lines(house, li) if line.author.kind == "customer"] == [
        "hello",
        "shipping",
    ]
    assert len(said(house, li)) == 2
