"""Find the rule that answers a message, the same quickly for one rule and for a thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.folding import plain, words
from core.quick_replies.compiled import CompiledRule, Compiler, Message, Refusal
from core.quick_replies.pattern_set import PatternSet
from core.quick_replies.patterns import Pattern
from core.quick_replies.phrases import Phrases
from core.quick_replies.rules import BadPattern, Fault, Hit, Question, Rule

NAMES = frozenset({"customer.name"})
"""Placeholders that every rule may use; named groups of its patterns come on top."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule whose words were in the message and that still does not answer it."""

    rule: Rule
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What answers a message, and which other rules came close, in the order of the file."""

    hit: Hit | None
    near: tuple[NearMiss, ...]


@dataclass(frozen=True, slots=True)
class Shadow:
    """Rule number `rule` (from 0) can never answer: rule number `by` always comes first."""

    rule: int
    by: int


class QuickReplies:
    """All rules, compiled. Without rules, nothing matches."""

    def __init__(self, rules: Sequence[CompiledRule] = ()) -> None:
        self._rules = tuple(rules)
        self._phrases = Phrases(phrase for rule in rules for phrase in _phrases_of(rule))
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        patterns: list[Pattern] = []
        self._of_pattern: list[int] = []
        for number, rule in enumerate(rules):
            triggers = rule.triggers()
            if triggers is None:
                self._always.append(number)
                continue
            for key in triggers:
                self._by_key[key].append(number)
            patterns += rule.patterns
            self._of_pattern += [number] * len(rule.patterns)
        self._patterns = PatternSet(patterns)

    @classmethod
    def compile(cls, rules: Iterable[Rule], names: Iterable[str] = NAMES) -> QuickReplies:
        """Raises BadPattern with every fault of all rules. `names` are the placeholders that
        `Question.names` will have."""
        faults: list[Fault] = []
        compiler = Compiler(frozenset(names), faults)
        compiled = [compiler.compile(number, rule) for number, rule in enumerate(rules)]
        if faults:
            raise BadPattern(tuple(faults))
        return cls(compiled)

    def match(self, question: Question, tokens: Sequence[str] | None = None) -> Hit | None:
        """The first rule of the file that answers `question`. `tokens` are its `words`, where
        somebody has cut them already."""
        message = self._read(question, words(question.text) if tokens is None else tokens)
        for number in self._concerned(message):
            verdict = self._rules[number].judge(message)
            if isinstance(verdict, Hit):
                return verdict
        return None

    def explain(self, question: Question) -> Explanation:
        """As `match`, with the reasons of the rules that came close."""
        hit: Hit | None = None
        near: list[NearMiss] = []
        for rule, verdict in self._verdicts(self._read(question, words(question.text))):
            if isinstance(verdict, Hit):
                if hit is None:
                    hit = verdict
                else:
                    why = f'it matches too ({verdict.matched}), after "{hit.rule.id}"'
                    near.append(NearMiss(rule.rule, why))
            elif verdict.close:
                near.append(NearMiss(rule.rule, verdict.why))
        return Explanation(hit, tuple(near))

    def shadows(self) -> tuple[Shadow, ...]:
        """Rules that can never answer, as far as their plain words show."""
        open_to_all = [number for number, rule in enumerate(self._rules) if _unconditional(rule)]
        return tuple(
            Shadow(number, by)
            for number in range(len(self._rules))
            if (by := self._shadowed_by(number, open_to_all)) is not None
        )

    def _shadowed_by(self, number: int, open_to_all: list[int]) -> int | None:
        rule = self._rules[number]
        if rule.patterns or not rule.any:
            return None
        inside = [self._phrases.hits(words(phrase), phrase) for phrase in rule.any.values()]
        for by in open_to_all:
            if by >= number:
                return None
            if all(hits & self._rules[by].any.keys() for hits in inside):
                return by
        return None

    def _read(self, question: Question, tokens: Sequence[str]) -> Message:
        encoded = plain(question.text).encode() if self._patterns else b""
        return Message(question, encoded, self._phrases.hits(tokens, question.text))

    def _verdicts(self, message: Message) -> Iterator[tuple[CompiledRule, Hit | Refusal]]:
        rules = self._rules
        for number in self._concerned(message):
            yield rules[number], rules[number].judge(message)

    def _concerned(self, message: Message) -> Sequence[int]:
        """The rules that may have something to say, in the order of the file."""
        numbers = [n for key in message.hits for n in self._by_key.get(key, ())]
        if self._patterns:
            numbers += [self._of_pattern[n] for n in self._patterns.found(message.encoded)]
        if not numbers:
            return self._always
        numbers += self._always
        return numbers if len(numbers) == 1 else sorted(set(numbers))


def _phrases_of(rule: CompiledRule) -> Iterator[str]:
    yield from rule.any.values()
    for group in rule.groups:
        yield from group.values()
    yield from rule.none.values()


def _unconditional(rule: CompiledRule) -> bool:
    when = rule.rule.when
    filtered = when.channels or when.languages or when.hours
    asks_more = rule.groups or rule.none or any(t.names for t in rule.templates.values())
    return bool(rule.any) and not filtered and not asks_more
