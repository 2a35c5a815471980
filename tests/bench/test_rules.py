"""The made-up rules answer their own messages, and nothing else."""

from __future__ import annotations

from core.quick_replies import Question
from tests.bench import rules
from tests.bench.matching import compiled


def test_rules_are_the_same_in_every_run() -> None:
    assert rules.samples(50) == rules.samples(50)
    assert rules.samples(100)[:50] == rules.samples(50)


def test_a_fifth_has_patterns_and_a_fifth_is_chinese() -> None:
    made = rules.samples(100)
    assert sum("regex" in sample.rule["when"] for sample in made) == 20
    assert sum(not sample.text.isascii() for sample in made) == 20


def test_every_message_is_answered_by_its_own_rule() -> None:
    made = rules.samples(150)
    replies = compiled(made)
    for sample in made:
        found = replies.match(Question(sample.text, channel="web", language="en"))
        assert found is not None, sample
        assert found.rule.id == sample.rule["id"]
        assert len(sample.text) == rules.LENGTH


def test_no_rule_answers_a_stranger() -> None:
    replies = compiled(rules.samples(150))
    for text in rules.strangers(10):
        assert len(text) == rules.LENGTH
        assert replies.match(Question(text, channel="web", language="en")) is None


def test_a_spread_has_every_kind() -> None:
    chosen = rules.spread(rules.samples(1000), 64)
    assert len({sample.text for sample in chosen}) == 64
    assert any("regex" in sample.rule["when"] for sample in chosen)
    assert any(not sample.text.isascii() for sample in chosen)
