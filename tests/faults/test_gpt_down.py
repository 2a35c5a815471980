"""GPT is down, or refuses everybody: customers are told at once, and agents are told once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.faults import Fault
from sandbox.openai import Turn
from sandbox.openai.troubles import (
    content_refused,
    key_revoked,
    quota_used_up,
    rate_limited,
    server_error,
)
from tests.scenarios.house import SETTINGS, House, shown

COMPLETIONS = "chat.completions"
MANY = 1_000
SORRY = "I cannot answer that just now"


class Outage:
    """Every call fails; `calls` counts them."""

    def __init__(self, house: House, fault: Fault) -> None:
        self._faults = house.openai.faults
        self._faults.add(COMPLETIONS, fault, times=MANY)
        self._left = MANY

    def calls(self) -> int:
        """Ends the outage."""
        self._left = 0
        while self._faults.take(COMPLETIONS) is not None:
            self._left += 1
        return MANY - self._left


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.close()


@pytest.fixture
async def told(house: House) -> list[str]:
    """What the desk's channel is told about GPT, in an open house."""
    await house.open()
    told: list[str] = []
    house.service.turns.calls.announce = told.append
    return told


async def ask(house: House, text: str, answer: str) -> None:
    async with house.visitor() as visitor:
        await visitor.say(text)
        await visitor.hears(answer)


async def test_while_gpt_is_down_rules_answer_and_a_person_is_called_without_a_wait(
    house: House, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """D22: after four failures in a row nobody waits for GPT, until a probe succeeds."""
    caplog.set_level(logging.INFO)
    outage = Outage(house, server_error())
    await asyncio.gather(ask(house, "moss?", SORRY), ask(house, "ivy?", SORRY))
    await asyncio.gather(*(ask(house, f"fern {n}?", SORRY) for n in range(5)))
    await ask(house, "shipping", "Shipping takes 3 days.")
    assert outage.calls() == 4
    await ask(house, "and now?", SORRY)
    began = house.service.turns.calls.clock()
    house.service.turns.calls.clock = lambda: began + 61
    house.openai.script("In the shade.")
    await ask(house, "is moss fine?", "In the shade.")
    assert [line.partition(":")[0] for line in told] == [
        "GPT does not answer",
        "GPT answers again.",
    ]
    lines = [record.message for record in caplog.records if record.message.startswith("GPT")]
    assert sum("is not asked any more" in line for line in lines) == 1
    assert lines.count("GPT answers again") == 1
    assert len(lines) == 4 + 2


async def test_a_probe_that_fails_costs_one_customer_one_try(
    house: House, told: list[str]
) -> None:
    """D22: after the pause one question tries; its customer waits for no second."""
    outage = Outage(house, server_error())
    await asyncio.gather(ask(house, "moss?", SORRY), ask(house, "ivy?", SORRY))
    began = house.service.turns.calls.clock()
    house.service.turns.calls.clock = lambda: began + 61
    await asyncio.gather(*(ask(house, f"fern {n}?", SORRY) for n in range(5)))
    assert outage.calls() == 5
    assert len(told) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [(key_revoked(), "gpt.api_key was refused"), (quota_used_up(), "no credit left")],
    ids=["key", "quota"],
)
async def test_what_is_refused_to_all_is_asked_once_and_told_to_the_agents(
    house: House, told: list[str], fault: Fault, words: str
) -> None:
    """D19: a key or a quota that is gone: no second try, a person, one alert that names it."""
    outage = Outage(house, fault)
    await ask(house, "moss?", SORRY)
    await asyncio.gather(*(ask(house, f"fern {n}?", SORRY) for n in range(3)))
    assert outage.calls() == 1
    [line] = told
    assert words in line
    assert house.openai.api_key not in line


async def test_what_is_refused_to_one_is_told_on_that_customers_card(
    house: House, told: list[str]
) -> None:
    """D19: a content filter refuses one conversation: no second try, and the others go on."""
    house.openai.faults.add(COMPLETIONS, content_refused())
    house.openai.script("In the shade.")
    await ask(house, "moss?", SORRY)
    assert "content filter refused" in shown(await house.card())
    await ask(house, "ivy?", "In the shade.")
    assert told == []


async def test_a_rate_limit_is_tried_once_more(house: House, told: list[str]) -> None:
    """D19: 429 that passes is the one refusal worth a second try."""
    house.openai.faults.add(COMPLETIONS, rate_limited(20))
    house.openai.script("In the shade.")
    await ask(house, "moss?", "In the shade.")
    assert told == []


async def test_a_conversation_whose_gpt_hangs_delays_no_other(house: House) -> None:
    """D20: one answer never comes; rules and GPT answer everybody else meanwhile."""
    house.write_settings(SETTINGS.replace("gpt_total: 5s, gpt_silence: 3s", "gpt_total: 400ms"))
    house.openai.brain = lambda request: Turn(
        "In the shade.", seconds_before=2.0 if "moss" in request.last_user_text else 0.0
    )
    await house.open()
    async with house.visitor() as stuck:
        await stuck.say("moss?")
        await house.openai.journal.wait_for(lambda call: call.method == COMPLETIONS)
        await ask(house, "ivy?", "In the shade.")
        await ask(house, "shipping", "Shipping takes 3 days.")
        await stuck.hears(SORRY)
