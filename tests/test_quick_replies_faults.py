"""What `check` can tell the author of a rule: faults, and the rule's own tests."""

from __future__ import annotations

import pytest

from core.handover import Asks
from core.quick_replies import (
    BadPattern,
    Fault,
    Hours,
    Question,
    QuickReplies,
    Rule,
    When,
    run_tests,
)


def _faults(*rules: Rule) -> tuple[Fault, ...]:
    with pytest.raises(BadPattern) as caught:
        QuickReplies.compile(rules)
    return caught.value.faults


@pytest.mark.parametrize(
    ("pattern", "reason", "hint"),
    [
        ("(?=a)", "look-ahead", "`all`"),
        ("(?!a)", "look-ahead", "`none`"),
        ("(?<!a)b", "look-behind", "before"),
        (r"(a)\1", "back-references", "write the repeated part out"),
        ("(?P<a>x)(?P=a)", "back-references", "write the repeated part out"),
        ("[a", "brackets [ ]", r"\["),
        ("(a", "brackets ( )", r"\("),
        ("*a", "nothing to repeat", r"\*"),
        ("a{2000}", "1,000", "smaller"),
        (r"a\Z", r"\z", r"\z"),
        ("a++", "possessive", "one of"),
        ("", "empty", ""),
        ("a" * 1001, "1,000 characters", ""),
    ],
)
def test_unusable_pattern_is_explained(pattern: str, reason: str, hint: str) -> None:
    (fault,) = _faults(Rule("r", When(regex=("ok", pattern))))
    assert fault.path == ("when", "regex", 1)
    assert reason in fault.reason
    assert hint in fault.hint


def test_all_faults_of_all_rules_are_reported_at_once() -> None:
    faults = _faults(
        Rule("a", When(any=("x", " "), all=((), ("\u200b",)), none=("",))),
        Rule("b", When(any=("x",)), {"": "{order}", "de": "{ x", "zh": "{a b}"}),
    )
    assert [(fault.rule, fault.path) for fault in faults] == [
        (0, ("when", "any", 1)),
        (0, ("when", "all", 0)),
        (0, ("when", "all", 1, 0)),
        (0, ("when", "none", 0)),
        (1, ("reply",)),
        (1, ("reply", "de")),
        (1, ("reply", "zh")),
    ]


def test_unknown_placeholder_gets_a_suggestion() -> None:
    when = When(regex=(r"(?P<order>\d+)",))
    (fault,) = _faults(Rule("r", when, {"": "{oder}"}))
    assert (fault.reason, fault.hint) == ("{oder} never has a value", "did you mean {order}?")


def test_a_broken_pattern_brings_no_second_fault_of_what_it_would_give() -> None:
    (fault,) = _faults(Rule("r", When(regex=(r"(?P<n>\d+",)), {"": "{n}"}))
    assert fault.path == ("when", "regex", 0)
    assert fault.reason.startswith("the brackets ( ) do not pair")


def test_patterns_too_large_for_their_memory_are_refused() -> None:
    (fault,) = _faults(Rule("r", When(regex=(r"(\pL{500}){2}",))))
    assert "too large" in fault.reason


def test_rule_tests_that_hold_say_nothing() -> None:
    rule = Rule(
        "r",
        When(
            any=("refund",),
            channels=frozenset({"slack"}),
            languages=("zh",),
            hours=Hours.CLOSED,
        ),
        {"": "{customer.name}"},
        match_tests=("my refund",),
        miss_tests=("my order",),
    )
    assert run_tests([rule], QuickReplies.compile([rule])) == ()


def test_failed_rule_tests_say_why() -> None:
    rules = [
        Rule("early", When(any=("refund",)), {"": "a"}, miss_tests=("a refund", "an order")),
        Rule(
            "late",
            When(any=("order", "refund"), none=("cancel",)),
            {"": "b"},
            match_tests=("order", "refund", "cancel order", "hello", "a human order"),
        ),
    ]
    failures = run_tests(rules, QuickReplies.compile(rules), Asks().asked)
    assert [(failure.rule, failure.path, failure.reason) for failure in failures] == [
        (0, ("tests", "miss", 0), '“a refund” should not match, but does: any "refund"'),
        (
            1,
            ("tests", "match", 1),
            '“refund” should match: rule “early” answers it first (any "refund")',
        ),
        (
            1,
            ("tests", "match", 2),
            '“cancel order” should match: none "cancel" is in the message',
        ),
        (1, ("tests", "match", 3), "“hello” should match: none of its words is there"),
        (
            1,
            ("tests", "match", 4),
            "“a human order” should match: “human” calls a person before the rules are looked at",
        ),
    ]


def test_compiled_rules_answer_after_a_fault_was_refused() -> None:
    good = QuickReplies.compile([Rule("r", When(any=("hi",)), {"": "hello"})])
    _faults(Rule("bad", When(regex=("(",))))
    hit = good.match(Question("hi"))
    assert hit
    assert hit.text == "hello"
