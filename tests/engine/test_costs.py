"""What GPT costs is written down with its answer, and also when there was no use for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.gpt import OpenAIModel
from core.messages import Usage
from core.records import Bill, Expense, PaidAnswer
from sandbox.faults import Effect, Fault
from sandbox.openai import OpenAISandbox, ToolCall, Turn
from sandbox.openai.troubles import server_error
from tests.engine.core import MONDAY_NOON, SETTINGS, Core

COMPLETIONS = "chat.completions"
PRICES = "prices: {gpt-5-mini: {input: 1, cached_input: 0.5, output: 10}}"
HELP = ToolCall("hand_over_to_person", {"reason": "?"})


@pytest.fixture
async def openai() -> AsyncIterator[OpenAISandbox]:
    sandbox = OpenAISandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def gpt(tmp_path: Path, openai: OpenAISandbox) -> AsyncIterator[Core]:
    settings = SETTINGS.replace("gpt: {", f"gpt: {{model: gpt-5-mini, {PRICES}, ")
    core = await Core.open(tmp_path, settings=settings)
    core.use_model(OpenAIModel(openai.api_key, openai.base_url, "gpt-5-mini", 3, 2))
    yield core
    await core.close()


async def paid(core: Core) -> tuple[list[PaidAnswer], list[Expense]]:
    return await core.store.read(
        lambda tx: (list(tx.answers(MONDAY_NOON)), list(tx.expenses(MONDAY_NOON)))
    )


async def spent(core: Core) -> int:
    return await core.store.read(lambda tx: tx.spent_since(MONDAY_NOON))


async def test_an_answer_is_stored_with_what_it_cost_and_answers(
    gpt: Core, openai: OpenAISandbox
) -> None:
    openai.script(Turn("Twice a week.", cached_tokens=64))
    told: list[Bill] = []
    gpt.turns.used = told.append
    await gpt.wrote("my fern")
    gpt.later(seconds=2)
    await gpt.wrote("how often do I water it?")
    gpt.later(seconds=1.5)
    await gpt.until(lambda lines: lines[-1] == ("bot", "Twice a week."))
    ([answer], expenses) = await paid(gpt)
    usage = answer.bill.usage
    assert (answer.seq, answer.question_seq, answer.question_upto) == (3, 1, 2)
    assert (answer.source, answer.bill.model) == ("gpt", "gpt-5-mini")
    assert (answer.milliseconds, answer.at) == (3500, gpt.now)
    assert usage.input_tokens > usage.cached_tokens == 64
    cost = usage.input_tokens - 64 + 32 + 10 * usage.output_tokens
    assert answer.bill.micro_usd == cost == await spent(gpt)
    assert (told, expenses) == ([answer.bill], [])
    assert await gpt.store.read(lambda tx: tx.answer(answer.conversation, 3)) == answer


async def test_an_answer_that_broke_off_is_paid_for_as_well(
    gpt: Core, openai: OpenAISandbox
) -> None:
    broken = Turn("Twice a", tool_calls=(ToolCall("transfer_money", {}),))
    openai.script(broken, "Twice a week.")
    await gpt.wrote("how often?")
    await gpt.until(lambda lines: lines[-1] == ("bot", "Twice a week."))
    ([answer], [expense]) = await paid(gpt)
    assert (expense.reason, expense.conversation) == ("failed", answer.conversation)
    assert expense.bill.usage.output_tokens > 0
    assert await spent(gpt) == answer.bill.micro_usd + expense.bill.micro_usd


async def test_a_server_that_says_nothing_costs_nothing(gpt: Core, openai: OpenAISandbox) -> None:
    openai.faults.add(COMPLETIONS, server_error())
    openai.faults.add(COMPLETIONS, Fault(Effect.RESET))
    await gpt.wrote("how often?")
    await gpt.until(lambda lines: "cannot answer that just now" in lines[-1][1])
    assert await paid(gpt) == ([], [])


async def test_an_answer_that_came_too_late_is_paid_for(gpt: Core, openai: OpenAISandbox) -> None:
    openai.script(Turn("Too late.", seconds_before=0.4))
    await gpt.wrote("what about moss?")
    await openai.journal.wait_for(lambda call: call.method == COMPLETIONS)
    await gpt.wrote("no, a human please")
    await gpt.turns.close(5)
    (answers, [expense]) = await paid(gpt)
    assert (answers, expense.reason) == ([], "late")
    assert await spent(gpt) == expense.bill.micro_usd > 0


async def test_a_wordless_call_for_a_person_is_paid_for(gpt: Core, openai: OpenAISandbox) -> None:
    openai.script(Turn(tool_calls=(HELP,)))
    await gpt.wrote("do something!")
    await gpt.until(lambda lines: "colleague" in lines[-1][1])
    (answers, [expense]) = await paid(gpt)
    assert (answers, expense.reason) == ([], "handed_over")
    assert expense.bill.usage != Usage()
