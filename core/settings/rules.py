"""`quick_replies` as the file spells it; what a rule means is decided in `core.quick_replies`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from core.quick_replies import Hours, Rule, RuleButton, Then, When
from core.settings.types import Language, Link, Strict, Text, language_code, unfit


def _by_language(value: Any) -> Any:
    if isinstance(value, str):
        return {"": value}
    if not isinstance(value, dict):
        raise unfit("a text is expected here", 'in quotes, or by language: {en: "…", zh: "…"}')
    if None in value.values():
        raise unfit("a language here has no text", "a text with a comma in it needs quotes")
    return value


def _worded(value: dict[str, str]) -> dict[str, str]:
    if not value or not all(text.strip() for text in value.values()):
        raise unfit("this text is empty", "write what the customer shall read")
    return value


def _language_or_all(value: str) -> str:
    return language_code(value) if value else value


def _schema(longest: int | None = None) -> WithJsonSchema:
    text = {"type": "string", "minLength": 1, **({"maxLength": longest} if longest else {})}
    return WithJsonSchema({"anyOf": [text, {"type": "object", "additionalProperties": text}]})


_Language = Annotated[str, AfterValidator(_language_or_all)]
_read, _check = BeforeValidator(_by_language), AfterValidator(_worded)

Localized = Annotated[dict[_Language, str], _read, _check, _schema()]
"""A text by language; one for every language stands under ""."""

_Label = Annotated[str, Field(max_length=80)]
_Words = Annotated[str, Field(max_length=1000)]
Label = Annotated[dict[_Language, _Label], _read, _check, _schema(80)]
Words = Annotated[dict[_Language, _Words], _read, _check, _schema(1000)]

# One for all rules, of which there may be thousands.
_EVERYWHERE: frozenset[str] = frozenset()
_SILENT: Mapping[str, str] = {}

Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


class ButtonSettings(Strict):
    """One button; it does exactly one of three things."""

    label: Label
    say: Words | None = None
    url: Annotated[Link, Field(min_length=1, max_length=2000)] | None = None
    do: Literal["escalate"] | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> ButtonSettings:
        if sum(part is not None for part in (self.say, self.url, self.do)) != 1:
            raise unfit("a button does exactly one thing", "give it one of say, url and do")
        return self

    def build(self) -> RuleButton:
        return RuleButton(self.label, self.say or {}, self.url or "", self.do or "")


class WhenSettings(Strict):
    any: Texts | None = None
    all: Annotated[tuple[Texts, ...], Field(min_length=1)] | None = None
    none: Texts | None = None
    regex: Texts | None = None
    examples: Texts | None = None
    channels: Texts | None = None
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] | None = None
    hours: Literal["open", "closed"] | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> WhenSettings:
        if not self.model_fields_set:
            raise unfit("a rule needs something to match", 'like any: [refund, "money back"]')
        return self

    def build(self) -> When:
        return When(
            any=self.any or (),
            all=self.all or (),
            none=self.none or (),
            regex=self.regex or (),
            examples=self.examples or (),
            channels=frozenset(self.channels) if self.channels else _EVERYWHERE,
            languages=self.languages or (),
            hours=Hours(self.hours) if self.hours else None,
        )


class TestSettings(Strict):
    """Messages that `check` tries: those the rule must answer, and those it must leave alone."""

    match: tuple[Text, ...] = ()
    miss: tuple[Text, ...] = ()


class RuleSettings(Strict):
    id: Annotated[Text, Field(max_length=80, pattern=r"^[A-Za-z0-9_.-]+$")]
    when: WhenSettings
    title: Label | None = None
    reply: Localized | None = None
    buttons: tuple[ButtonSettings, ...] = ()
    then: Literal["stop", "gpt", "escalate"] = "stop"
    tests: TestSettings = TestSettings()

    @model_validator(mode="after")
    def _says_something(self) -> RuleSettings:
        if self.reply is None and self.then == "stop":
            raise unfit("a rule needs a reply", 'reply: "…", or then: gpt or escalate')
        if self.buttons and self.reply is None:
            raise unfit("buttons stand under a reply", 'give this rule a reply: "…"')
        return self

    def build(self) -> Rule:
        return Rule(
            id=self.id,
            when=self.when.build(),
            reply=self.reply or _SILENT,
            buttons=tuple(button.build() for button in self.buttons),
            then=Then(self.then),
            match_tests=self.tests.match,
            miss_tests=self.tests.miss,
            title=self.title or _SILENT,
        )
