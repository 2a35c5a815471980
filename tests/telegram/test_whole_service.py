"""The connector inside the real service, with the real store, rules and desk around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.telegram import Message
from tests.scenarios.house import House, shown, until
from tests.telegram.shop import PNG, bold


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.open(telegram=True, gpt=False)
    yield house
    await house.close()


def said(house: House, chat: int) -> list[Message]:
    return [message for message in house.telegram.chat(chat) if message.from_bot]


async def test_a_rule_answers_and_its_button_leads_on(house: House) -> None:
    li = house.telegram.add_customer("Li")
    house.telegram.say(li, "hello")
    answer = await house.on_telegram(li, "Hello, how can I help?")
    press = house.telegram.press(li, answer.message_id, "Shipping")
    await house.on_telegram(li, "Shipping takes 3 days.")
    await until(lambda: press.answered_in_time, "the answer to the press")
    assert len(said(house, li)) == 2


async def test_start_is_greeted(house: House) -> None:
    li = house.telegram.add_customer("Li", language_code="zh-hans")
    house.telegram.say(li, "/start spring_sale")
    await house.on_telegram(li, "Fern & Clay")
    assert len(said(house, li)) == 1


async def test_an_agent_answers_under_their_name(house: House) -> None:
    li = house.telegram.add_customer("Li", last_name="Wei")
    house.telegram.say(li, "I want a human")
    card = await house.card()
    assert "Li Wei" in shown(card)
    ts = await house.slack.say(house.desk, house.mia, "Hi *Li* <3", thread_ts=card.ts)
    answer = await house.on_telegram(li, "Mia Lindqvist\nHi *Li* <3")
    assert bold(answer)[0] == (0, 13)
    await house.slack.edit(house.desk, ts, "Hi Li, sorry")
    await until(lambda: "sorry" in answer.text, "the edit")
    await house.slack.delete(house.desk, ts)
    await until(lambda: answer not in said(house, li), "the deletion")


async def test_a_photo_and_an_edit_reach_the_agents(house: House) -> None:
    li = house.telegram.add_customer("Li")
    house.telegram.say(li, "I want a human")
    await house.card()
    house.telegram.send_photo(li, PNG, "It arrived broken")
    await house.in_thread("It arrived broken")
    await until(lambda: house.telegram.journal.of("getFile"), "the photo's download")
    id = house.telegram.say(li, "order 1")
    await house.in_thread("order 1")
    house.telegram.edit(li, id, "order 2")
    await house.in_thread("order 2")


async def test_a_customer_who_blocked_the_bot_is_told_to_the_agents(house: House) -> None:
    """D14: an agent reads why the reply did not arrive."""
    li = house.telegram.add_customer("Li")
    house.telegram.say(li, "I want a human")
    card = await house.card()
    await house.on_telegram(li, "I have called a colleague")
    house.telegram.block(li)
    await house.slack.say(house.desk, house.mia, "Hi Li", thread_ts=card.ts)
    await house.in_thread("the customer has blocked the bot")


async def test_what_was_written_while_nobody_was_there_is_answered_once(house: House) -> None:
    li, ann = house.telegram.add_customer("Li"), house.telegram.add_customer("Ann")
    house.telegram.say(li, "hello")
    await house.on_telegram(li, "Hello")
    await house.stop()
    house.telegram.say(li, "shipping")
    house.telegram.say(ann, "hello")
    await house.start()
    await house.on_telegram(li, "Shipping")
    await house.on_telegram(ann, "Hello")
    await house.restart()
    house.telegram.say(ann, "shipping")
    await house.on_telegram(ann, "Shipping")
    assert len(said(house, li)) == 2
    assert len(said(house, ann)) == 2
