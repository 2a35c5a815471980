"""A day's money for GPT runs out, and a minute without GPT: what customers and agents see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.openai import Turn
from sandbox.openai.troubles import server_error
from tests.scenarios.house import SETTINGS, House, shown, until

COMPLETIONS = "chat.completions"
FERN = "Ferns like it shady and damp. " * 5 + "Good luck!"  # 40 tokens of the stand-in
LADDER = """daily_budget_usd: 0.01, cheap_model: gpt-5-nano, prices: {
  gpt-5-mini: {input: 0, output: 100}, gpt-5-nano: {input: 0, output: 50}},"""
NOBODY = "I do not know the answer to that, so I have called a colleague"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    house.write_settings(SETTINGS.replace("gpt: {", f"gpt: {{{LADDER}"))
    await house.open()
    yield house
    await house.close()


async def ask(house: House, text: str, answer: str) -> None:
    async with house.visitor() as visitor:
        await visitor.say(text)
        await visitor.hears(answer)


def models(house: House) -> list[str]:
    return [call.arguments["model"] for call in house.openai.journal.of(COMPLETIONS)]


def said_in_channel(house: House, words: str) -> list[str]:
    return [text for text in map(shown, house.slack.messages(house.desk)) if words in text]


async def metric(house: House, line: str) -> bool:
    address = f"{house.service.url}/metrics"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return line in (await response.text()).splitlines()


async def test_a_budget_of_a_cent_is_walked_down_in_order_and_announced_once(
    house: House,
) -> None:
    """L06: full model, smaller model, rules and a person; a restart forgets nothing of it."""
    house.openai.script(FERN, FERN, FERN)
    await ask(house, "moss?", FERN)
    assert not said_in_channel(house, "budget")
    await ask(house, "ivy?", FERN)
    await until(lambda: said_in_channel(house, "80% of today's GPT budget"), "the first step")
    await house.restart()
    await ask(house, "fern?", FERN)
    await until(lambda: said_in_channel(house, "budget of $0.01 is used up"), "the second step")
    assert models(house) == ["gpt-5-mini", "gpt-5-mini", "gpt-5-nano"]
    await ask(house, "palm?", NOBODY)
    await until(lambda: said_in_channel(house, "GPT budget is used up"), "a card that says why")
    await ask(house, "shipping", "Shipping takes 3 days.")
    await house.restart()
    await ask(house, "cactus?", NOBODY)
    assert await metric(house, 'frontdesk_gpt_budget_step{step="empty"} 1.0')
    assert await metric(house, "frontdesk_gpt_budget_used 1.0")
    assert len(models(house)) == 3
    first, second = said_in_channel(house, "Until midnight (UTC)")
    assert first.endswith("gpt-5-nano answers instead of gpt-5-mini.")
    assert second.endswith("whatever they cannot answer comes to you.")


async def test_customers_at_once_cost_no_more_than_what_is_under_way(house: House) -> None:
    """L06: whoever is asked before the money is gone gets an answer, nobody after that."""
    house.openai.brain = lambda request: Turn(FERN)
    await asyncio.gather(*(ask(house, f"moss {n}?", FERN) for n in range(5)))
    assert len(models(house)) == 5
    await ask(house, "ivy?", NOBODY)
    assert len(models(house)) == 5


async def test_while_gpt_is_down_everybody_gets_a_sentence_and_a_person(house: House) -> None:
    """D22: rules go on, and GPT comes back by itself after a minute."""
    house.openai.faults.add(COMPLETIONS, server_error(), times=4)
    sorry = "I cannot answer that just now. I have called a colleague"
    for plant in ("moss", "ivy", "palm", "cactus"):
        await ask(house, f"{plant}?", sorry)
    await ask(house, "shipping", "Shipping takes 3 days.")
    await until(lambda: len(said_in_channel(house, "GPT could not answer")) == 4, "four cards")
    began = house.service.turns.calls.clock()
    house.service.turns.calls.clock = lambda: began + 61
    house.openai.script(FERN)
    await ask(house, "fern?", FERN)
