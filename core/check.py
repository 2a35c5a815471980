"""What `frontdesk check` says: the rules' own tests, and what the settings amount to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.errors import Problem
from core.policy import understood
from core.quick_replies import Rule, doubts, needing_a_name, run_tests
from core.settings import Settings

if TYPE_CHECKING:
    from core.knowledge.survey import Survey  # read only where knowledge is set

_SHOWN = 5  # rules without tests that are named


def failed_tests(settings: Settings) -> tuple[Problem, ...]:
    """A problem for each of the rules' own tests that does not hold."""
    return tried(settings)[0]


def tried(settings: Settings) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """The rules' own tests that do not hold, and warnings of examples and tests that may not do
    what their author expects."""
    rules = settings.quick_replies
    replies, asks = understood(settings)
    failures = tuple(
        settings.places.problem(
            failure.rule,
            failure.path,
            f'the rule "{rules[failure.rule].id}" fails its test: {failure.reason}',
        )
        for failure in run_tests(rules, replies, asks.asked)
    )
    doubtful = tuple(
        settings.places.problem(
            doubt.rule,
            doubt.path,
            f'the rule "{rules[doubt.rule].id}": {doubt.reason}',
            doubt.hint,
        )
        for doubt in (
            *doubts(rules, replies, asks.asked),
            *needing_a_name(rules, replies, asks.asked),
        )
    )
    return failures, doubtful


def verdict(settings: Settings, known: Survey | None = None) -> Iterator[str]:
    """Lines for a file without problems: how much there is, then each part, on or off and why.
    `known` is what the files of `gpt.knowledge` came to."""
    rules = settings.quick_replies
    tests = sum(len(rule.match_tests) + len(rule.miss_tests) for rule in rules)
    yield (
        f"{settings.path} is fine: {_count(len(rules), 'rule')}, {_count(tests, 'test')} passed"
    )
    yield from _untested(rules)
    parts = {name: f"channels.{name}" for name in settings.channels}
    parts |= {"GPT": "gpt", "desk": "desk"}
    width = max(map(len, parts))
    for name, path in parts.items():
        reason = settings.why_off(path)
        on = f"on, knows {_known(known)}" if name == "GPT" and known else "on"
        yield f"  {name:{width}}  {f'off ({reason})' if reason else on}"


def _known(known: Survey) -> str:
    return f"{_count(known.passages, 'passage')} of {_count(known.files, 'file')}"


def _untested(rules: Sequence[Rule]) -> Iterator[str]:
    names = [rule.id for rule in rules if not rule.match_tests and not rule.miss_tests]
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        have = "has" if len(names) == 1 else "have"
        shown = ", ".join(names[:_SHOWN])
        yield f"  {_count(len(names), 'rule')} {have} no tests: {shown}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
