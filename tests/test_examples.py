"""What follows from how much a message is like a rule's examples, whoever measures that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.quick_replies import Close, Examples, Hit, Hours, Question, QuickReplies, Rule, When

PAID, BACK = "I want what I paid", "It does not fit me"


@dataclass(frozen=True)
class Guessed:
    rule: int
    score: float
    example: str


@dataclass(frozen=True)
class Told:
    """Finds in every text what the test says."""

    guesses: Sequence[Guessed]

    def nearest(self, text: str) -> Sequence[Guessed]:
        return self.guesses


def measured(rules: Sequence[Rule], told: Told) -> Examples:
    return Examples.measured(rules, told, enough=0.5, lead=0.1, near=0.3)


def answer(
    rules: Sequence[Rule], scores: Mapping[str, float], text: str = "hm", **question: Any
) -> str | list[str] | None:
    """The id of the rule that answers, the ids of the close ones, or None. `scores` says how much
    `text` is like the first example of each rule."""
    guesses = [
        Guessed(number, scores[rule.id], rule.when.examples[0])
        for number, rule in enumerate(rules)
        if rule.id in scores
    ]
    told = Told(sorted(guesses, key=lambda guess: -guess.score))
    replies = QuickReplies.compile(rules, known=measured(rules, told))
    found = replies.find(Question(text, **question))
    if isinstance(found, Close):
        return [one.hit.rule.id for one in found.likely]
    return found.rule.id if found else None


def rule(id: str, *examples: str, reply: str = "ok", **when: Any) -> Rule:
    return Rule(id, When(examples=examples, **when), {"": reply})


REFUND, RETURN = rule("refund", PAID, any=("refund",)), rule("return", BACK)


def test_rule_answers_what_is_like_its_example_enough() -> None:
    assert answer([REFUND, RETURN], {"refund": 0.5, "return": 0.2}) == "refund"
    assert answer([REFUND, RETURN], {"refund": 0.49, "return": 0.2}) is None


def test_exact_words_of_a_later_rule_go_before_examples() -> None:
    last = rule("last", any=("paid",))
    assert answer([REFUND, RETURN, last], {"refund": 1.0}, "I paid") == "last"


def test_rules_that_are_close_do_not_answer_by_themselves() -> None:
    assert answer([REFUND, RETURN], {"refund": 0.6, "return": 0.69}) == ["return", "refund"]
    assert answer([REFUND, RETURN], {"refund": 0.6, "return": 0.71}) == "return"


def test_rules_that_are_not_like_enough_may_still_be_close() -> None:
    assert answer([REFUND, RETURN], {"refund": 0.31, "return": 0.35}) == ["return", "refund"]
    assert answer([REFUND, RETURN], {"refund": 0.29, "return": 0.35}) is None
    assert answer([REFUND, RETURN], {"refund": 0.31, "return": 0.45}) is None


def test_of_rules_with_the_same_example_the_first_answers() -> None:
    twin = rule("twin", PAID)
    assert answer([twin, REFUND], {"twin": 0.7}) == "twin"
    assert answer([REFUND, twin], {"twin": 0.7}) == "refund"
    closed = rule("closed", PAID, hours=Hours.CLOSED)
    assert answer([closed, REFUND], {"closed": 0.7}) == "refund"
    assert answer([closed, REFUND], {}, PAID.upper()) == "refund"


def test_rule_that_has_an_example_in_common_answers_where_the_other_may_not() -> None:
    closed = rule("closed", BACK, PAID, hours=Hours.CLOSED)
    assert answer([closed, REFUND], {"closed": 0.7}) == "refund"
    assert answer([REFUND, rule("twin", BACK, PAID)], {"twin": 0.7}) == "twin"


def test_an_example_word_for_word_is_answered_whatever_else_is_like_it() -> None:
    assert answer([REFUND, RETURN], {"refund": 0.9, "return": 0.9}, f"{BACK}!") == "return"


@pytest.mark.parametrize(
    "when",
    [
        {"none": ("hm",)},
        {"all": (("order",),)},
        {"channels": frozenset(["telegram"])},
        {"languages": ("zh",)},
        {"hours": Hours.CLOSED},
    ],
)
def test_whatever_else_a_rule_asks_for_must_hold_too(when: dict[str, Any]) -> None:
    strict = rule("strict", PAID, **when)
    assert answer([strict], {"strict": 1.0}, channel="web", language="en") is None
    assert answer([strict, RETURN], {"strict": 0.6, "return": 0.55}, channel="web") == "return"


def test_rule_whose_placeholder_only_a_pattern_fills_does_not_answer_by_example() -> None:
    when = When(regex=(r"order (?P<order>\d+)",), examples=(PAID,))
    number = Rule("number", when, {"": "{order}!"})
    assert answer([number], {"number": 1.0}) is None
    assert answer([number], {"number": 1.0}, "order 5") == "number"


def test_name_of_the_customer_is_filled_in() -> None:
    named = rule("named", PAID, reply="Hi {customer.name}")
    examples = measured([named], Told([Guessed(0, 0.9, PAID)]))
    replies = QuickReplies.compile([named], known=examples)
    hit = replies.find(Question("hm", names={"customer.name": "Ann"}))
    assert isinstance(hit, Hit)
    assert (hit.text, hit.matched) == ("Hi Ann", f'example "{PAID}"')
    assert replies.find(Question("hm", names={"customer.name": ""})) is None


def test_examples_alone_make_a_rule_that_is_not_for_every_message() -> None:
    assert answer([RETURN], {}) is None


def test_explanation_tells_how_like_the_best_and_the_next_are() -> None:
    told = Told([Guessed(1, 0.8, BACK), Guessed(0, 0.3, PAID)])
    known = measured([REFUND, RETURN], told)
    explained = QuickReplies.compile([REFUND, RETURN], known=known).explain(Question("hm"))
    assert explained.hit is not None
    assert explained.hit.rule is RETURN
    assert [(one.hit.rule.id, one.score) for one in explained.likely] == [
        ("return", 0.8),
        ("refund", 0.3),
    ]


def test_customer_who_chose_a_rule_gets_its_answer_whatever_the_words_were() -> None:
    strict = replace(REFUND, when=replace(REFUND.when, all=(("order",),), none=("hm",)))
    hit = QuickReplies.compile([strict], learn=False).chosen("refund", Question("hm"))
    assert isinstance(hit, Hit)
    assert hit.text == "ok"
    assert QuickReplies.compile([strict], learn=False).chosen("gone", Question("hm")) is None


def test_the_same_examples_are_not_compiled_again() -> None:
    first = QuickReplies.compile([REFUND, RETURN])
    again = QuickReplies.compile(
        [replace(REFUND, reply={"": "new"}), RETURN], known=first.examples
    )
    other = QuickReplies.compile([RETURN, REFUND], known=first.examples)
    assert again.examples is first.examples
    assert other.examples is not first.examples


def test_offered_rule_is_called_by_its_title_else_by_the_example() -> None:
    titled = replace(RETURN, title={"en": "Sending back", "zh": "退货"})
    told = Told([Guessed(0, 0.8, PAID), Guessed(1, 0.79, BACK)])
    known = measured([REFUND, RETURN], told)
    close = QuickReplies.compile([REFUND, titled], known=known).find(Question("hm"))
    assert isinstance(close, Close)
    assert [one.label("zh-CN") for one in close.likely] == [PAID, "退货"]


LEARNT = QuickReplies.compile(
    [
        rule("refund", PAID, "Where is my money?", "钱能还给我吗"),
        rule("return", BACK, "Where do I send it?", "怎么退货"),
    ]
)


@given(st.text() | st.text("ab \ud800\x00？。👍🏽é").map(lambda text: text * 40))
@example("")
@example("\ud800")
@example("?" * 4_000)
@example("钱" * 4_000)
def test_any_text_at_all_can_be_compared(text: str) -> None:
    found = LEARNT.explain(Question(text))
    assert all(0 <= one.score <= 1 for one in found.likely)
