"""Find the rule that answers a message, the same quickly for one rule and for a thousand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from dataclasses import dataclass

from msgspec import Struct

from core.folding import plain, words
from core.quick_replies.compiled import CompiledRule, Compiler, Message, Refusal
from core.quick_replies.examples import Examples, Guess
from core.quick_replies.heard import Heard, Vocabulary
from core.quick_replies.pattern_set import PatternSet
from core.quick_replies.patterns import Pattern
from core.quick_replies.rules import BadPattern, Close, Fault, Hit, Likely, Question, Rule
from core.quick_replies.scraps import sweep
from core.quick_replies.shadows import Shadow, shadows
from core.quick_replies.triggers import Triggers

NAMES = frozenset({"customer.name"})
"""Placeholders that every rule may use; named groups of its patterns come on top."""


_Found = tuple[int, Hit]


class Seen(Struct, frozen=True, gc=False):
    """What there is in a message for the rules: the keys of their phrases as they are written, its
    text as their patterns read it, and those of them that are in it, None for perhaps any."""

    text: str
    tokens: Sequence[str]
    hits: Set[str]
    encoded: bytes
    patterns: Sequence[Pattern] | None


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule whose words were in the message and that still does not answer it."""

    rule: Rule
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What answers a message, and which other rules came close, in the order of the file. Where no
    words decide, `likely` has the rules whose examples are most like it, best first; `hit` may be
    one of them. `close` says that several of them are too close for any to answer."""

    hit: Hit | None
    near: tuple[NearMiss, ...]
    likely: tuple[Likely, ...] = ()
    close: Close | None = None


class QuickReplies:
    """All rules, compiled. Without rules, nothing matches; without `examples`, only words do."""

    def __init__(
        self,
        rules: Sequence[CompiledRule] = (),
        languages: Iterable[str] = (),
        examples: Examples | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self._numbers = {rule.rule.id: number for number, rule in enumerate(rules)}
        self.examples = examples
        self.has_examples = any(rule.rule.when.examples for rule in rules)
        self.vocabulary = Vocabulary((p for rule in rules for p in _phrases_of(rule)), languages)
        self._triggers = Triggers(rules)
        patterns = [pattern for rule in rules for pattern in rule.patterns]
        self._patterns = PatternSet(patterns) if patterns else None
        self.ask_the_time = any(rule.rule.when.hours is not None for rule in rules)

    @classmethod
    def compile(
        cls,
        rules: Iterable[Rule],
        names: Iterable[str] = NAMES,
        languages: Iterable[str] = ("en",),
        *,
        known: Examples | None = None,
        learn: bool = True,
    ) -> QuickReplies:
        """Raises BadPattern with every fault of all rules. `names` are the placeholders that
        `Question.names` will have, `languages` those of the business; the rules may name more.

        To learn many examples takes seconds. `known` are those of former rules, used again when
        they are the same; without `learn` there are none.
        """
        rules = tuple(rules)
        faults: list[Fault] = []
        compiler = Compiler(frozenset(names), faults)
        compiled = [compiler.compile(number, rule) for number, rule in enumerate(rules)]
        if faults:
            raise BadPattern(tuple(faults))
        named = (name for one in compiled for name in (*one.rule.reply, *one.rule.when.languages))
        examples = Examples.of(rules, known) if learn else None
        return cls(compiled, {*languages, *named} - {""}, examples)

    def learned(self) -> QuickReplies:
        """The same rules with their examples, where `compile` was to leave those out."""
        whole = copy(self)
        whole.examples = Examples.of([one.rule for one in self._rules])
        return whole

    def prepare(self) -> None:
        """Do now what the first message would have to wait for."""
        self.vocabulary.prepare()
        sweep()

    def match(self, question: Question, tokens: Sequence[str] | None = None) -> Hit | None:
        """The rule that answers `question`: the first of the file that has its words as they are
        written, else in other forms, else mistyped. A rule that asks for no words gives way to
        those before it only. `tokens` are the `words` of the question, where somebody has cut
        them already."""
        seen = self.look(question.text, words(question.text) if tokens is None else tokens)
        return seen if isinstance(seen, Hit) else self.judge(question, seen)

    def look(self, text: str, tokens: Sequence[str]) -> Hit | Seen:
        """What `match` says of a text whose `words` are `tokens`, where it says the same whoever
        asks, as it does mostly; else what there is for `judge`."""
        seen = self._seen(text, tokens)
        if seen.patterns is None:
            return seen
        first = self._triggers.first(seen.hits, seen.patterns)
        if first is None or not self._has_none_of(self._rules[first].none, seen):
            return seen
        return self._rules[first].ready(seen.hits, seen.patterns) or seen

    def _seen(self, text: str, tokens: Sequence[str]) -> Seen:
        hits = self.vocabulary.exact.hits(tokens, text)
        if self._patterns is None:
            return Seen(text, tokens, hits, b"", ())
        encoded = plain(text).encode()
        return Seen(text, tokens, hits, encoded, self._patterns.found(encoded))

    def _has_none_of(self, none: Mapping[str, str], seen: Seen) -> bool:
        """Whether that is certain at once."""
        if not none:
            return True
        as_written = self.vocabulary.reader.is_as_written(seen.tokens)
        return as_written and none.keys().isdisjoint(seen.hits)

    def judge(self, question: Question, seen: Seen) -> Hit | None:
        """What `match` says where `look` leaves it open."""
        message = self._message(question, seen)
        found = self._first(message)
        if found is not None and found[1].exact:
            return found[1]
        for hits in self._looser(message):
            looser = self._first(message.heard_as(hits), found)
            if looser is not None and looser is not found:
                return looser[1]
        return None if found is None else found[1]

    def find(self, question: Question) -> Hit | Close | None:
        """What `match` tells, else what the examples do."""
        return self.by_example(question, self.match(question), self.examples)

    def by_example(
        self, question: Question, hit: Hit | None, examples: Examples | None
    ) -> Hit | Close | None:
        """What `examples` tell, unless words have told already: `hit` is what `match` says. A rule
        that asks for nothing in particular gives way to examples of rules before it."""
        if examples is None or (hit is not None and hit.has_words):
            return hit
        return examples.decide(self._likely(question, hit, examples)) or hit

    def _likely(
        self, question: Question, hit: Hit | None, examples: Examples
    ) -> tuple[Likely, ...]:
        end = len(self._rules) if hit is None else self._numbers[hit.rule.id]
        message = self._read(question)
        found: dict[int, Likely] = {}
        for guess, rules in examples.nearest(question.text):
            would = (self._would(message, guess, rule) for rule in rules if rule < end)
            if (one := next(filter(None, would), None)) is not None:
                found.setdefault(one.number, one)
        return tuple(found.values())

    def _would(self, message: Message, guess: Guess, rule: int) -> Likely | None:
        verdict = self._rules[rule].judge(message, guess.example)
        if isinstance(verdict, Refusal):
            return None
        return Likely(verdict, guess.score, guess.example, rule)

    def chosen(self, rule: str, question: Question) -> Hit | None:
        """The answer of the rule with this id, for a customer who has chosen it."""
        if rule not in self._numbers:
            return None
        verdict = self._rules[self._numbers[rule]].chosen(question)
        return verdict if isinstance(verdict, Hit) else None

    def explain(self, question: Question) -> Explanation:
        """As `find`, with the reasons of the rules that came close."""
        hit, likely, close = self.match(question), tuple[Likely, ...](), None
        if self.examples is not None and (hit is None or not hit.has_words):
            likely = self._likely(question, hit, self.examples)
            found = self.examples.decide(likely) or hit
            hit, close = (None, found) if isinstance(found, Close) else (found, None)
        near: list[NearMiss] = []
        message = self._read(question)
        message = message.heard_as(message.heard.typos)
        for number in self._triggers.concerned(message.hits, message.patterns):
            rule, verdict = self._rules[number].rule, self._rules[number].judge(message)
            if hit is None or rule is not hit.rule:
                near += self._near(rule, verdict, hit)
        return Explanation(hit, tuple(near), likely, close)

    def _near(self, rule: Rule, verdict: Hit | Refusal, hit: Hit | None) -> Iterator[NearMiss]:
        if isinstance(verdict, Refusal):
            if verdict.close:
                yield NearMiss(rule, verdict.why)
        elif hit is not None:
            yield NearMiss(rule, f'it matches too ({verdict.matched}), after "{hit.rule.id}"')

    def shadows(self) -> tuple[Shadow, ...]:
        """Rules that can never answer, as far as that is certain."""
        return tuple(shadows(self._rules, self._inside))

    def _inside(self, phrase: str) -> Set[str]:
        # A phrase with words is found by them alone, so its marks bring nothing along.
        tokens = words(phrase)
        return self.vocabulary.exact.hits(tokens, "" if tokens else phrase)

    def _read(self, question: Question) -> Message:
        return self._message(question, self._seen(question.text, words(question.text)))

    def _message(self, question: Question, seen: Seen) -> Message:
        heard = Heard(self.vocabulary, seen.tokens, seen.text, seen.hits)
        return Message(question, seen.encoded, seen.patterns, seen.hits, True, heard)

    def _first(self, message: Message, last: _Found | None = None) -> _Found | None:
        """The first rule that answers, `last` when no rule before it does."""
        for number in self._triggers.concerned(message.hits, message.patterns):
            if last is not None and number >= last[0]:
                break
            verdict = self._rules[number].judge(message)
            if isinstance(verdict, Hit):
                return number, verdict
        return last

    def _looser(self, message: Message) -> Iterator[Set[str]]:
        """What may be in the message besides `exact`, where there is anything."""
        heard = message.heard
        if heard.forms is not heard.exact:
            yield heard.forms
        if heard.typos is not heard.forms:
            yield heard.typos


def _phrases_of(rule: CompiledRule) -> Iterator[str]:
    yield from rule.any.values()
    for group in rule.groups:
        yield from group.values()
    yield from rule.none.values()
