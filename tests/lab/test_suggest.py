"""The rules that `frontdesk suggest` proposes, pasted as an admin would paste them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from core.lab.bench import Bench
from core.lab.personal import Names, anonymous, impersonal, what_is_personal
from core.lab.proposal import Proposal
from core.messages import Agent
from core.quick_replies import Rule
from core.store import Store, Transaction
from tests.lab.conftest import NOW, TODAY, Lab
from tests.lab.past import Writer, fill, settings_at

At = Callable[..., datetime]
MIA = Agent("U1", "Mia Lindqvist")


async def suggested(lab: Lab, *more: str) -> str:
    code, out, err = await asyncio.to_thread(lab.run, "suggest", "--settings", lab.path, *more)
    assert (code, err) == (0, "")
    return out


async def pasted(lab: Lab, yaml: str) -> list[Rule]:
    """The new rules, once `check` has found nothing wrong with the file they were pasted into."""
    path = lab.settings("pasted.yaml", TODAY + yaml)
    code, out, err = await asyncio.to_thread(lab.run, "check", path)
    assert (code, err) == (0, "")
    assert "[warning]" not in out
    return list(settings_at(path).quick_replies[2:])


def asked_of_a_person(
    writer: Writer,
    tx: Transaction,
    at: datetime,
    peer: str,
    question: str,
    *answers: str,
    name: str = "",
) -> None:
    talk = writer.says(tx, peer, "a human please", at, name=name)
    writer.says(tx, peer, question, at, name=name)
    for answer in answers:
        writer.agent(tx, talk, answer, at, MIA)
        at = at.replace(second=at.second + 1)


async def test_an_agents_answer_becomes_a_rule_that_passes_check(
    lab: Lab, writer: Writer, at: At
) -> None:
    def past(tx: Transaction) -> None:
        question = "Do you rent out plants for a wedding?"
        asked_of_a_person(writer, tx, at(12), "a", question, "Yes, from 80 € a day.")
        talk = writer.says(tx, "b", "can I rent plants for our wedding", at(13))
        writer.gpt(tx, talk, "I do not know.", at(13, 1))
        talk = writer.says(tx, "c", "do you repot plants", at(14))
        writer.gpt(tx, talk, "I do not know.", at(14, 1))

    await writer.write(past)

    (rule,) = await pasted(lab, await suggested(lab))

    assert rule.id == "rent-plants"
    assert rule.when.any == ("rent plants", "rent out plants")
    assert rule.reply == {"": "Yes, from 80 € a day."}
    assert set(rule.match_tests) == {
        "Do you rent out plants for a wedding?",
        "can I rent plants for our wedding",
    }
    assert rule.miss_tests == ("do you repot plants",)


async def test_a_question_counts_whether_it_was_answered_or_not(
    lab: Lab, writer: Writer, at: At
) -> None:
    asks = ["Do you rent out plants for a wedding?", "can I rent plants for our wedding"]

    def past(tx: Transaction) -> None:
        asked_of_a_person(writer, tx, at(12), "a", asks[0], "Yes, from 80 € a day.")
        writer.says(tx, "b", asks[1], at(13))  # nobody has answered yet

    await writer.write(past)

    assert "  # asked 2 times; an agent's answer\n" in await suggested(lab)


async def test_what_gpt_answers_again_and_again_becomes_a_rule(
    lab: Lab, writer: Writer, at: At
) -> None:
    asks: Sequence[tuple[str, str]] = [
        ("is the monstera toxic", "Monstera is toxic to cats."),
        ("is a monstera toxic for cats", "Yes, monstera is toxic to cats."),
        ("monstera toxic?", "Monstera is toxic to cats."),
        ("how do I repot a fern", "Loosen the roots and set it one size up."),
        ("who makes those blue pots", "A potter in Bolesławiec."),
        ("who makes these blue pots", "We do not know yet."),
        ("those blue pots, who makes them", "Ask us again tomorrow, please."),
    ]

    def past(tx: Transaction) -> None:
        for number, (question, answer) in enumerate(asks):
            talk = writer.says(tx, f"p{number}", question, at(12))
            writer.gpt(tx, talk, answer, at(12, 1))

    await writer.write(past)

    out = await suggested(lab)
    (rule,) = await pasted(lab, out)

    assert rule.reply == {"": "Monstera is toxic to cats."}
    assert "  # asked 3 times; GPT's answer\n" in out
    assert "#   1  GPT has answered it too seldom" in out
    assert "#   1  GPT answers it in different ways" in out


async def test_three_wordings_of_a_question_are_examples_too(
    lab: Lab, writer: Writer, at: At
) -> None:
    """`check` warns of fewer than three."""
    asks = (
        "is the monstera toxic for cats",
        "is a monstera toxic to my cat",
        "monstera: toxic for cats?",
    )

    def past(tx: Transaction) -> None:
        for number, text in enumerate(asks):
            answer = "Yes, keep it out of their reach."
            asked_of_a_person(writer, tx, at(12), f"p{number}", text, answer)

    await writer.write(past)

    (rule,) = await pasted(lab, await suggested(lab))

    assert set(rule.when.examples) == set(asks)


def test_examples_that_take_anybodys_question_are_left_out(lab: Lab) -> None:
    """Small words alone are in every question."""
    asks = ("can you do it for me", "could you do this for me", "would you do that for me")
    proposal = Proposal("do", ("do it", "do this", "do that"), (), "Yes.", asks, (), "")
    settings = settings_at(lab.path)

    (kept,) = Bench(settings).settled([proposal])
    (bare,) = Bench(settings, ["please can you do it for me"]).settled([proposal])

    assert (kept.examples, bare.examples) == (asks, ())


def test_a_rule_that_takes_a_message_from_another_is_not_proposed(lab: Lab) -> None:
    """Words go before examples, so a new rule's words could take what an older one is for."""
    rule = """
  - id: made
    when: {examples: [where do you make the pots, who makes your pots, are they made by hand]}
    reply: In Boleslawiec.
    tests: {match: [where do you make these pots]}
"""
    settings = settings_at(lab.settings("made.yaml", TODAY + rule))

    def proposal(phrase: str, test: str) -> Proposal:
        return Proposal("new", (phrase,), (), "Yes.", (test,), (), "")

    fine = proposal("blue glaze", "is that a blue glaze")
    harmful = proposal("these pots", "I like these pots")
    bench = Bench(settings)

    assert bench.settled([replace(harmful, id="a"), fine]) == [fine]
    assert bench.settled([fine, replace(harmful, id="a")]) == [fine]


async def test_a_chinese_question_becomes_a_rule_too(lab: Lab, writer: Writer, at: At) -> None:
    def past(tx: Transaction) -> None:
        answer = "可以，柏林市内上门安装 30 欧元。"
        asked_of_a_person(writer, tx, at(12), "a", "你们可以上门安装吗", answer)
        talk = writer.says(tx, "b", "可以上门安装花架吗", at(13))
        writer.gpt(tx, talk, "不知道。", at(13, 1))

    await writer.write(past)

    (rule,) = await pasted(lab, await suggested(lab))

    assert rule.when.any == ("上门安装",)
    assert set(rule.match_tests) == {"你们可以上门安装吗", "可以上门安装花架吗"}


async def test_greetings_names_and_one_moment_are_no_part_of_an_answer(
    lab: Lab, writer: Writer, at: At
) -> None:
    def past(tx: Transaction) -> None:
        lines = (
            "Hi Ann, this is Mia. How can I help?",
            "One moment please",
            "Hi Ann, we rent plants from 80 € a day.",
            "Pick them up on Friday.\n\nBest wishes\nMia",
        )
        question = "do you rent out plants"
        asked_of_a_person(writer, tx, at(12), "a", question, *lines, name="Ann Lee")

    await writer.write(past)

    (rule,) = await pasted(lab, await suggested(lab))

    assert rule.reply == {"": "We rent plants from 80 € a day.\nPick them up on Friday."}


PERSONAL = {
    "an order number": "Your order 4711 left us this morning, all is well.",
    "a long number": "Call us again on +49 30 1234567 and we will help.",
    "an e-mail address": "I have written to ann.lee@mail.example about this.",
    "a personal link": "It is here: https://fern.example/track?o=8 as I said.",
    "a name": "I have told Ann everything about it already.",
    "a postal address": "We send it to 12 Elm Street as you have asked.",
}


@pytest.mark.parametrize("what", PERSONAL)
async def test_an_answer_for_one_customer_is_no_rule(
    what: str, lab: Lab, writer: Writer, at: At
) -> None:
    def past(tx: Transaction) -> None:
        question = "what about the blue pots"
        asked_of_a_person(writer, tx, at(12), "a", question, PERSONAL[what], name="Ann Lee")

    await writer.write(past)

    out = await suggested(lab)

    assert PERSONAL[what] not in out
    assert f"#   1  the answer tells {what}" in out
    assert await pasted(lab, out) == []


async def test_what_the_business_itself_tells_everybody_is_nobodys(
    lab: Lab, writer: Writer, at: At
) -> None:
    answer = "Write to hello@fern.example or call +49 30 1234567."

    def past(tx: Transaction) -> None:
        asked_of_a_person(writer, tx, at(12), "a", "which number has the workshop", answer)

    await writer.write(past)
    told = "Shipping is free. hello@fern.example, +49 30 1234567"
    lab.path = lab.changed(("Shipping is free.", told))

    assert answer in await suggested(lab)


async def test_numbers_and_addresses_in_questions_are_replaced_and_names_left_out(
    lab: Lab, writer: Writer, at: At
) -> None:
    asks = (
        "my blue pots leak, order 123456",
        "my blue pots leak, ann@mail.example",
        "my blue pots leak, 030 1234567",
        "ann here, my blue pots leak",
        "my name is Bob and my blue pots leak",
    )

    def past(tx: Transaction) -> None:
        for number, text in enumerate(asks):
            answer = "Send them back, new ones are on us."
            asked_of_a_person(writer, tx, at(12), f"p{number}", text, answer, name="Ann Lee")

    await writer.write(past)

    out = await suggested(lab)
    rules = await pasted(lab, out)

    assert {text for rule in rules for text in rule.match_tests} == {
        "my blue pots leak, order 000000",
        "my blue pots leak, name@example.com",
        "my blue pots leak, 000 0000000",
    }
    for secret in ("123456", "ann@", "1234567", "Bob", "Ann", "Mia", "Lee"):
        assert secret not in out


async def test_what_todays_rules_answer_is_not_proposed(lab: Lab, writer: Writer, at: At) -> None:
    def past(tx: Transaction) -> None:
        question = "do you rent out plants"
        asked_of_a_person(writer, tx, at(12), "a", question, "Yes, from 80 € a day.")

    await writer.write(past)
    lab.path = lab.changed(("any: [shipping]", "any: [rent]"))

    out = await suggested(lab)

    assert out.startswith("# There is nothing to propose.\n")
    assert "#   1  today's rules answer it" in out


async def test_marks_that_mean_something_in_the_file_arrive_as_they_were(
    lab: Lab, writer: Writer, at: At
) -> None:
    """Braces are placeholders there, and `${NAME}` is a secret of the environment."""
    answer = 'Write {name} and ${HOME}, "quoted", with a \\ and # in it: 50 %.'

    def past(tx: Transaction) -> None:
        question = 'what do {braces} and ${HOME} mean: # "that" \\ blue'
        asked_of_a_person(writer, tx, at(12), "a", question, answer)

    await writer.write(past)

    await pasted(lab, await suggested(lab))

    tried = ("try", 'what do {braces} and ${HOME} mean: # "that" \\ blue')
    pasted_file = lab.folder / "pasted.yaml"
    _, out, _ = await asyncio.to_thread(lab.run, *tried, "--settings", pasted_file)
    assert f"  reply    {answer}\n" in out


async def test_all_proposals_together_pass_check(lab: Lab, store: Store) -> None:
    await fill(store, settings_at(lab.path), 600, until=NOW)

    rules = await pasted(lab, await suggested(lab, "--since", "60d"))

    assert len(rules) >= 3
    assert len({rule.id for rule in rules}) == len(rules)


async def test_since_leaves_out_what_is_older(lab: Lab, writer: Writer, at: At) -> None:
    def past(tx: Transaction) -> None:
        when = at(12).replace(year=2020)
        asked_of_a_person(writer, tx, when, "a", "do you rent plants", "Yes, from 80 € a day.")

    await writer.write(past)

    assert "There is nothing to propose" in await suggested(lab, "--since", "30d")
    assert "80 €" in await suggested(lab)


# --- what is personal -----------------------------------------------------------------------

NAMES = Names(["Ann Lee", "李雷", "Rose", "Mia", "Lily", ""], usual="We have lily and rose.")


@pytest.mark.parametrize(
    "text",
    [
        "open 9:00-18:00, closed on Sunday",
        "30 days, 2 pots, 1,200 €",
        "see https://shop.example/care",
        "a rose is a rose, and a lily is a lily",
        "I'm happy with it",
        "2 to 3 working days, on the 2nd floor",
    ],
)
def test_ordinary_words_are_nobodys(text: str) -> None:
    assert what_is_personal(text, NAMES) == ""
    assert anonymous(text, NAMES) == text or "https" in text


@pytest.mark.parametrize(
    "text",
    [
        "for Rose",
        "Ann's pot",
        "its mia here",
        "李雷的订单",
        "我叫小明",
        "王先生您好",
        "@ann_lee knows",
        "this is Peter",
    ],
)
def test_names_are_found_in_many_ways(text: str) -> None:
    assert what_is_personal(text, NAMES) == "a name"
    assert anonymous(text, NAMES) is None


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Hi Ann, yes we do. Best, Mia", "Yes we do."),
        ("Dear Mr Smith,\n\nwe do.\n\nKind regards\nMia Lindqvist", "We do."),
        ("It is safe.\n– Mia", "It is safe."),
        ("All the best plants are here.", "All the best plants are here."),
    ],
)
def test_greeting_and_signature_go(said: str, left: str) -> None:
    assert impersonal(said, "Mia Lindqvist") == left
