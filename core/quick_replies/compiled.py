"""One rule made ready to judge messages, with every fault of its author's found beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from msgspec import Struct

from core.messages import Button
from core.quick_replies.heard import Heard
from core.quick_replies.patterns import BadRegex, Pattern
from core.quick_replies.phrases import Cut
from core.quick_replies.placeholders import BadTemplate, Template
from core.quick_replies.rules import EVERY, Fault, Hit, Hours, Question, Rule
from core.translations import choose, speaks

Path = tuple[str | int, ...]


class Message(Struct, frozen=True, gc=False):
    """A question with the work done that all rules share. `encoded` is the text that regular
    expressions see, where any rule has some; `patterns` are those that are in it, None where each
    must be searched for. `hits` are the keys of all phrases that count as being in the message;
    `is_exact`: as they are written."""

    question: Question
    encoded: bytes
    patterns: Sequence[Pattern] | None
    hits: Set[str]
    is_exact: bool
    heard: Heard

    def seen(self, key: str, phrase: str) -> str:
        """`phrase` as people are told that it was found."""
        return f'"{phrase}"' if self.is_exact else f'"{phrase}"{self.heard.written(key)}'

    def heard_as(self, hits: Set[str]) -> Message:
        exact = hits is self.heard.exact
        return Message(self.question, self.encoded, self.patterns, hits, exact, self.heard)


class Refusal(Struct, frozen=True, gc=False):
    """Why a rule does not answer, as a sentence about `what`. `close`: its words did hit,
    something else spoke against it."""

    sentence: str
    what: object = ""
    close: bool = True

    @property
    def why(self) -> str:
        return self.sentence.format(self.what)


_NOTHING: Mapping[str, str] = {}  # one for all rules
_NO_TEMPLATES: Mapping[str, Template] = {}
_NO_WORD = Refusal("none of its words or patterns is in the message", close=False)


class _Either(tuple[str, ...]):
    """Names of which one would do, put into words only where somebody reads them."""

    def __str__(self) -> str:
        return " or ".join(self)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule whose phrases are keys, and whose patterns and texts are parsed."""

    rule: Rule
    any: Mapping[str, str]
    groups: tuple[Mapping[str, str], ...]
    none: Mapping[str, str]
    patterns: tuple[Pattern, ...]
    templates: Mapping[str, Template]
    only_text: str | None
    """The reply where there is one for everybody, with nothing to fill in; then `templates` has
    none."""
    asks_more: bool
    """Whether more than `any`, `regex` and `examples` decides."""
    wants_words: bool
    """Whether one of these three must hit."""
    ready_buttons: tuple[Button, ...] | None
    """The buttons where they are the same for everybody, and nothing but `none` decides besides
    `any`, `regex` and `examples`."""

    def triggers(self) -> Sequence[str] | None:
        """Keys of which a message must have one, or one of the patterns, for this rule to match
        by its words; None: any message."""
        if self.any or self.patterns or self.rule.when.examples:
            return tuple(self.any)
        return tuple(self.groups[0]) if self.groups else None

    def ready(self, hits: Set[str], patterns: Sequence[Pattern]) -> Hit | None:
        """What `judge` says of a message that has these phrases as they are written, and these
        patterns, but nothing of `none`: the same for everybody. None where it takes judging."""
        if self.ready_buttons is None or self.only_text is None:
            return None
        for key, phrase in self.any.items():
            if key in hits:
                return Hit(self.rule, self.only_text, self.ready_buttons, f'any "{phrase}"')
        for pattern in self.patterns:
            if pattern in patterns:
                seen = f'regex "{pattern.source}"'
                return Hit(self.rule, self.only_text, self.ready_buttons, seen)
        return None

    def judge(self, message: Message, example: str = "") -> Hit | Refusal:
        """`example` is the one that the message is like, where no words of this rule are in it."""
        values: dict[str, str] = {}
        seen = self._any_seen(message)
        if self.patterns and not (seen and self.only_text is not None):
            seen = self._patterns_seen(message, seen, values)
        if not seen and example:
            seen = f'example "{example}"'
        if not seen and self.wants_words:
            return _NO_WORD
        if self.asks_more:
            groups = self._groups_seen(message)
            if isinstance(groups, Refusal):
                return groups
            if refusal := self._refused(message):
                return refusal
            seen = f"{seen}, {groups}" if seen and groups else seen or groups
        text = self._text(message.question, values)
        if isinstance(text, Refusal):
            return text
        exact = message.is_exact and not example and bool(seen)
        return self._hit(message.question, text, seen or EVERY, exact)

    def chosen(self, question: Question) -> Hit | Refusal:
        """The answer for a customer who has chosen this rule, so that no words matter."""
        text = self._text(question, _NOTHING)
        if isinstance(text, Refusal):
            return text
        return self._hit(question, text, "the customer's choice", True)

    def _hit(self, question: Question, text: str, seen: str, exact: bool) -> Hit:
        buttons = self.rule.buttons
        shown = tuple(b.shown(question.language) for b in buttons) if buttons else ()
        return Hit(self.rule, text, shown, seen, exact)

    def _any_seen(self, message: Message) -> str:
        for key, phrase in self.any.items():
            if key in message.hits:
                return f"any {message.seen(key, phrase)}"
        return ""

    def _patterns_seen(self, message: Message, seen: str, values: dict[str, str]) -> str:
        """`seen`, else the first pattern in the message; fills `values`. Which patterns are in it
        is told already; only what their groups hold takes a search."""
        told = None if self.only_text is None else message.patterns
        for pattern in self.patterns:
            if told is None:
                found = pattern.search(message.encoded)
            else:
                found = _NOTHING if pattern in told else None
            if found is not None:
                seen = seen or f'regex "{pattern.source}"'
                values.update({**found, **values})
        return seen

    def _groups_seen(self, message: Message) -> str | Refusal:
        words: list[str] = []
        for group in self.groups:
            key = next((key for key in group if key in message.hits), None)
            if key is None:
                wanted = _Either(f'"{phrase}"' for phrase in group.values())
                return Refusal("of `all`, {} is missing", wanted, bool(words or self.any))
            words.append(message.seen(key, group[key]))
        return f"all {' + '.join(words)}" if words else ""

    def _refused(self, message: Message) -> Refusal | None:
        """What of `none` and the filters speaks against this rule."""
        # Answered wrongly is worse than not answered, so a word keeps a rule back in every form
        # and with every slip.
        for phrase_key, phrase in self.none.items():
            if phrase_key in message.heard.typos:
                return Refusal(
                    "none {} is in the message", f'"{phrase}"' + message.heard.written(phrase_key)
                )
        when, question = self.rule.when, message.question
        if when.channels and question.channel not in when.channels:
            return Refusal("it is for {} only", _Either(sorted(when.channels)))
        if when.languages and not speaks(question.language, when.languages):
            return Refusal("it is for customers who speak {}", _Either(when.languages))
        if when.hours is not None and (when.hours is Hours.OPEN) is not question.is_open:
            return Refusal("it is for {} hours only", when.hours)
        return None

    def _text(self, question: Question, values: Mapping[str, str]) -> str | Refusal:
        if self.only_text is not None:
            return self.only_text
        template = choose(self.templates, question.language)
        if template is None:
            return ""
        known = {**question.names, **values}
        text = template.fill(known)
        if text is None:
            missing = sorted(name for name in template.names if not known.get(name))
            return Refusal("{{{}}} has no value", missing[0])
        return text


@dataclass(frozen=True, slots=True)
class Compiler:
    """Turns rules into compiled ones and gathers what is wrong with them in `faults`."""

    names: frozenset[str]
    faults: list[Fault]

    def compile(self, number: int, rule: Rule) -> CompiledRule:
        when = rule.when
        patterns = tuple(self._patterns(number, when.regex))
        known = self.names.union(*(pattern.names for pattern in patterns))
        broken = len(patterns) < len(when.regex)  # whatever they would have given a value
        templates = self._templates(number, rule.reply, None if broken else known)
        only = next(iter(templates.values())) if len(templates) == 1 else None
        only_text = only.literal if only else None
        return CompiledRule(
            rule=rule,
            any=self._phrases(number, ("when", "any"), when.any),
            groups=tuple(
                self._phrases(number, ("when", "all", index), group)
                for index, group in enumerate(when.all)
            ),
            none=self._phrases(number, ("when", "none"), when.none),
            patterns=patterns,
            templates=templates if only_text is None else _NO_TEMPLATES,
            only_text=only_text,
            wants_words=bool(when.any or when.regex or when.examples),
            ready_buttons=_ready_buttons(rule),
            asks_more=bool(when.all or when.none or when.channels or when.languages or when.hours),
        )

    def _phrases(self, number: int, path: Path, phrases: tuple[str, ...]) -> Mapping[str, str]:
        keys: dict[str, str] = {}
        for index, phrase in enumerate(phrases):
            key = Cut.of(phrase).key
            if key:
                keys.setdefault(key, phrase)
            else:
                self._fault(
                    number, (*path, index), "the phrase is empty", "write a word or delete it"
                )
        if path[1] == "all" and not phrases:
            self._fault(number, path, "the group is empty, so nothing can match it", "delete it")
        return keys or _NOTHING

    def _patterns(self, number: int, sources: tuple[str, ...]) -> Iterator[Pattern]:
        for index, source in enumerate(sources):
            try:
                yield Pattern(source)
            except BadRegex as bad:
                self._fault(number, ("when", "regex", index), bad.reason, bad.hint)

    def _templates(
        self, number: int, reply: Mapping[str, str], known: frozenset[str] | None
    ) -> dict[str, Template]:
        templates = {}
        for language, text in reply.items():
            path: Path = ("reply", language) if language else ("reply",)
            try:
                templates[language] = template = Template.parse(text)
            except BadTemplate as bad:
                self._fault(number, path, str(bad))
                continue
            if known is None:
                continue
            for name in sorted(template.names - known):
                self._fault(number, path, f"{{{name}}} never has a value", _meant(name, known))
        return templates

    def _fault(self, number: int, path: Path, reason: str, hint: str = "") -> None:
        self.faults.append(Fault(number, path, reason, hint))


def _ready_buttons(rule: Rule) -> tuple[Button, ...] | None:
    when = rule.when
    if when.all or when.channels or when.languages or when.hours:
        return None
    if any(len(button.label) > 1 or len(button.say) > 1 for button in rule.buttons):
        return None
    return tuple(button.shown("") for button in rule.buttons)


def _meant(name: str, known: frozenset[str]) -> str:
    from difflib import get_close_matches  # only where there is a mistake

    close = get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {{{close[0]}}}?"
    return f"known here: {', '.join(f'{{{one}}}' for one in sorted(known))}"
