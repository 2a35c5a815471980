"""Find rules that can never answer, because an earlier one answers all that they would.

Only what is certain counts: an admin who is warned in vain once does not read the next warning.
So an earlier rule must be met by whatever meets the later one: each of its conditions must follow
from one of the other's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from core.quick_replies.compiled import CompiledRule
from core.quick_replies.patterns import Pattern
from core.quick_replies.rules import When
from core.translations import speaks

Hits = Callable[[str], Set[str]]
"""The keys of all phrases that are in every message which has this phrase."""

_ANYTHING = frozenset({".", ".+", r"\S", r"\S+"})  # in every message that has a word
_META = frozenset(r"\.+*?()[]{}|^$")


@dataclass(frozen=True, slots=True)
class Shadow:
    """Rule number `rule` (from 0) can never answer: rule number `by` always comes first."""

    rule: int
    by: int


@dataclass(frozen=True, slots=True)
class _Choice:
    """Of these a message must have one. `ways`: the keys that each of the phrases brings along.
    `open`: there are further ways, of which nothing is known."""

    keys: Set[str]
    ways: Sequence[Set[str]]
    patterns: Sequence[Pattern] = ()
    open: bool = False
    sources: Set[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class _Demand:
    """What a rule asks of a message."""

    when: When
    choices: Sequence[_Choice]
    none: Sequence[Set[str]]
    none_keys: Set[str]
    speaks_for_itself: bool
    """Whether the reply needs no value that a message might lack."""


def shadows(rules: Sequence[CompiledRule], hits: Hits) -> Iterator[Shadow]:
    """Each rule that can never answer, with the first one that is always before it."""
    demands = [_demand(rule, hits) for rule in rules]
    index = _Index()
    for number, demand in enumerate(demands):
        by = next((n for n in index.near(demand) if _covers(demands[n], demand)), None)
        if by is not None:
            yield Shadow(number, by)
        if demand.speaks_for_itself:
            index.add(number, demand)


class _Index:
    """The earlier rules, by what their first choice asks for: few of them can cover another."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._others: list[int] = []

    def add(self, number: int, demand: _Demand) -> None:
        first = demand.choices[0] if demand.choices else None
        if first is None or first.patterns:
            self._others.append(number)
            return
        for key in first.keys:
            self._by_word[key].append(number)

    def near(self, demand: _Demand) -> list[int]:
        found = set(self._others)
        for choice in demand.choices:
            # All of the ways lead to a rule that covers this one, so the rarest one will do.
            ways = [self._on(way) for way in choice.ways]
            rarest = min(ways, key=len, default=[])
            found.update(rarest)
        return sorted(found)

    def _on(self, way: Set[str]) -> list[int]:
        return [number for key in way for number in self._by_word.get(key, ())]


def _demand(rule: CompiledRule, hits: Hits) -> _Demand:
    when = rule.rule.when
    choices = []
    if when.any or when.regex or when.examples:
        ways = [hits(phrase) for phrase in rule.any.values()]
        sources = frozenset(pattern.source for pattern in rule.patterns)
        open = bool(when.examples)
        choices.append(_Choice(rule.any.keys(), ways, rule.patterns, open, sources))
    choices += [_Choice(group.keys(), [*map(hits, group.values())]) for group in rule.groups]
    return _Demand(
        when,
        choices,
        [hits(phrase) for phrase in rule.none.values()],
        rule.none.keys(),
        not any(template.names for template in rule.templates.values()),
    )


def _covers(first: _Demand, later: _Demand) -> bool:
    """Whether `first` matches every message that `later` matches."""
    return (
        _filters_cover(first.when, later.when)
        and all(_follows(choice, later.choices) for choice in first.choices)
        # What keeps the first rule back must keep the later one back as well.
        and all(phrase & later.none_keys for phrase in first.none)
    )


def _filters_cover(first: When, later: When) -> bool:
    channels = not first.channels or (bool(later.channels) and later.channels <= first.channels)
    languages = not first.languages or (
        bool(later.languages) and all(speaks(one, first.languages) for one in later.languages)
    )
    return channels and languages and first.hours in (None, later.hours)


def _follows(choice: _Choice, given: Sequence[_Choice]) -> bool:
    """Whether a message that has one of each of `given` must have one of `choice`."""
    if _ANYTHING & choice.sources and given:
        return True
    return any(
        not one.open
        and all(way & choice.keys for way in one.ways)
        and all(_pattern_follows(choice, pattern) for pattern in one.patterns)
        for one in given
    )


def _pattern_follows(choice: _Choice, pattern: Pattern) -> bool:
    if pattern.source in choice.sources:
        return True
    plain = _literal(pattern.source)
    return bool(plain) and any(
        (inner := _literal(other)) and inner in plain for other in choice.sources
    )


def _literal(source: str) -> str:
    """The text that a pattern means, "" when it is more than a text."""
    return "" if _META & set(source) else source.casefold()
