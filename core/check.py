"""What `frontdesk check` says: the rules' own tests, and what the settings amount to."""

from __future__ import annotations

from core.errors import Problem
from core.handover import Asks
from core.quick_replies import QuickReplies, run_tests
from core.settings import Settings


def failed_tests(settings: Settings) -> tuple[Problem, ...]:
    """A problem for each of the rules' own tests that does not hold."""
    rules = settings.quick_replies
    failures = run_tests(rules, QuickReplies.compile(rules), Asks(settings.handover.ask).asked)
    found = []
    for failure in failures:
        path = ".".join(map(str, ("quick_replies", failure.rule, *failure.path)))
        rule = rules[failure.rule].id
        line, column = settings.places.get(path, (settings.line_of(rule), 1))
        reason = f'the rule "{rule}" fails its test: {failure.reason}'
        found.append(Problem(str(settings.path), line, column, reason))
    return tuple(sorted(found, key=lambda problem: (problem.line, problem.column)))


def verdict(settings: Settings) -> str:
    """One line for a file without problems: how much there is, and what is on."""
    rules = settings.quick_replies
    tests = sum(len(rule.match_tests) + len(rule.miss_tests) for rule in rules)
    channels = ", ".join(_state(settings, f"channels.{name}", name) for name in settings.channels)
    counts = f"{_count(len(rules), 'rule')}, {_count(tests, 'test')} passed"
    return "; ".join(
        (
            f"{settings.path} is fine: {counts}",
            f"channels: {channels}",
            _state(settings, "gpt", "GPT"),
            _state(settings, "desk", "desk"),
        )
    )


def _state(settings: Settings, path: str, name: str) -> str:
    reason = settings.why_off(path)
    return f"{name} off ({reason})" if reason else f"{name} on"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
