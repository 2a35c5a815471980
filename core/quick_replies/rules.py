"""A rule as its author means it, so that settings can build one and matching can read one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from core.errors import FrontdeskError
from core.messages import Button
from core.translations import choose


class Then(StrEnum):
    """What follows a rule's reply."""

    STOP = "stop"
    GPT = "gpt"
    ESCALATE = "escalate"


class Hours(StrEnum):
    """The half of the week a rule keeps to."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class When:
    """What a message must be like. An empty field asks for nothing.

    One of `any`, `regex` or `examples` must hit, if any of the three is given; each group of
    `all` must have a hit, nothing of `none` may; the filters must hold. `regex` is RE2 syntax.
    """

    any: tuple[str, ...] = ()
    all: tuple[tuple[str, ...], ...] = ()
    none: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    channels: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class RuleButton:
    """A button in every language that its author wrote: `label` and `say` are like a rule's
    `reply`. Exactly one of `say`, `url` and `do` is set."""

    label: Mapping[str, str]
    say: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    do: str = ""

    def shown(self, language: str) -> Button:
        """The button as a customer who speaks `language` gets it; later presses mean this one."""
        label, say = choose(self.label, language) or "", choose(self.say, language) or ""
        return Button(label, say=say, url=self.url, do=self.do)


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `quick_replies`.

    `reply` maps a language to its text; "" is the text for every language. `{name}` in a text is
    a placeholder, `{{` a brace. `title` is like it and names the rule to customers.
    `match_tests` and `miss_tests` are messages for `run_tests`.
    """

    id: str
    when: When
    reply: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[RuleButton, ...] = ()
    then: Then = Then.STOP
    match_tests: tuple[str, ...] = ()
    miss_tests: tuple[str, ...] = ()
    title: Mapping[str, str] = field(default_factory=dict)


class Question(Struct, frozen=True, gc=False):
    """A customer's message and what the filters and placeholders need to know about it.

    `names` holds the values of placeholders such as "customer.name"; "" counts as no value.
    """

    text: str
    channel: str = ""
    language: str = ""
    is_open: bool = True
    names: Mapping[str, str] = MappingProxyType({})


EVERY = "every message"


class Hit(Struct, frozen=True, gc=False):
    """A rule that answers. `text` and `buttons` are in the customer's language; `matched` tells
    people what it saw, such as `any "refund"`. `exact`: the message has the rule's own words."""

    rule: Rule
    text: str
    buttons: tuple[Button, ...]
    matched: str
    exact: bool = True

    @property
    def has_words(self) -> bool:
        """Whether the rule asks for something that was there, and is not for every message."""
        return self.matched != EVERY


@dataclass(frozen=True, slots=True)
class Likely:
    """Rule number `number` (from 0) would answer because the message is like its `example`; a
    `score` of 1 is the same question."""

    hit: Hit
    score: float
    example: str
    number: int

    def label(self, language: str) -> str:
        """How the rule is offered to a customer who speaks `language`."""
        return choose(self.hit.rule.title, language) or self.example


@dataclass(frozen=True, slots=True)
class Close:
    """Rules, best first, of which nobody but the customer can tell which one is meant."""

    likely: tuple[Likely, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in rule number `rule` (from 0) that cannot work; `path` leads to it inside the
    rule, such as ("when", "regex", 0)."""

    rule: int
    path: tuple[str | int, ...]
    reason: str
    hint: str = ""


class BadPattern(FrontdeskError):
    """The rules cannot be compiled; `faults` lists every reason, in the order of the file."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"rule {fault.rule + 1}: {fault.reason}" for fault in faults))
        self.faults = faults
