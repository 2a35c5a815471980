"""What GPT is asked, when, and what becomes of its answer, through the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from core.gpt import OpenAIModel
from core.messages import AgentCommanded, Answer, Command, CustomerDeleted, Mode, Usage
from core.messages import Turn as TurnSaid
from sandbox.faults import Effect, Fault
from sandbox.openai import OpenAISandbox, ToolCall, Turn
from sandbox.openai.troubles import key_revoked, server_error
from tests.engine.core import MIA, TELEGRAM, Core, address

COMPLETIONS = "chat.completions"


@pytest.fixture
async def openai() -> AsyncIterator[OpenAISandbox]:
    sandbox = OpenAISandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def gpt(core: Core, openai: OpenAISandbox) -> Core:
    core.use_model(model(openai))
    return core


def model(openai: OpenAISandbox) -> OpenAIModel:
    return OpenAIModel(openai.api_key, openai.base_url, "gpt-5-mini", total=3, silence=2)


def asked(openai: OpenAISandbox) -> list[list[str]]:
    """What the customer said in each call, the instructions left out."""
    calls = [call.arguments["messages"] for call in openai.journal.of(COMPLETIONS)]
    return [[m["content"] for m in messages if m["role"] == "user"] for messages in calls]


async def test_gpt_answers_what_no_rule_knows(gpt: Core, openai: OpenAISandbox) -> None:
    openai.script("Twice a week.")
    await gpt.wrote("How often do I water it?")
    await gpt.until(lambda lines: lines[-1] == ("bot", "Twice a week."))
    assert (await gpt.conversation()).pending_seq is None
    assert (await gpt.messages())[-1].answered_by == "gpt"


async def test_a_quick_burst_is_answered_once(gpt: Core, openai: OpenAISandbox) -> None:
    openai.script("A fern likes shade.")
    for text in ("one thing", "about my fern", "where to put it?"):
        await gpt.wrote(text)
    await gpt.until(lambda lines: lines[-1][0] == "bot")
    assert asked(openai) == [["one thing\nabout my fern\nwhere to put it?"]]


async def test_rules_behind_a_waiting_question_keep_their_turn(
    gpt: Core, openai: OpenAISandbox
) -> None:
    openai.script("In the shade.")
    await gpt.wrote("where do I put it?")
    await gpt.wrote("shipping")
    await gpt.until(lambda lines: len(lines) == 4)
    assert (await gpt.lines())[2:] == [("bot", "In the shade."), ("bot", "Three days")]


async def test_a_question_that_was_deleted_before_its_turn_is_answered_by_nobody(
    gpt: Core, openai: OpenAISandbox
) -> None:
    await gpt.wrote("about moss?", id="oops")
    await gpt.engine.accept(CustomerDeleted(address(), "oops"))
    await gpt.turns.close(5)
    assert await gpt.lines() == [("customer", "")]
    assert (await gpt.conversation()).pending_seq is None
    assert not openai.journal.of(COMPLETIONS)


@pytest.mark.parametrize("deleted", [0, 1])
async def test_of_a_burst_only_what_is_left_is_asked(
    deleted: int, gpt: Core, openai: OpenAISandbox
) -> None:
    openai.script("Shade.")
    texts = ["about moss?", "about ferns?"]
    for number, text in enumerate(texts):
        await gpt.wrote(text, id=f"line {number}")
    await gpt.engine.accept(CustomerDeleted(address(), f"line {deleted}"))
    await gpt.until(lambda lines: lines[-1] == ("bot", "Shade."))
    await gpt.turns.close(5)
    assert asked(openai) == [[texts[1 - deleted]]]
    assert [kind for kind, _ in await gpt.lines()] == ["customer", "customer", "bot"]


async def test_rules_behind_a_deleted_question_answer_in_its_place(
    gpt: Core, openai: OpenAISandbox
) -> None:
    await gpt.wrote("about moss?", id="oops")
    await gpt.wrote("shipping")
    await gpt.engine.accept(CustomerDeleted(address(), "oops"))
    await gpt.until(lambda lines: lines[-1] == ("bot", "Three days"))
    assert not openai.journal.of(COMPLETIONS)


async def test_what_was_deleted_while_gpt_answered_is_answered_by_nobody(
    gpt: Core, openai: OpenAISandbox
) -> None:
    openai.script(Turn("Shade.", seconds_before=0.4))
    await gpt.wrote("about moss?")
    await openai.journal.wait_for(lambda call: call.method == COMPLETIONS)
    await gpt.wrote("shipping", id="oops")
    await gpt.engine.accept(CustomerDeleted(address(), "oops"))
    await gpt.turns.close(5)
    assert (await gpt.lines())[1:] == [("customer", ""), ("bot", "Shade.")]


async def test_a_rule_may_let_gpt_add_to_it(gpt: Core, openai: OpenAISandbox) -> None:
    openai.script("And here is why.")
    await gpt.wrote("details")
    await gpt.until(lambda lines: len(lines) == 3)
    assert (await gpt.lines())[1:] == [("bot", "In short yes"), ("bot", "And here is why.")]


async def test_nothing_visible_costs_no_call(gpt: Core, openai: OpenAISandbox) -> None:
    """B06: what shows nothing is answered by a sentence, one sign or emoji by GPT."""
    openai.script("You are welcome.", "Yes?")
    for text in (" \n", "\u200b\u2060", "\u2800", "\u202e"):
        await gpt.wrote(text)
    assert [line for line in await gpt.lines() if line[0] == "system"] == [
        ("system", (await gpt.lines())[1][1])
    ] * 4
    await gpt.wrote("👍🏽")
    await gpt.until(lambda lines: lines[-1] == ("bot", "You are welcome."))
    await gpt.wrote("?")
    await gpt.until(lambda lines: lines[-1] == ("bot", "Yes?"))
    assert [turns[-1] for turns in asked(openai)] == ["👍🏽", "?"]


async def test_gpt_hands_over_by_its_tool_and_gives_the_reason(
    gpt: Core, openai: OpenAISandbox
) -> None:
    call = ToolCall("hand_over_to_person", {"reason": "wants a refund approved"})
    openai.script(Turn("I will get someone.", tool_calls=(call,)))
    await gpt.wrote("do something!")
    await gpt.until(lambda lines: "colleague" in lines[-1][1])
    assert (await gpt.lines())[1] == ("bot", "I will get someone.")
    assert "wants a refund approved" in (await gpt.case()).reason


async def test_words_about_handing_over_hand_over_nothing(
    gpt: Core, openai: OpenAISandbox
) -> None:
    """B15: only the tool hands over, never words."""
    openai.script("I could hand_over_to_person, says the tool. HANDOVER.")
    await gpt.wrote("tell me about tools")
    await gpt.until(lambda lines: lines[-1][0] == "bot")
    assert (await gpt.conversation()).mode is Mode.BOT


async def test_a_failed_call_is_made_once_more(gpt: Core, openai: OpenAISandbox) -> None:
    """D19: what may pass is tried once more."""
    openai.faults.add(COMPLETIONS, server_error())
    openai.script("Better now.")
    await gpt.wrote("are you there?")
    await gpt.until(lambda lines: lines[-1] == ("bot", "Better now."))
    assert (await gpt.conversation()).mode is Mode.BOT
    assert openai.faults.take(COMPLETIONS) is None


async def test_when_gpt_goes_on_failing_a_person_is_called(
    gpt: Core, openai: OpenAISandbox
) -> None:
    """D19, D22: two failures: an honest sentence and a person."""
    openai.faults.add(COMPLETIONS, server_error(), times=5)
    await gpt.wrote("are you there?")
    await gpt.until(lambda lines: "cannot answer that just now" in lines[-1][1])
    assert (await gpt.conversation()).mode is Mode.WAITING


class Broken:
    """A model whose client has a fault that nobody has foreseen."""

    def __init__(self, times: int) -> None:
        self.left = times

    async def check(self, model: str = "") -> None: ...

    async def answer(
        self,
        instructions: str,
        turns: Sequence[TurnSaid],
        *,
        on_draft: Callable[[str], None],
        model: str = "",
    ) -> Answer:
        self.left -= 1
        if self.left >= 0:
            raise ZeroDivisionError
        return Answer("Better now.", False, "", "m", Usage())

    async def close(self) -> None: ...


async def test_a_fault_of_our_own_is_tried_once_more_then_a_person_is_called(core: Core) -> None:
    """I12: nobody waits until the next start."""
    core.use_model(Broken(1))
    await core.wrote("are you there?")
    await core.until(lambda lines: lines[-1] == ("bot", "Better now."))
    core.use_model(Broken(2))
    await core.wrote("and now?")
    await core.until(lambda lines: "cannot answer that just now" in lines[-1][1])
    assert (await core.conversation()).mode is Mode.WAITING
    reason = (await core.case()).reason
    assert reason == "GPT could not answer: a fault of our own (ZeroDivisionError)"


async def test_a_refused_key_calls_a_person_without_a_second_try(
    gpt: Core, openai: OpenAISandbox
) -> None:
    """D19: what cannot help is not tried again."""
    openai.faults.add(COMPLETIONS, key_revoked(), times=5)
    await gpt.wrote("are you there?")
    await gpt.until(lambda lines: "cannot answer that just now" in lines[-1][1])
    assert openai.faults.take(COMPLETIONS) is not None
    assert openai.api_key not in (await gpt.case()).reason


async def test_an_answer_that_comes_after_a_person_was_asked_for_is_dropped(
    gpt: Core, openai: OpenAISandbox
) -> None:
    openai.script(Turn("Too late.", seconds_before=0.4))
    await gpt.wrote("what about moss?")
    await openai.journal.wait_for(lambda call: call.method == COMPLETIONS)
    await gpt.wrote("no, a human please")
    await gpt.turns.close(5)
    assert ("bot", "Too late.") not in await gpt.lines()
    assert (await gpt.conversation()).mode is Mode.WAITING


async def test_an_answer_that_comes_after_hand_over_and_back_is_dropped(
    gpt: Core, openai: OpenAISandbox
) -> None:
    openai.script(Turn("Too late.", seconds_before=0.4))
    await gpt.wrote("what about moss?")
    await openai.journal.wait_for(lambda call: call.method == COMPLETIONS)
    await gpt.wrote("human")
    ref = await gpt.thread_opened()
    await gpt.engine.accept(AgentCommanded(ref, "9", MIA, Command.BOT))
    await gpt.turns.close(5)
    assert ("bot", "Too late.") not in await gpt.lines()


async def test_a_turn_cut_by_the_end_of_the_process_is_made_again(
    tmp_path: Path, openai: OpenAISandbox
) -> None:
    first = await Core.open(tmp_path)
    first.use_model(model(openai))
    openai.faults.add(COMPLETIONS, Fault(Effect.ACCEPT_THEN_HANG))
    await first.wrote("still there?")
    await openai.journal.wait_for(lambda call: call.method == COMPLETIONS)
    await first.close()
    second = await Core.open(tmp_path)
    second.use_model(model(openai))
    openai.script("Here again.")
    await second.turns.resume()
    await second.until(lambda lines: lines[-1] == ("bot", "Here again."))
    assert asked(openai) == [["still there?"], ["still there?"]]
    await second.close()


async def test_a_turn_is_never_begun_a_third_time(tmp_path: Path, openai: OpenAISandbox) -> None:
    for _ in range(2):
        core = await Core.open(tmp_path)
        core.use_model(model(openai))
        openai.faults.add(COMPLETIONS, Fault(Effect.ACCEPT_THEN_HANG))
        seen = len(openai.journal.of(COMPLETIONS))
        await core.wrote("still there?", id="same")
        await core.turns.resume()
        await openai.journal.wait_for(lambda c: c.method == COMPLETIONS, count=seen + 1)
        await core.close()
    core = await Core.open(tmp_path)
    core.use_model(model(openai))
    await core.turns.resume()
    await core.until(lambda lines: "cannot answer that just now" in lines[-1][1])
    assert len(openai.journal.of(COMPLETIONS)) == 2
    await core.close()


async def test_what_no_agent_has_seen_before_the_hand_back_is_asked_also_after_a_crash(
    tmp_path: Path, openai: OpenAISandbox
) -> None:
    """C18: the lines are pending from the transaction on that ended the case."""
    first = await Core.open(tmp_path)
    first.use_model(model(openai))
    await first.wrote("human please")
    ref = await first.thread_opened()
    await first.agent_says("Hi!")
    await first.queued("case:1")
    for text in ("what about moss?", "and ferns?", "shipping"):
        await first.wrote(text)
    await first.engine.accept(AgentCommanded(ref, "9", MIA, Command.BOT))
    await first.close()
    second = await Core.open(tmp_path)
    second.use_model(model(openai))
    openai.script("They like shade.")
    await second.turns.resume()
    await second.until(lambda lines: lines[-1] == ("bot", "Three days"))
    assert (await second.lines())[-2] == ("bot", "They like shade.")
    assert [questions[-1] for questions in asked(openai)] == ["what about moss?\nand ferns?"]
    await second.close()


async def test_another_model_is_asked_at_once(core: Core, openai: OpenAISandbox) -> None:
    """D22: whoever has mended the settings need not wait for the pause to end."""
    core.use_model(refused := model(openai))
    openai.faults.add(COMPLETIONS, key_revoked())
    await core.wrote("are you there?")
    await core.until(lambda lines: "cannot answer that just now" in lines[-1][1])
    await refused.close()
    core.use_model(model(openai))
    await core.wrote("and now?", channel=TELEGRAM)
    await openai.journal.wait_for(lambda call: call.method == COMPLETIONS)


async def test_without_a_desk_what_came_meanwhile_is_answered_after_a_hand_over(
    lonely: Core, openai: OpenAISandbox
) -> None:
    """B15: a hand-over to nobody ends nothing: the bot goes on with what was written meanwhile."""
    lonely.use_model(model(openai))
    call = ToolCall("hand_over_to_person", {"reason": "?"})
    openai.script(Turn(tool_calls=(call,), seconds_before=0.2))
    await lonely.wrote("moss?")
    await openai.journal.wait_for(lambda call: call.method == COMPLETIONS)
    await lonely.wrote("shipping")
    await lonely.until(lambda lines: lines[-1] == ("bot", "Three days"))
