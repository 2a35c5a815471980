"""The rule that an agent gets proposed for an answer."""

from __future__ import annotations

from pathlib import Path

import connectors
from core.check import failed_tests
from core.messages import Accepted, AgentAskedForRule, CaseRef, Outcome
from core.records import Delivery, DeliveryKind
from core.settings import load
from tests.engine.core import MIA, SETTINGS, Core

REF = CaseRef("T1", "C1", "1.0")
ANSWER = "Hi Ann, yes, we rent plants from 80 € a day. Best, Mia"


async def asked_and_answered(core: Core, *answers: str) -> None:
    await core.wrote("Do you rent out plants for a wedding?")
    await core.thread_opened()
    for number, answer in enumerate(answers or (ANSWER,)):
        await core.agent_says(answer, ts=f"{number + 2}.0")


async def bulb(core: Core, ts: str = "2.0", ref: CaseRef = REF) -> Accepted:
    return await core.engine.accept(AgentAskedForRule(ref, ts, MIA))


async def notes(core: Core) -> list[Delivery]:
    lane = await core.store.read(lambda tx: tx.lane("case:1"))
    return [row for row in lane if row.kind is DeliveryKind.NOTE]


async def test_a_rule_is_proposed_in_the_thread_and_passes_check(
    core: Core, tmp_path: Path
) -> None:
    await asked_and_answered(core)
    said = await core.lines()

    assert (await bulb(core)).outcome is Outcome.STORED

    (note,) = await notes(core)
    assert note.text.startswith("💡 A rule for this answer")
    assert await core.lines() == said  # the customer reads nothing of it
    pasted = tmp_path / "pasted.yaml"
    pasted.write_text(SETTINGS + note.detail, encoding="utf-8")
    settings = load(pasted, environ={}, channels=connectors.SETTINGS, sections=connectors.SECTIONS)
    assert failed_tests(settings) == ()
    rule = settings.quick_replies[-1]
    assert rule.reply == {"": "Yes, we rent plants from 80 € a day."}
    assert rule.match_tests == ("Do you rent out plants for a wedding?",)


async def test_a_question_asked_once_is_counted_once(core: Core) -> None:
    await asked_and_answered(core)
    await bulb(core)
    (note,) = await notes(core)
    assert "  # asked once; an agent's answer\n" in note.detail


async def test_a_message_gets_one_proposal_however_many_bulbs(core: Core) -> None:
    await asked_and_answered(core)
    outcomes = [(await bulb(core)).outcome for _ in range(3)]
    assert outcomes == [Outcome.STORED, Outcome.REPEAT, Outcome.REPEAT]
    assert len(await notes(core)) == 1


async def test_why_there_is_no_rule_is_told(core: Core) -> None:
    await asked_and_answered(core, "Your order 123456 comes tomorrow, Ann.")
    await bulb(core)
    (note,) = await notes(core)
    told = "💡 No rule can be made of this answer: the answer tells an order number."
    assert (note.text, note.detail) == (told, "")


async def test_an_answer_that_says_nothing_makes_no_rule(core: Core) -> None:
    await asked_and_answered(core, "One moment")
    await bulb(core)
    (note,) = await notes(core)
    assert note.text.endswith(": it answers no question, or says too little.")


async def test_what_rules_answer_already_makes_no_rule(core: Core) -> None:
    await core.wrote("complaint")
    await core.thread_opened()
    await core.agent_says("We are so sorry, a new pot is on its way.")
    await bulb(core)
    (note,) = await notes(core)
    assert note.text.endswith(": today's rules answer it.") or "no question" in note.text


async def test_a_bulb_on_what_is_no_answer_of_ours_does_nothing(core: Core) -> None:
    await asked_and_answered(core)
    assert (await bulb(core, ts="9.0")).outcome is Outcome.IGNORED
    assert (await bulb(core, ref=CaseRef("T1", "C1", "7.0"))).outcome is Outcome.IGNORED
    assert await notes(core) == []


async def test_other_customers_names_and_numbers_stay_where_they_are(core: Core) -> None:
    for number, text in enumerate(
        ("do you rent plants? call 030 1234567", "this is Bob, do you rent plants for weddings")
    ):
        await core.wrote(text, id=f"other{number}")
    await core.thread_opened()
    await asked_and_answered_again(core)
    (note,) = await notes(core)
    assert "1234567" not in note.detail
    assert "Bob" not in note.detail


async def asked_and_answered_again(core: Core) -> None:
    await core.wrote("Do you rent out plants for a wedding?")
    await core.agent_says(ANSWER)
    await bulb(core)
