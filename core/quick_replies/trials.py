"""The rules' own tests, so that whoever writes a rule learns from `check` what it really does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.quick_replies.matcher import NAMES, Explanation, QuickReplies
from core.quick_replies.rules import Hit, Hours, Question, Rule

STAND_IN = "Alex"
"""The name of a customer who has one."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A test of rule number `rule` (from 0) that did not hold; `path` leads to it inside the
    rule, such as ("tests", "match", 0)."""

    rule: int
    path: tuple[str | int, ...]
    reason: str


class Asked(Protocol):
    """Tells the words of a message that call a person; `loosely` forgives typos."""

    def __call__(self, text: str, *, loosely: bool = False) -> str | None: ...


def nobody_asked(text: str, *, loosely: bool = False) -> str | None:
    return None


def run_tests(
    rules: Sequence[Rule],
    replies: QuickReplies,
    asked: Asked = nobody_asked,
) -> tuple[Failure, ...]:
    """Every test that fails. `match` asks that this very rule answers a customer with a name or
    one without, `miss` that it answers neither.

    Each test is asked where the rule's filters hold. `asked` tells the words that call a person
    before any rule is looked at.
    """
    return tuple(
        failure
        for number, rule in enumerate(rules)
        for failure in _failures(number, rule, replies, asked)
    )


def _failures(number: int, rule: Rule, replies: QuickReplies, asked: Asked) -> Iterator[Failure]:
    for index, text in enumerate(rule.match_tests):
        why = why_missed(rule, text, replies, asked)
        if why and why_missed(rule, text, replies, asked, named=False):
            yield Failure(number, ("tests", "match", index), f"“{text}” should match: {why}")
    for index, text in enumerate(rule.miss_tests):
        hits = (replies.find(question_for(rule, text, named=named)) for named in (True, False))
        for hit in hits:
            if isinstance(hit, Hit) and hit.rule.id == rule.id and not _calls(asked, text, hit):
                reason = f"“{text}” should not match, but does: {hit.matched}"
                yield Failure(number, ("tests", "miss", index), reason)
                break


def why_missed(
    rule: Rule, text: str, replies: QuickReplies, asked: Asked, *, named: bool = True
) -> str:
    """Why `rule` does not answer `text` of a customer with or without a name; "" when it does."""
    explanation = replies.explain(question_for(rule, text, named=named))
    hit = explanation.hit
    words = _calls(asked, text, hit)
    if words is not None:
        return f"“{words}” calls a person before the rules are looked at"
    if hit is None:
        near = [miss.why for miss in explanation.near if miss.rule.id == rule.id]
        return near[0] if near else _not_alike(rule, explanation, replies)
    if hit.rule.id == rule.id:
        return ""
    return f"rule “{hit.rule.id}” answers it first ({hit.matched})"


def _calls(asked: Asked, text: str, hit: Hit | None) -> str | None:
    """The words that call a person before `hit` answers."""
    words = asked(text)
    if words is None and (hit is None or not hit.exact):
        return asked(text, loosely=True)
    return words


def _not_alike(rule: Rule, explanation: Explanation, replies: QuickReplies) -> str:
    if explanation.close is not None:
        rules = " and ".join(f"“{one.hit.rule.id}”" for one in explanation.close.likely)
        return f"it is about as like the examples of {rules} as each other"
    if replies.examples is None or not rule.when.examples:
        return "none of its words is there"
    alike = max((o.score for o in explanation.likely if o.hit.rule.id == rule.id), default=0.0)
    return f"its examples are {alike:.2f} like it, and {replies.examples.enough:.2f} is enough"


def question_for(rule: Rule, text: str, *, named: bool = True) -> Question:
    """`text` where the rule's filters hold, of a customer with or without a name."""
    when = rule.when
    names: Mapping[str, str] = dict.fromkeys(NAMES, STAND_IN) if named else {}
    return Question(
        text,
        channel=min(when.channels, default="web"),
        language=when.languages[0] if when.languages else "",
        is_open=when.hours is not Hours.CLOSED,
        names=names,
    )
