"""A hit that is made beforehand is the one that judging the rules would find."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.folding import words
from core.quick_replies import Hit, Hours, Question, QuickReplies, Rule, RuleButton, When

PHRASES = ("refund", "order", "where order", "order refund", "damage", "?")
SAID = (*PHRASES, "refunds", "refnud", "damaged", "where", "7", "order 7", "the")

phrases = st.lists(st.sampled_from(PHRASES), max_size=2, unique=True).map(tuple)
whens = st.builds(
    When,
    any=phrases,
    all=st.lists(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=2), max_size=1).map(
        lambda groups: tuple(map(tuple, groups))
    ),
    none=phrases,
    regex=st.lists(st.sampled_from((r"order\s*(?P<number>\d)", r"\d", "where")), max_size=2).map(
        tuple
    ),
    languages=st.sampled_from(((), (), ("en",), ("zh",))),
    hours=st.sampled_from((None, None, *Hours)),
)
replies = st.sampled_from(({"": "all"}, {"en": "some"}, {"en": "Yes", "zh": "对"}, {"": ""}))
buttons = st.sampled_from(
    ((), (RuleButton({"": "Go"}, {"": "go"}),), (RuleButton({"en": "Go", "zh": "走"}, url="u"),))
)
rules = st.lists(st.tuples(whens, replies, buttons), min_size=1, max_size=4)
texts = st.lists(st.sampled_from(SAID), max_size=5).map(" ".join)


@given(rules, texts, st.sampled_from(("en", "zh", "")), st.booleans())
def test_what_is_ready_is_what_judging_finds(
    listed: list[tuple[When, dict[str, str], tuple[RuleButton, ...]]],
    text: str,
    language: str,
    is_open: bool,
) -> None:
    question = Question(text, "web", language, is_open)
    ready = [Rule(str(n), *one) for n, one in enumerate(listed)]
    judged = [replace(r, when=replace(r.when, channels=frozenset({"web"}))) for r in ready]
    hits = (QuickReplies.compile(rules).match(question) for rules in (ready, judged))
    found, expected = map(_seen, hits)
    assert found == expected


def _seen(hit: Hit | None) -> object:
    return hit and (hit.rule.id, hit.text, hit.buttons, hit.matched, hit.exact)


@pytest.mark.parametrize("text", ["damage, refund", "damaged, refund", "refund, damge!"])
def test_what_a_rule_must_not_have_keeps_a_ready_answer_back(text: str) -> None:
    rule = Rule("a", When(any=("refund",), none=("damage",)), {"": "Yes"})
    assert QuickReplies.compile([rule]).match(Question(text)) is None


def test_a_rule_of_no_words_goes_before_a_ready_answer_of_a_later_one() -> None:
    rules = [Rule("first", When(), {"": "Hi"}), Rule("second", When(any=("refund",)), {"": "Yes"})]
    hit = QuickReplies.compile(rules).match(Question("refund"))
    assert hit
    assert hit.rule.id == "first"


def test_most_messages_need_no_judging() -> None:
    rule = Rule("a", When(any=("refund",), none=("damage",), regex=(r"\d+",)), {"en": "Yes"})
    rules = QuickReplies.compile([rule])
    for text in ("the refund", "7"):
        rules.match(Question(text))  # what means nothing is remembered from now on
        assert isinstance(rules.look(text, words(text)), Hit)
    assert not isinstance(rules.look("damage refund", words("damage refund")), Hit)
