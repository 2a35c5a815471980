"""One rule made ready to judge messages, with every fault of its author's found beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from core.quick_replies.patterns import BadRegex, Pattern
from core.quick_replies.phrases import key_of
from core.quick_replies.placeholders import BadTemplate, Template
from core.quick_replies.rules import Fault, Hit, Hours, Question, Rule
from core.translations import choose, speaks

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A question with the work done that all rules share: `hits` are the keys of all phrases in
    it, `encoded` is the text that regular expressions see."""

    question: Question
    encoded: bytes
    hits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a rule does not answer. `close`: its words did hit, something else spoke against it."""

    why: str
    close: bool


class _Stop(Exception):
    def __init__(self, why: str, *, close: bool = True) -> None:
        self.refusal = Refusal(why, close)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule whose phrases are keys, and whose patterns and texts are parsed."""

    rule: Rule
    any: Mapping[str, str]
    groups: tuple[Mapping[str, str], ...]
    none: Mapping[str, str]
    patterns: tuple[Pattern, ...]
    templates: Mapping[str, Template]

    def triggers(self) -> frozenset[str] | None:
        """Keys of which a message must have one, or one of the patterns, for this rule to matter;
        None: any message."""
        if self.any or self.patterns:
            return frozenset(self.any)
        return frozenset(self.groups[0]) if self.groups else None

    def judge(self, message: Message) -> Hit | Refusal:
        try:
            return self._judge(message)
        except _Stop as stop:
            return stop.refusal

    def _judge(self, message: Message) -> Hit:
        matched, values = self._exact(message)
        matched += self._groups_hit(message)
        for phrase_key, phrase in self.none.items():
            if phrase_key in message.hits:
                raise _Stop(f'none "{phrase}" is in the message')
        self._check_filters(message.question)
        text = self._text(message.question, values)
        buttons = tuple(button.shown(message.question.language) for button in self.rule.buttons)
        seen = ", ".join(matched) or "every message"
        return Hit(self.rule, text, buttons, seen, values)

    def _exact(self, message: Message) -> tuple[list[str], dict[str, str]]:
        when = self.rule.when
        words = next((self.any[key] for key in self.any if key in message.hits), None)
        matched = [f'any "{words}"'] if words is not None else []
        values: dict[str, str] = {}
        for pattern in self.patterns:
            found = pattern.search(message.encoded)
            if found is not None:
                matched = matched or [f'regex "{pattern.source}"']
                values = {**found, **values}
        if not matched and (when.any or when.regex or when.examples):
            raise _Stop("none of its words or patterns is in the message", close=False)
        return matched, values

    def _groups_hit(self, message: Message) -> list[str]:
        words: list[str] = []
        for group in self.groups:
            word = next((group[key] for key in group if key in message.hits), None)
            if word is None:
                wanted = " or ".join(f'"{phrase}"' for phrase in group.values())
                raise _Stop(f"of `all`, {wanted} is missing", close=bool(words or self.any))
            words.append(f'"{word}"')
        return [f"all {' + '.join(words)}"] if words else []

    def _check_filters(self, question: Question) -> None:
        when = self.rule.when
        if when.channels and question.channel not in when.channels:
            raise _Stop(f"it is for {_either(sorted(when.channels))} only")
        if when.languages and not speaks(question.language, when.languages):
            raise _Stop(f"it is for customers who speak {_either(when.languages)}")
        if when.hours is not None and (when.hours is Hours.OPEN) is not question.is_open:
            raise _Stop(f"it is for {when.hours} hours only")

    def _text(self, question: Question, values: Mapping[str, str]) -> str:
        template = choose(self.templates, question.language)
        if template is None:
            return ""
        known = {**question.names, **values}
        text = template.fill(known)
        if text is None:
            missing = sorted(name for name in template.names if not known.get(name))
            raise _Stop(f"{{{missing[0]}}} has no value")
        return text


def _either(names: tuple[str, ...] | list[str]) -> str:
    return " or ".join(names)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Turns rules into compiled ones and gathers what is wrong with them in `faults`."""

    names: frozenset[str]
    faults: list[Fault]

    def compile(self, number: int, rule: Rule) -> CompiledRule:
        when = rule.when
        patterns = tuple(self._patterns(number, when.regex))
        known = self.names.union(*(pattern.names for pattern in patterns))
        return CompiledRule(
            rule=rule,
            any=self._phrases(number, ("when", "any"), when.any),
            groups=tuple(
                self._phrases(number, ("when", "all", index), group)
                for index, group in enumerate(when.all)
            ),
            none=self._phrases(number, ("when", "none"), when.none),
            patterns=patterns,
            templates=self._templates(number, rule.reply, known),
        )

    def _phrases(self, number: int, path: Path, phrases: tuple[str, ...]) -> dict[str, str]:
        keys: dict[str, str] = {}
        for index, phrase in enumerate(phrases):
            key = key_of(phrase)
            if key:
                keys.setdefault(key, phrase)
            else:
                self._fault(
                    number, (*path, index), "the phrase is empty", "write a word or delete it"
                )
        if path[1] == "all" and not phrases:
            self._fault(number, path, "the group is empty, so nothing can match it", "delete it")
        return keys

    def _patterns(self, number: int, sources: tuple[str, ...]) -> Iterator[Pattern]:
        for index, source in enumerate(sources):
            try:
                yield Pattern(source)
            except BadRegex as bad:
                self._fault(number, ("when", "regex", index), bad.reason, bad.hint)

    def _templates(
        self, number: int, reply: Mapping[str, str], known: frozenset[str]
    ) -> dict[str, Template]:
        templates = {}
        for language, text in reply.items():
            path: Path = ("reply", language) if language else ("reply",)
            try:
                templates[language] = template = Template.parse(text)
            except BadTemplate as bad:
                self._fault(number, path, str(bad))
                continue
            for name in sorted(template.names - known):
                self._fault(number, path, f"{{{name}}} never has a value", _meant(name, known))
        return templates

    def _fault(self, number: int, path: Path, reason: str, hint: str = "") -> None:
        self.faults.append(Fault(number, path, reason, hint))


def _meant(name: str, known: frozenset[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {{{close[0]}}}?"
    return f"known here: {', '.join(f'{{{one}}}' for one in sorted(known))}"
