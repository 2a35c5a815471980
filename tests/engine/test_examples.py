"""Rules found by their examples, and customers who are asked which rule they mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.gpt import OpenAIModel
from core.lab.asked import By, asked
from core.messages import ButtonPressed, CustomerDeleted, Message, Mode
from core.policy import Policy
from sandbox.openai import OpenAISandbox
from tests.engine.core import SETTINGS, TELEGRAM, Core, address

RULES = """
  - id: refund
    when:
      any: [refund]
      examples:
        - I would like my money back please
        - Can you pay me back what I paid?
        - How do I get my money back?
    reply: "Three days, {customer.name}"
  - id: dogs
    when:
      any: [dog]
      examples: ["Can I bring my dog to the shop?", "May my dog come along?"]
    reply: Dogs are welcome
  - id: cats
    title: {en: Cats in the shop, zh: 带猫进店}
    when:
      any: [cat]
      examples: ["Can I bring my cat to the shop?", "May my cat come along?"]
    reply: Better not
"""
LIKE_REFUND = "please, I would like to have my money back"
CLOSE = "Can I bring my hamster to the shop?"
DOGS = "Can I bring my dog to the shop?"
NONSENSE = "purple elephants sing opera"


async def opened(folder: Path, when_close: str = "gpt", *, has_desk: bool = True) -> Core:
    text = f"{SETTINGS}{RULES}examples: {{when_close: {when_close}}}\n"
    return await Core.open(folder, has_desk=has_desk, settings=text)


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    core = await opened(tmp_path)
    yield core
    await core.close()


@pytest.fixture
async def openai() -> AsyncIterator[OpenAISandbox]:
    sandbox = OpenAISandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


def use_gpt(core: Core, openai: OpenAISandbox) -> None:
    model = OpenAIModel(openai.api_key, openai.base_url, "gpt-5-mini", total=3, silence=2)
    core.use_model(model)


async def last(core: Core) -> Message:
    return (await core.messages())[-1]


async def press(core: Core, label: str) -> None:
    offer = next(m for m in reversed(await core.messages()) if m.buttons)
    index = [button.label for button in offer.buttons].index(label)
    await core.engine.accept(ButtonPressed(address(), f"p{index}", offer.seq, index))


async def test_rule_answers_a_question_that_is_like_its_example(core: Core) -> None:
    await core.wrote(LIKE_REFUND)
    answer = await last(core)
    assert (answer.text, answer.answered_by) == ("Three days, Ann", "rule:refund")


async def test_what_is_like_no_example_goes_to_gpt(core: Core, openai: OpenAISandbox) -> None:
    use_gpt(core, openai)
    openai.script("I know no elephants.")
    await core.wrote(NONSENSE)
    await core.until(lambda lines: lines[-1] == ("bot", "I know no elephants."))


async def test_close_rules_leave_the_question_to_gpt(core: Core, openai: OpenAISandbox) -> None:
    use_gpt(core, openai)
    openai.script("Hamsters are fine.")
    await core.wrote(CLOSE)
    await core.until(lambda lines: lines[-1] == ("bot", "Hamsters are fine."))


async def test_without_gpt_the_customer_is_asked_which_rule_is_meant(core: Core) -> None:
    await core.wrote(CLOSE)
    offer = await last(core)
    assert offer.text == "Did you mean one of these?"
    labels = [button.label for button in offer.buttons]
    assert sorted(labels[:2]) == [DOGS, "Cats in the shop"]
    assert labels[2:] == ["Something else"]
    assert (await core.conversation()).mode is Mode.BOT


async def test_a_choice_is_answered_by_its_rule_though_its_words_are_anothers(core: Core) -> None:
    await core.wrote(CLOSE)
    await press(core, "Cats in the shop")
    assert (await core.lines())[-2:] == [("customer", "Cats in the shop"), ("bot", "Better not")]
    assert (await last(core)).answered_by == "rule:cats"


async def test_the_lab_takes_the_chosen_rule_for_the_questions_answer(core: Core) -> None:
    await core.wrote(CLOSE)
    await press(core, "Cats in the shop")
    found = asked(await core.messages())
    assert [(one.text, one.by, one.is_question) for one in found] == [
        (CLOSE, By.RULE, True),
        ("Cats in the shop", By.RULE, False),
    ]


async def test_a_choice_can_be_typed_as_its_number(core: Core) -> None:
    await core.wrote(CLOSE, channel=TELEGRAM)
    offer = (await core.messages(TELEGRAM))[-1]
    number = [button.label for button in offer.buttons].index(DOGS) + 1
    await core.wrote(f"{number}.", channel=TELEGRAM)
    assert (await core.lines(TELEGRAM))[-1] == ("bot", "Dogs are welcome")


async def test_who_means_something_else_gets_a_person_without_gpt(core: Core) -> None:
    await core.wrote(CLOSE)
    await press(core, "Something else")
    assert (await core.conversation()).mode is Mode.WAITING


async def test_setting_has_the_customer_asked_rather_than_gpt(
    tmp_path: Path, openai: OpenAISandbox
) -> None:
    core = await opened(tmp_path, "ask")
    use_gpt(core, openai)
    await core.wrote(CLOSE)
    assert (await last(core)).text == "Did you mean one of these?"
    assert not openai.journal.of("chat.completions")
    openai.script("Hamsters are fine.")
    await press(core, "Something else")
    await core.until(lambda lines: lines[-1] == ("bot", "Hamsters are fine."))
    (call,) = openai.journal.of("chat.completions")
    assert CLOSE in str(call.arguments["messages"])
    await core.close()


async def test_nobody_is_asked_twice_in_a_row(core: Core) -> None:
    await core.wrote(CLOSE)
    await core.wrote(CLOSE)
    assert [text for _, text in await core.lines()].count("Did you mean one of these?") == 1
    assert (await core.conversation()).mode is Mode.WAITING


async def test_a_choice_whose_rule_is_gone_is_taken_by_its_words(core: Core) -> None:
    await core.wrote(CLOSE)
    settings = core.policy.settings
    kept = tuple(rule for rule in settings.quick_replies if rule.id != "cats")
    core.policy = Policy.of(replace(settings, quick_replies=kept))
    await press(core, "Cats in the shop")
    assert (await core.conversation()).mode is Mode.WAITING


async def test_close_question_behind_a_waiting_one_is_asked_back_in_its_turn(
    tmp_path: Path, openai: OpenAISandbox
) -> None:
    core = await opened(tmp_path, "ask")
    use_gpt(core, openai)
    openai.script("I know no elephants.")
    await core.wrote(NONSENSE)
    await core.wrote(CLOSE)
    await core.until(lambda lines: len(lines) == 4)
    assert (await core.lines())[2:] == [
        ("bot", "I know no elephants."),
        ("bot", "Did you mean one of these?"),
    ]
    await core.close()


async def test_while_examples_are_compiled_only_exact_words_are_answered(core: Core) -> None:
    """And whatever else was written then is answered as soon as they are there."""
    whole = core.policy
    core.policy = Policy.of(whole.settings, learn=False)
    await core.wrote(LIKE_REFUND)
    await core.wrote("shipping", channel=TELEGRAM)
    assert (await core.lines(TELEGRAM))[-1] == ("bot", "Three days")
    assert len(await core.lines()) == 1
    core.policy = whole
    core.turns.recognition.learned()
    await core.until(lambda lines: lines[-1] == ("bot", "Three days, Ann"))
    assert (await core.conversation()).pending_seq is None


async def test_examples_compiled_while_a_message_is_stored_still_answer_it(core: Core) -> None:
    """It was put off until they are there, and they are there before anybody looks again."""
    whole = core.policy
    core.policy = Policy.of(whole.settings, learn=False)
    core.store.subscribe(lambda _commit: setattr(core, "policy", whole))
    await core.wrote(LIKE_REFUND)
    await core.until(lambda lines: len(lines) > 1)
    assert (await core.lines())[1:] == [("bot", "Three days, Ann")]


async def test_what_waited_for_the_examples_in_vain_goes_on_to_gpt(
    core: Core, openai: OpenAISandbox
) -> None:
    use_gpt(core, openai)
    openai.script("I know no elephants.")
    whole = core.policy
    core.policy = Policy.of(whole.settings, learn=False)
    await core.wrote(NONSENSE)
    core.policy = whole
    core.turns.recognition.learned()
    await core.until(lambda lines: lines[-1] == ("bot", "I know no elephants."))


async def test_what_waited_for_the_examples_in_vain_gets_a_person_without_gpt(core: Core) -> None:
    whole = core.policy
    core.policy = Policy.of(whole.settings, learn=False)
    await core.wrote(NONSENSE)
    core.policy = whole
    core.turns.recognition.learned()
    await core.until(lambda lines: "called a colleague" in lines[-1][1])


async def test_what_was_deleted_while_it_waited_for_the_examples_is_answered_by_nobody(
    core: Core,
) -> None:
    whole = core.policy
    core.policy = Policy.of(whole.settings, learn=False)
    await core.wrote(LIKE_REFUND, id="oops")
    await core.engine.accept(CustomerDeleted(address(), "oops"))
    core.policy = whole
    core.turns.recognition.learned()
    await core.turns.close(5)
    assert await core.lines() == [("customer", "")]
    assert (await core.conversation()).pending_seq is None


async def test_nothing_waits_for_the_examples_when_a_person_has_taken_over(core: Core) -> None:
    whole = core.policy
    core.policy = Policy.of(whole.settings, learn=False)
    await core.wrote(LIKE_REFUND)
    await core.wrote("a human please")
    core.policy = whole
    core.turns.recognition.learned()
    await core.turns.close(5)
    assert ("bot", "Three days, Ann") not in await core.lines()
