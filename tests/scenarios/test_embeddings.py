"""Examples compared by the provider's model, in the whole service."""

from __future__ import annotations

import json

import pytest

from core.messages import ConversationId
from core.records import ExpenseReason
from sandbox.faults import Effect, Fault
from sandbox.openai.troubles import key_revoked, server_error
from tests.scenarios.house import SETTINGS, House, until
from tests.scenarios.test_examples import PARAPHRASE, RULES

MODEL = "text-embedding-3-small"
WITH_MODEL = SETTINGS.replace(
    "model: gpt-5-mini,", f"model: gpt-5-mini, embeddings_model: {MODEL},"
)
OTHER_WORDS = "Will the cash be reimbursed?"  # in no example, but means what some of them do
EXAMPLES = 7


@pytest.fixture
async def embedded(house: House) -> House:
    """Ready, with the vectors of all examples."""
    house.write_settings(WITH_MODEL + RULES)
    await house.open()
    await ready(house)
    return house


async def ready(house: House) -> None:
    await until(lambda: house.service.policy().embedded, "the vectors")


def asked(house: House) -> list[list[str]]:
    """The texts of each call for vectors."""
    return [call.arguments["input"] for call in house.openai.journal.of("embeddings")]


async def test_question_that_shares_no_word_with_an_example_is_answered_by_its_rule(
    embedded: House,
) -> None:
    async with embedded.visitor() as visitor:
        await visitor.say(OTHER_WORDS)
        await visitor.hears("Three days.", "bot")
    examples, question = asked(embedded)
    assert (len(examples), question) == (EXAMPLES, [OTHER_WORDS])
    assert not embedded.openai.journal.of("chat.completions")


async def test_without_the_model_nobody_would_know_it(house: House) -> None:
    """Or the test before this one would prove nothing."""
    house.write_settings(SETTINGS + RULES)
    await house.open()
    house.openai.script("I have no idea.")
    async with house.visitor() as visitor:
        await visitor.say(OTHER_WORDS)
        await visitor.hears("I have no idea.", "bot")


async def test_exact_words_and_examples_word_for_word_cost_no_call(embedded: House) -> None:
    async with embedded.visitor() as visitor:
        await visitor.say("shipping")
        await visitor.hears("Shipping takes 3 days.", "bot")
        await visitor.say("may my DOG come along")
        await visitor.hears("Dogs are welcome.", "bot")
    assert len(asked(embedded)) == 1


async def test_what_no_rule_is_about_goes_on_to_gpt_after_one_call(embedded: House) -> None:
    embedded.openai.script("I know no elephants.")
    async with embedded.visitor() as visitor:
        await visitor.say("purple elephants sing opera")
        await visitor.hears("I know no elephants.", "bot")
    assert asked(embedded)[1:] == [["purple elephants sing opera"]]
    expenses = await embedded.service.store.read(
        lambda tx: list(tx.expenses(tx.now.replace(year=2000)))
    )
    assert [e.reason for e in expenses] == [ExpenseReason.EMBEDDING] * 2
    assert all(e.bill.micro_usd > 0 for e in expenses)


async def test_person_asked_for_meanwhile_is_not_talked_over(embedded: House) -> None:
    embedded.openai.faults.add("embeddings", Fault(Effect.DELAY, seconds=1.0))
    async with embedded.visitor() as visitor:
        await visitor.say(PARAPHRASE)
        await until(lambda: len(asked(embedded)) == 2, "the call")
        await visitor.say("a human please")
        await visitor.hears("called a colleague", "system")
        await embedded.service.turns.close(5)
    said = await embedded.service.store.read(lambda tx: tx.messages(ConversationId(1)))
    assert "Three days." not in [message.text for message in said]


async def test_slow_model_is_not_waited_for(embedded: House) -> None:
    embedded.service.embeddings.patience = 0.1
    embedded.openai.faults.add("embeddings", Fault(Effect.HANG))
    async with embedded.visitor() as visitor:
        await visitor.say(PARAPHRASE)
        await visitor.see(lambda f: f.get("text") == "Three days.", "the answer", within=3)


async def test_model_that_is_down_is_soon_not_asked_any_more(embedded: House) -> None:
    embedded.openai.faults.add("embeddings", server_error(), times=50)
    for _ in range(6):
        async with embedded.visitor() as visitor:
            await visitor.say(PARAPHRASE)
            await visitor.hears("Three days.", "bot")
    left = 0
    while embedded.openai.faults.take("embeddings") is not None:
        left += 1
    assert left == 50 - 4  # as many as the breaker bears


async def test_refused_model_leaves_the_examples_to_frontdesk(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.openai.faults.add("embeddings", key_revoked(), times=9)
    house.write_settings(WITH_MODEL + RULES)
    await house.open()
    await until(lambda: "without gpt.embeddings_model" in caplog.text, "the refusal")
    async with house.visitor() as visitor:
        await visitor.say(PARAPHRASE)
        await visitor.hears("Three days.", "bot")


async def test_vectors_outlive_the_process(embedded: House) -> None:
    await embedded.restart()
    await ready(embedded)
    assert len(asked(embedded)) == 1


async def test_after_a_change_only_what_is_new_is_asked_for(embedded: House) -> None:
    before = embedded.service.policy()
    changed = RULES.replace("May my dog come along?", "Is it all right to bring a dog?")
    embedded.write_settings(WITH_MODEL + changed)
    await until(lambda: embedded.service.policy() is not before, "the new rules")
    await ready(embedded)
    assert asked(embedded)[1:] == [["Is it all right to bring a dog?"]]


def vector(numbers: list[float], tokens: object = 3) -> Fault:
    """The server's answer to one text."""
    data = [{"object": "embedding", "index": 0, "embedding": numbers}]
    body = json.dumps({"object": "list", "data": data, "usage": {"prompt_tokens": tokens}})
    return Fault(Effect.ACCEPT_THEN_ANSWER, 200, body, {"Content-Type": "application/json"})


@pytest.mark.parametrize("tokens", [10**30, "12", float("nan"), [1], -5])
async def test_server_that_miscounts_costs_no_answer(
    embedded: House, tokens: object, caplog: pytest.LogCaptureFixture
) -> None:
    embedded.openai.faults.add("embeddings", vector([0.1] * 1536, tokens))
    embedded.openai.script("I have no idea.")
    async with embedded.visitor() as visitor:
        await visitor.say(OTHER_WORDS)
        await visitor.hears("I have no idea.", "bot")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("size", [4, 4096])
async def test_model_that_comes_to_make_another_size_is_asked_for_all_examples_anew(
    embedded: House, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Until these are there, frontdesk compares by itself. A model that changes with each call
    is asked for them once an hour."""
    for calls in ([EXAMPLES, 1, EXAMPLES], [EXAMPLES, 1, EXAMPLES, 1]):
        embedded.openai.faults.add("embeddings", vector([0.1] * size))
        async with embedded.visitor() as visitor:
            await visitor.say(PARAPHRASE)
            await visitor.hears("Three days.", "bot")
        await until(lambda: [len(texts) for texts in asked(embedded)] == calls, "the calls")  # noqa: B023
        await ready(embedded)
    assert "makes vectors of another size than before" in caplog.text


async def test_vectors_of_another_size_are_mixed_with_none_and_all_are_asked_for_anew(
    embedded: House, caplog: pytest.LogCaptureFixture
) -> None:
    """D21: as after a provider changed what stands behind the model's name."""
    body = '{"data": [{"index": 0, "embedding": [1.0, 0.0]}], "usage": {"prompt_tokens": 1}}'
    fault = Fault(Effect.ANSWER, 200, body, {"Content-Type": "application/json"})
    embedded.openai.faults.add("embeddings", fault)
    embedded.write_settings(WITH_MODEL + RULES.replace("May my dog", "Might my dog"))
    await until(lambda: "of another size" in caplog.text, "the complaint")
    await embedded.restart()
    await ready(embedded)
    assert len(asked(embedded)[-1]) == EXAMPLES


async def test_what_changes_no_example_keeps_the_vectors_in_force(embedded: House) -> None:
    before = embedded.service.policy()
    embedded.write_settings(WITH_MODEL + RULES.replace("Better not.", "Better not!"))
    await until(lambda: embedded.service.policy() is not before, "the new rules")
    assert embedded.service.policy().embedded is before.embedded
    assert len(asked(embedded)) == 1


async def test_model_that_is_taken_away_is_not_asked_any_more(embedded: House) -> None:
    embedded.write_settings(SETTINGS + RULES)
    await until(lambda: embedded.service.policy().embedded is None, "the new settings")
    async with embedded.visitor() as visitor:
        await visitor.say(PARAPHRASE)
        await visitor.hears("Three days.", "bot")
    assert len(asked(embedded)) == 1


async def test_used_up_budget_pays_for_no_vector(house: House) -> None:
    spent = WITH_MODEL.replace("debounce: 100ms", "debounce: 100ms, daily_budget_usd: 0")
    house.write_settings(spent + RULES)
    await house.open()
    await ready(house)
    async with house.visitor() as visitor:
        await visitor.say(PARAPHRASE)
        await visitor.hears("Three days.", "bot")
    assert len(asked(house)) == 1
