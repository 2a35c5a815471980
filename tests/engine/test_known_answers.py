"""Nobody pays twice for one answer: nobody's data is given away for that, and nothing outdated."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.gpt import OpenAIModel
from core.known_answers import _plain, sweep
from core.messages import AgentCommanded, ChannelName, Command, Message, Usage
from core.records import AnswerSource, Bill, Expense, PaidAnswer
from core.tables import known_answers
from sandbox.openai import OpenAISandbox, ToolCall, Turn
from sandbox.openai.troubles import server_error
from tests.engine.core import MIA, MONDAY_NOON, SETTINGS, TELEGRAM, WEB, Core, address

COMPLETIONS = "chat.completions"
FERN, WATER = "Ferns like shade.", "Twice a week."
_numbers = itertools.count()  # also after a restart a message is none of those before
QUESTION = "How often do I water a fern?"


@pytest.fixture
async def openai() -> AsyncIterator[OpenAISandbox]:
    sandbox = OpenAISandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def open_core(folder: Path, openai: OpenAISandbox, *, gpt: str = "", **rest: Any) -> Core:
    settings = SETTINGS.replace("gpt: {", f"gpt: {{model: gpt-5-mini, {gpt}")
    core = await Core.open(folder, settings=settings, **rest)
    core.use_model(OpenAIModel(openai.api_key, openai.base_url, "gpt-5-mini", 3, 2))
    return core


@pytest.fixture
async def core(tmp_path: Path, openai: OpenAISandbox) -> AsyncIterator[Core]:
    core = await open_core(tmp_path, openai)
    yield core
    await core.close()


def calls(openai: OpenAISandbox) -> int:
    return len(openai.journal.of(COMPLETIONS))


async def answered(core: Core, *questions: str, channel: ChannelName = WEB) -> Message:
    """Ask one after the other; the last answer."""
    for question in questions:
        await core.wrote(question, id=f"q{next(_numbers)}", channel=channel)
        await core.settled(channel)
    return (await core.messages(channel))[-1]


async def sources(core: Core) -> list[str]:
    def query(tx: Any) -> list[PaidAnswer]:
        return list(tx.answers(MONDAY_NOON))

    return [answer.source for answer in await core.store.read(query)]


def test_thousands_of_dots_are_compared_in_no_time() -> None:
    """I9: every conversation waits meanwhile."""
    began = time.thread_time()
    assert _plain("." * 3_999 + "a?") == "." * 3_999 + "a"
    assert time.thread_time() - began < 0.05


# --- in one conversation -----------------------------------------------------------------------


async def test_a_question_asked_again_is_answered_again_and_not_paid(
    core: Core, openai: OpenAISandbox
) -> None:
    openai.script(FERN, WATER)
    told: list[AnswerSource] = []
    core.turns.answered = told.append
    await answered(core, "hello", "where do I put my fern, 123456?")
    again = await answered(
        core, "Where do I put my FERN 123456", "where do i put my fern, 123456??"
    )
    assert (again.text, again.answered_by) == (FERN, "gpt:repeat")
    assert calls(openai) == 1
    assert await sources(core) == told == ["gpt", "repeat", "repeat"]
    paid = await core.store.read(lambda tx: tx.answer(again.conversation, again.seq))
    assert paid is not None
    assert (paid.bill.micro_usd, paid.bill.usage.input_tokens) == (0, 0)


async def test_an_impatient_second_time_is_answered_and_not_paid(
    core: Core, openai: OpenAISandbox
) -> None:
    openai.script(Turn(WATER, seconds_before=0.4))
    await core.wrote("how often water my 123456?")
    await openai.journal.wait_for(lambda call: call.method == COMPLETIONS)
    await core.wrote("how often water my 123456?")
    await core.settled()
    assert [text for kind, text in await core.lines() if kind == "bot"] == [WATER, WATER]
    assert calls(openai) == 1


@pytest.mark.parametrize(
    "question",
    ["why?", "yes", "Tell me another plant joke", "and what is that?", "为什么？", "再说一个"],
)
async def test_words_that_mean_something_else_after_the_answer_are_asked_again(
    core: Core, openai: OpenAISandbox, question: str
) -> None:
    openai.script(FERN, "First.", "Second.")
    assert (await answered(core, "where do I put 123456?", question, question)).text == "Second."


async def test_a_reply_to_a_question_of_gpt_is_asked_again(
    core: Core, openai: OpenAISandbox
) -> None:
    openai.script("How many 123456?", "And pots?", "Done.")
    assert (await answered(core, "some pots", "three", "three")).text == "Done."


async def test_what_was_said_in_between_changes_the_meaning(
    core: Core, openai: OpenAISandbox
) -> None:
    openai.script(FERN, "In pots.", WATER)
    question = "where do I put number 123456?"
    assert (await answered(core, question, "I mean the ivy", question)).text == WATER


async def test_an_agents_words_in_between_change_the_meaning(
    core: Core, openai: OpenAISandbox
) -> None:
    openai.script(FERN, WATER)
    question = "where do I put number 123456?"
    await answered(core, question, "human")
    ref = await core.thread_opened()
    await core.agent_says("In the sun.")
    await core.engine.accept(AgentCommanded(ref, "9", MIA, Command.BOT))
    assert (await answered(core, question)).text == WATER


async def test_other_instructions_ask_anew(tmp_path: Path, openai: OpenAISandbox) -> None:
    openai.script(FERN, WATER)
    question = "where do I put number 123456?"
    core = await open_core(tmp_path, openai)
    await answered(core, question)
    await core.close()
    core = await open_core(tmp_path, openai, gpt="instructions: Be brief., ")
    assert (await answered(core, question)).text == WATER
    await core.close()


# --- between conversations ---------------------------------------------------------------------


async def test_a_question_that_another_customer_has_asked_is_not_paid(
    core: Core, openai: OpenAISandbox
) -> None:
    openai.script(WATER)
    await answered(core, "hello", QUESTION)
    again = await answered(core, "how often do i water a FERN", channel=TELEGRAM)
    assert (again.text, again.answered_by) == (WATER, "gpt:cache")
    assert calls(openai) == 1
    assert await sources(core) == ["gpt", "cache"]


async def test_a_restart_keeps_known_answers_and_a_gpt_that_is_down_does_not_matter(
    tmp_path: Path, openai: OpenAISandbox
) -> None:
    openai.script(WATER)
    core = await open_core(tmp_path, openai)
    await answered(core, QUESTION)
    await core.close()
    openai.faults.add(COMPLETIONS, server_error(), times=9)
    core = await open_core(tmp_path, openai)
    assert (await answered(core, QUESTION, channel=TELEGRAM)).text == WATER
    await core.close()


async def test_case_spaces_and_punctuation_make_no_other_question(
    core: Core, openai: OpenAISandbox
) -> None:
    openai.script(WATER)
    await answered(core, "Is -5 degrees fine for a fern, yes?")
    again = await answered(core, "is  -5 DEGREES\nfine for a fern yes", channel=TELEGRAM)
    assert again.text == WATER


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Is -5 degrees fine?", "Is 5 degrees fine?"),
        ("5% off, right?", "5 off, right?"),
        ("Is 3.5 kg fine?", "Is 3 5 kg fine?"),
        ("蕨类植物零下5度好吗", "蕨类植物5度好吗"),
    ],
)
async def test_a_sign_makes_another_question(
    core: Core, openai: OpenAISandbox, first: str, second: str
) -> None:
    openai.script(WATER, FERN)
    await answered(core, first)
    assert (await answered(core, second, channel=TELEGRAM)).text == FERN


@pytest.mark.parametrize(
    "questions",
    [
        ["Where is order 123456?"],
        ["My mail is ann@example.com, and yours?"],
        ["Does Ann get a discount?"],  # the customer's own name
        ["I have a cactus", QUESTION],
        ["shipping", QUESTION],
        ["details"],  # a rule says the half of it
    ],
    ids=str,
)
async def test_what_is_personal_or_hangs_on_something_is_asked_each_time(
    core: Core, openai: OpenAISandbox, questions: list[str]
) -> None:
    openai.brain = lambda request: Turn(f"Answer {len(openai.journal.of(COMPLETIONS))}.")
    first = await answered(core, *questions)
    second = await answered(core, *questions, channel=TELEGRAM)
    assert first.text != second.text
    assert await kept(core) == (1 if "cactus" in questions[0] else 0)


@pytest.mark.parametrize(
    "answer",
    [
        Turn("Ask a colleague about it."),
        Turn("Shall I get a person?"),
        Turn("我请同事来"),
        Turn("Dear Ann, twice a week."),
        Turn("Call 030 1234567."),
        Turn("I will.", tool_calls=(ToolCall("hand_over_to_person", {"reason": "?"}),)),
    ],
    ids=str,
)
async def test_answers_for_one_customer_alone_are_not_kept(
    core: Core, openai: OpenAISandbox, answer: Turn
) -> None:
    openai.script(answer)
    await answered(core, QUESTION)
    assert await kept(core) == 0


async def test_the_business_own_number_may_be_told_to_everybody(
    tmp_path: Path, openai: OpenAISandbox
) -> None:
    openai.script("Call 030 1234567.")
    core = await open_core(tmp_path, openai, gpt='instructions: "Our number is 030 1234567", ')
    await answered(core, "What is your number?")
    assert await kept(core) == 1
    await core.close()


async def test_another_language_is_asked_anew(core: Core, openai: OpenAISandbox) -> None:
    openai.script(WATER, "Zweimal in der Woche.")
    await answered(core, "Bonsai?")
    await core.store.write(
        lambda tx: setattr(tx.open_conversation(address(TELEGRAM)), "language", "de")
    )
    german = await answered(core, "Bonsai?", channel=TELEGRAM)
    assert german.text == "Zweimal in der Woche."


async def test_an_answer_is_kept_for_as_long_as_the_settings_say(
    core: Core, openai: OpenAISandbox
) -> None:
    openai.script(WATER, FERN)
    await answered(core, QUESTION)
    core.later(hours=24)
    assert (await answered(core, QUESTION, channel=TELEGRAM)).text == FERN


async def test_never_keeps_nothing(tmp_path: Path, openai: OpenAISandbox) -> None:
    openai.script(WATER, FERN)
    core = await open_core(tmp_path, openai, gpt="cache: never, ")
    await answered(core, QUESTION)
    assert (await answered(core, QUESTION, channel=TELEGRAM)).text == FERN
    assert await kept(core) == 0
    await core.close()


async def test_what_is_too_old_is_dropped_by_the_sweep(core: Core, openai: OpenAISandbox) -> None:
    openai.script(WATER)
    await answered(core, QUESTION)
    core.later(hours=23)
    await core.store.write(lambda tx: sweep(tx, core.policy))
    assert await kept(core) == 1
    core.later(hours=1)
    await core.store.write(lambda tx: sweep(tx, core.policy))
    assert await kept(core) == 0


async def test_the_smaller_models_answers_are_given_only_while_money_is_short(
    tmp_path: Path, openai: OpenAISandbox
) -> None:
    prices = "prices: {gpt-5-mini: {input: 0, output: 0}, gpt-5-nano: {input: 0, output: 1000}}"
    budget = f"daily_budget_usd: 0.01, cheap_model: gpt-5-nano, {prices}, "
    openai.script(WATER, FERN)
    core = await open_core(tmp_path, openai, gpt=budget)
    bill = Bill("gpt-5-mini", Usage(1, 1), 8_000)
    await core.store.write(lambda tx: tx.add_expense(Expense("failed", bill, None, tx.now)))
    await answered(core, QUESTION)  # 4 tokens for 4,000: the budget is used up
    assert (await answered(core, QUESTION, channel=TELEGRAM)).text == WATER
    core.later(hours=13)
    assert (await answered(core, QUESTION, channel=ChannelName("slack"))).text == FERN
    await core.close()


async def kept(core: Core) -> int:
    count = select(func.count()).select_from(known_answers)
    return int(await core.store.read(lambda tx: tx.execute(count).scalar_one()))
