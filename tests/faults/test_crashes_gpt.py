"""Killed while GPT answers: the question is asked again, not too often, and answered once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sandbox.openai import Request, Turn
from tests.faults import ledger
from tests.faults.invariants import check
from tests.faults.people import Customer
from tests.faults.points import before
from tests.faults.process import until
from tests.faults.town import CHANNELS, Town


def questions(town: Town) -> int:
    return len(town.openai.journal.of("chat.completions"))


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_question_under_way_is_asked_again(town: Town, channel: str) -> None:
    """C06: one more attempt, one reply."""
    customer = (await town.wake_up())[channel]
    killed = town.kill_before(town.openai, "chat.completions")
    customer.say("gpt")
    await asyncio.wait_for(killed.wait(), 5)
    await town.died()
    await town.recover()
    assert questions(town) <= 2
    check(town)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_question_that_kills_us_each_time_goes_to_a_person(
    town: Town, channel: str
) -> None:
    """C06: after the second attempt the customer is told, and a thread is opened."""
    customer = (await town.wake_up())[channel]
    killed = town.kill_before(town.openai, "chat.completions")
    customer.say("gpt")
    await asyncio.wait_for(killed.wait(), 5)
    await town.died()
    killed = town.kill_before(town.openai, "chat.completions")
    await town.frontdesk.start(ready=False)
    await asyncio.wait_for(killed.wait(), 5)
    await town.died()
    await town.frontdesk.start()
    await until(lambda: town.agent.thread_of(customer.name), "a thread")
    await town.drained()
    assert questions(town) <= 2
    assert told(town, customer, "texts:gpt_failed")
    check(town)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_half_an_answer_is_never_part_of_the_answer(town: Town, channel: str) -> None:
    """C07: what was streamed is discarded, and there is one reply."""
    customer = (await town.wake_up())[channel]
    usual = town.openai.brain
    town.openai.brain = lambda request: _slowly(usual(request))
    await town.frontdesk.restart(before("core.presence:_Drafts.take", 3))
    customer.say("gpt")
    await town.died()
    town.openai.brain = usual
    await town.recover()
    assert questions(town) == 2
    check(town)


def _slowly(turn: Turn) -> Turn:
    return Turn(turn.text, chunk_size=2, seconds_between=0.02)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_an_answer_that_was_only_in_memory_is_asked_for_again(
    town: Town, channel: str
) -> None:
    """C08: as if it had never come."""
    customer = (await town.wake_up())[channel]
    await town.frontdesk.restart(before("answer"))
    customer.say("gpt")
    await town.died()
    assert questions(town) == 1
    await town.recover()
    assert questions(town) == 2
    check(town)


def told(town: Town, customer: Customer, sentence: str) -> bool:
    """Whether the customer was told one of the product's own sentences."""
    book = ledger.read(town.database)
    return any(
        message["answered_by"] == sentence and message["text"] in "\n".join(customer.heard())
        for message in book.messages
    )


async def test_a_customer_who_goes_on_writing_while_gpt_is_killed_is_answered_in_order(
    town: Town,
) -> None:
    """C06, C08: what came meanwhile belongs to the same burst or follows it."""
    customer = (await town.wake_up())["web"]
    asked: list[Request] = []
    usual = town.openai.brain

    def noting(request: Request) -> Turn:
        asked.append(request)
        return usual(request)

    town.openai.brain = noting
    killed = town.kill_before(town.openai, "chat.completions")
    for _ in range(3):
        customer.say("gpt")
    await asyncio.wait_for(killed.wait(), 5)
    for _ in range(2):
        customer.say("gpt")
    await town.died()
    await town.recover()
    check(town)


async def test_what_is_asked_while_gpt_answers_is_asked_with_that_answer(town: Town) -> None:
    """C06: or GPT would answer the question before once more."""
    customer = (await town.wake_up())["web"]
    usual = town.openai.brain
    town.openai.brain = lambda request: replace(usual(request), seconds_before=0.4)
    first = customer.say("gpt")
    await until(lambda: questions(town) == 1, "the first question")
    second = customer.say("gpt")
    await until(lambda: questions(town) == 2, "the second question")
    await town.drained()
    assert customer.heard()[-2:] == [f"GPT on {first}.", f"GPT on {second}."]
    check(town)
