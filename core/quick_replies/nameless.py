"""Rules that answer only customers with a name: visitors of the web chat mostly have none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.quick_replies.lessons import Doubt
from core.quick_replies.matcher import NAMES, QuickReplies
from core.quick_replies.placeholders import Template
from core.quick_replies.rules import Hit, Rule
from core.quick_replies.trials import Asked, nobody_asked, question_for, why_missed


def needing_a_name(
    rules: Sequence[Rule], replies: QuickReplies, asked: Asked = nobody_asked
) -> Iterator[Doubt]:
    """For each such rule the first of its tests that passes only thanks to a name."""
    for number, rule in enumerate(rules):
        if not any(NAMES & Template.parse(text).names for text in rule.reply.values()):
            continue
        for index, text in enumerate(rule.match_tests):
            if why_missed(rule, text, replies, asked):
                continue
            if why_missed(rule, text, replies, asked, named=False):
                yield _doubt(number, index, rule, text, replies)
                break


def _doubt(number: int, index: int, rule: Rule, text: str, replies: QuickReplies) -> Doubt:
    found = replies.find(question_for(rule, text, named=False))
    instead = f"“{found.rule.id}” does" if isinstance(found, Hit) else "no rule does"
    return Doubt(
        number,
        ("tests", "match", index),
        f"“{text}” is answered by it only when the customer has a name; without one, {instead}",
        "visitors of the web chat mostly have no name: leave {customer.name} out to answer all",
    )
