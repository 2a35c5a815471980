"""What `check` says about examples that may not do what their author expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.cli import main
from core.quick_replies import Hours, QuickReplies, Rule, When, doubts

PAID = ("I want what I paid back", "Can I get my cash again?", "How do you pay me back?")
DOGS = ("Can I bring my dog?", "May my dog come along?", "Is it all right to bring a dog?")

Captured = pytest.CaptureFixture[str]


def rule(id: str, *examples: str, reply: str = "ok", **when: object) -> Rule:
    return Rule(id, When(examples=examples, **when), {"": reply})  # type: ignore[arg-type]


def told(*rules: Rule) -> list[str]:
    replies = QuickReplies.compile(rules)
    asked = _asked
    return [
        f"{rules[doubt.rule].id} {'.'.join(map(str, doubt.path))}: {doubt.reason}"
        for doubt in doubts(rules, replies, asked)
    ]


def _asked(text: str, *, loosely: bool = False) -> str | None:
    return "human" if "human" in text else None


def test_good_examples_raise_no_doubts() -> None:
    assert told(rule("refund", *PAID), rule("dogs", *DOGS)) == []


def test_few_examples_are_doubted() -> None:
    assert told(rule("refund", *PAID), rule("dogs", *DOGS[:2])) == [
        "dogs when.examples: 2 examples tell too little"
    ]


def test_repeated_examples_are_doubted_where_both_rules_may_answer() -> None:
    twice = (*DOGS, "can I bring my DOG")
    assert told(rule("dogs", *twice)) == [
        "dogs when.examples.3: “can I bring my DOG” is here already"
    ]
    assert told(rule("dogs", *DOGS), rule("more", *PAID, DOGS[0])) == [
        "more when.examples.3: “Can I bring my dog?” is an example of “dogs” already"
    ]
    closed = rule("closed", *DOGS, hours=Hours.CLOSED)
    assert told(closed, rule("open", *DOGS, hours=Hours.OPEN)) == []


def test_examples_that_other_words_take_are_doubted() -> None:
    words = rule("cash", any=("cash",))
    assert told(rule("refund", *PAID), words) == [
        'refund when.examples.1: “Can I get my cash again?” is answered by “cash” (any "cash")'
    ]


def test_an_example_that_would_go_to_another_rule_is_doubted() -> None:
    more = ("When do I get my cash back?", "Do you pay back what I paid?")
    dogs = (*DOGS, "Are dogs welcome?", "Do you pay me back what I paid?", "Dogs in the shop?")
    found = told(rule("refund", *PAID, *more), rule("dogs", *dogs))
    stray = "dogs when.examples.4: “Do you pay me back what I paid?” is more like"
    assert any(line.startswith(stray) and line.endswith("of “refund”") for line in found)


def test_examples_that_call_a_person_or_say_nothing_are_doubted() -> None:
    assert told(rule("dogs", *DOGS, "a human dog please", "?!")) == [
        "dogs when.examples.3: “human” in “a human dog please” calls a person",
        "dogs when.examples.4: “?!” has no words",
    ]


def test_examples_of_a_rule_whose_reply_needs_a_pattern_are_doubted() -> None:
    number = rule("number", *DOGS, reply="{order}", regex=(r"order (?P<order>\d+)",))
    assert told(number) == [
        "number when.examples: the examples never answer: {order} has a value only where a regex "
        "hits"
    ]


RULES = """
quick_replies:
  - id: refund
    when:
      any: [refund]
      examples:
        - I want what I paid back
        - Can I get my cash again?
        - How do you pay me back?
        - I would like to get back what I paid
        - When do I get back what I paid?
    reply: Three days.
    tests: {match: ["I want to get what I paid back"], miss: ["Can I bring my dog?"]}
  - id: dogs
    when: {examples: ["Can I bring my dog?"]}
    title: Dogs
    reply: Welcome.
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_check_shows_each_doubt_at_its_place_and_is_still_content(
    tmp_path: Path, capsys: Captured
) -> None:
    path = _write(tmp_path, RULES)
    assert main(["check", str(path)]) == 0
    first, *_ = capsys.readouterr().out.splitlines()
    assert first == (
        f'{path}:14:5: the rule "dogs": 1 example tells too little '
        "(write 3 or more, as customers would ask) [warning]"
    )


def test_a_test_that_no_example_is_like_fails_and_says_how_like_they_are(
    tmp_path: Path, capsys: Captured
) -> None:
    path = _write(tmp_path, RULES.replace("I want to get what I paid back", "purple elephants"))
    assert main(["check", str(path)]) == 2
    assert "its examples are 0." in capsys.readouterr().err


def test_try_names_the_example_and_how_like_it_and_the_next_are(
    tmp_path: Path, capsys: Captured
) -> None:
    path = _write(tmp_path, RULES)
    assert main(["try", "I want to get what I paid back", "--settings", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == '  matched  example "I want what I paid back"'
    likeness = [line for line in lines if line.startswith("  alike")]
    assert 'the rule "refund", by its example "I want what I paid back"' in likeness[0]
    assert 'the rule "dogs"' in likeness[1]


def test_try_says_what_a_customer_between_two_rules_is_asked(
    tmp_path: Path, capsys: Captured
) -> None:
    dogs = '"Can I bring my dog to the shop?", "May my dog come?"'
    rules = RULES.replace('"Can I bring my dog?"]}\n    title', f"{dogs}]}}\n    title")
    cats = f"  - id: cats\n    when: {{examples: [{dogs.replace('dog', 'cat')}]}}\n    reply: No\n"
    path = _write(tmp_path, rules + cats)
    assert main(["try", "Can I bring my hamster to the shop?", "--settings", str(path)]) == 0
    said = capsys.readouterr().out
    assert "The customer is asked which one is meant" in said
    assert '  button   [Dogs] is answered by "dogs"' in said
