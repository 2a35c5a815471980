"""Doubts about the rules' examples, so that their author hears of them before a customer does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.folding import words
from core.quick_replies.examples import Examples, Guess
from core.quick_replies.matcher import QuickReplies
from core.quick_replies.placeholders import Template
from core.quick_replies.rules import Hours, Rule
from core.quick_replies.trials import Asked, nobody_asked, question_for

FEW = 3
"""Fewer examples than this teach too little."""
_PARTS = 5  # of the examples; each part is asked of what the others teach
_MOST_LEARNT_AGAIN = 3000  # examples, for which that takes seconds


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about the examples of rule number `rule` (from 0) that may not be meant; `path`
    leads to it inside the rule."""

    rule: int
    path: tuple[str | int, ...]
    reason: str
    hint: str


def doubts(
    rules: Sequence[Rule],
    replies: QuickReplies,
    asked: Asked = nobody_asked,
) -> tuple[Doubt, ...]:
    """In the order of the rules. `asked` is as for `run_tests`."""
    examples = replies.examples
    if examples is None:
        return ()
    checked = _Checked(rules, replies, examples, asked)
    return tuple(doubt for number in range(len(rules)) for doubt in checked.of(number))


class _Checked:
    def __init__(
        self,
        rules: Sequence[Rule],
        replies: QuickReplies,
        examples: Examples,
        asked: Asked,
    ) -> None:
        self._rules = rules
        self._replies = replies
        self._examples = examples
        self._asked = asked
        few = sum(len(rule.when.examples) for rule in rules) <= _MOST_LEARNT_AGAIN
        self._strays = _strays(rules) if few else {}
        self._first: dict[tuple[str, ...], list[tuple[int, str]]] = {}

    def of(self, number: int) -> Iterator[Doubt]:
        rule = self._rules[number]
        texts = rule.when.examples
        where = ("when", "examples")
        if not texts:
            return
        if name := _only_by_pattern(rule):
            reason = f"the examples never answer: {{{name}}} has a value only where a regex hits"
            yield Doubt(number, where, reason, "make a rule of its own for them")
            return
        if len(texts) < FEW:
            count = "1 example tells" if len(texts) == 1 else f"{len(texts)} examples tell"
            reason = f"{count} too little"
            yield Doubt(number, where, reason, f"write {FEW} or more, as customers would ask")
        for index, text in enumerate(texts):
            if told := self._wrong(number, text):
                yield Doubt(number, (*where, index), *told)

    def _wrong(self, number: int, text: str) -> tuple[str, str] | None:
        """What is wrong with one example, and the cure."""
        tokens = tuple(words(text))
        if not tokens:
            return f"“{text}” has no words", "write a whole question"
        others = self._first.setdefault(tokens, [])
        twin = next((o for o in others if _can_meet(self._rules[o[0]], self._rules[number])), None)
        others.append((number, text))
        if twin is not None:
            place = "here" if twin[0] == number else f"an example of “{self._rules[twin[0]].id}”"
            return f"“{text}” is {place} already", "leave one out"
        if asked := self._asked(text):
            return f"“{asked}” in “{text}” calls a person", "word it differently"
        return self._elsewhere(number, text)

    def _elsewhere(self, number: int, text: str) -> tuple[str, str] | None:
        rule = self._rules[number]
        question = question_for(rule, text)
        exact = self._replies.match(question)
        if exact is not None and exact.rule.id != rule.id:
            why = f"“{text}” is answered by “{exact.rule.id}” ({exact.matched})"
            return why, "exact words go before examples; move the example or the words"
        if exact is None and (stray := self._strays.get((number, text))) is not None:
            why = f"“{text}” is more like “{stray.example}” of “{self._rules[stray.rule].id}”"
            return why, "make them differ, or join the rules"
        return None


def _strays(rules: Sequence[Rule]) -> dict[tuple[int, str], Guess]:
    """Examples that would go to another rule if they were not there themselves, as whatever
    customers write is not. Each is asked of what can be learnt from the others."""
    strays: dict[tuple[int, str], Guess] = {}
    for part in range(_PARTS):
        learnt = Examples.of([_without(rule, part) for rule in rules])
        for number, rule in enumerate(rules):
            for text in rule.when.examples[part::_PARTS]:
                guess = None if learnt is None else _astray(number, text, rules, learnt)
                if guess is not None:
                    strays[number, text] = guess
    return strays


def _without(rule: Rule, part: int) -> Rule:
    kept = tuple(t for index, t in enumerate(rule.when.examples) if index % _PARTS != part)
    return replace(rule, when=replace(rule.when, examples=kept))


def _astray(number: int, text: str, rules: Sequence[Rule], learnt: Examples) -> Guess | None:
    # Too little is left of few examples to tell by it where one of them belongs.
    if len(rules[number].when.examples) < _PARTS or learnt.has(text):
        return None
    guesses = learnt.similar.nearest(text)
    if not guesses or guesses[0].rule == number or guesses[0].score < learnt.enough:
        return None
    behind = guesses[0].score - (guesses[1].score if len(guesses) > 1 else 0.0)
    meet = _can_meet(rules[guesses[0].rule], rules[number])
    return guesses[0] if meet and behind >= learnt.lead else None


def _only_by_pattern(rule: Rule) -> str:
    """The placeholder that no example gives a value; "" for none."""
    names = {name for text in rule.reply.values() for name in Template.parse(text).names}
    return next((name for name in sorted(names) if "." not in name), "")


def _can_meet(one: Rule, other: Rule) -> bool:
    """Whether the filters of both can hold for the same message."""
    first, second = one.when, other.when
    channels = not (first.channels and second.channels) or bool(first.channels & second.channels)
    languages = not (first.languages and second.languages) or bool(
        set(first.languages) & set(second.languages)
    )
    return channels and languages and _overlap(first.hours, second.hours)


def _overlap(first: Hours | None, second: Hours | None) -> bool:
    return first is None or second is None or first is second
