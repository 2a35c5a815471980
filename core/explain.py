"""Say who would answer a message and why, without asking GPT or telling anybody."""

from __future__ import annotations

import locale
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.handover import Asks
from core.knowledge.consulted import KNOWLEDGE
from core.messages import Button
from core.policy import understood
from core.quick_replies import (
    STAND_IN,
    Close,
    Explanation,
    Hit,
    Question,
    QuickReplies,
    Then,
)
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Situation:
    """A message as it would come in: on which channel, in which language, in which hours."""

    text: str
    channel: str
    language: str
    is_open: bool


def explain(settings: Settings, situation: Situation) -> list[str]:
    """Lines for people: the answer, what led to it, and which rules came close. Where a customer
    with a name gets another answer than one without, it is told for both."""
    rules, asks = understood(settings)
    words = asks.asked(situation.text)
    if words is not None:
        asked = f'"{words}" asks for a person, which goes before every rule'
        return [f"A person answers: {asked}.", *_person(settings, situation, "handover")]
    named, nameless = (
        _answered(settings, situation, rules, asks, names)
        for names in ({"customer.name": STAND_IN}, dict[str, str]())
    )
    if named.answer == nameless.answer:
        return [*named.answer, *named.near]
    return [
        f"For a customer with a name, here {STAND_IN}:",
        *named.answer,
        "For a customer without a name, as visitors of the web chat mostly are:",
        *nameless.answer,
        *nameless.near,
    ]


class _Answered(NamedTuple):
    answer: list[str]
    near: list[str]


def _answered(
    settings: Settings,
    situation: Situation,
    rules: QuickReplies,
    asks: Asks,
    names: Mapping[str, str],
) -> _Answered:
    explanation = rules.explain(
        Question(
            situation.text,
            channel=situation.channel,
            language=situation.language,
            is_open=situation.is_open,
            names=names,
        )
    )
    if explanation.hit is None or not explanation.hit.exact:
        words = asks.asked(situation.text, loosely=True)
        if words is not None:
            asked = f'this is read as "{words}", and no rule has the very words of the message'
            told = [f"A person answers: {asked}.", *_person(settings, situation, "handover")]
            return _Answered(told, [])
    enough = rules.examples.enough if rules.examples else 0.0
    near = [*_likely(explanation, enough), *_near(explanation)]
    if explanation.hit is not None:
        return _Answered([*_rule(settings, situation, explanation.hit)], near)
    if explanation.close is not None:
        return _Answered([*_close(settings, situation, explanation.close)], near)
    return _Answered([*_beyond_rules(settings, situation)], near)


def impossible(settings: Settings, channel: str, language: str) -> str:
    """Why no customer writes on `channel` in `language` ("" for whatever it looks like); "" when
    they may."""
    if channel not in settings.channels:
        return f"no channel {channel!r}; known: {', '.join(settings.channels)}"
    if language and not _is_language(settings, language):
        return f"--language {language!r} is no language tag; write one like en, zh or pt-BR"
    return ""


def _is_language(settings: Settings, tag: str) -> bool:
    """Many three letters are no language: those count that this machine or the file has."""
    tag = tag.replace("_", "-").lower()
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", tag):
        return False
    base = tag.partition("-")[0]
    return len(base) == 2 or base in _bases([*locale.locale_alias, *_languages(settings)])


def unheard_of(settings: Settings, tag: str) -> bool:
    """Whether neither this machine nor the file has the language: a mistyped one, perhaps."""
    base = re.split(r"[-_]", tag.lower())[0]
    return base not in _bases([*locale.locale_alias, *_languages(settings)])


def _languages(settings: Settings) -> Iterator[str]:
    yield from settings.business.languages
    for rule in settings.quick_replies:
        yield from (*rule.when.languages, *rule.reply)


def _bases(names: Iterable[str]) -> set[str]:
    return {re.split(r"[-_.@]", name)[0] for name in names}


def _rule(settings: Settings, situation: Situation, hit: Hit) -> Iterator[str]:
    yield f'The rule "{hit.rule.id}" answers ({settings.where(hit.rule.id)}).'
    yield f"  matched  {hit.matched}"
    if hit.text:
        yield f"  reply    {_indented(hit.text)}"
    for button in hit.buttons:
        yield f"  button   {_button(button)}"
    if hit.rule.then is Then.GPT:
        if off := _gpt(settings):
            yield f"  then     a person is called, because {off}"
            yield from _person(settings, situation, "cannot_answer")
            return
        yield "  then     GPT answers as well"
        yield from _knowledge(settings, situation)
    if hit.rule.then is Then.ESCALATE:
        yield "  then     a person is called"
        yield from _person(settings, situation, "handover")


def _beyond_rules(settings: Settings, situation: Situation) -> Iterator[str]:
    off = _gpt(settings)
    if not off:
        yield f"GPT answers ({settings.gpt.model}): no rule matches."
        yield from _knowledge(settings, situation)
        return
    yield f"A person answers: no rule matches, and {off}."
    yield from _person(settings, situation, "cannot_answer")


def _knowledge(settings: Settings, situation: Situation) -> Iterator[str]:
    """What GPT is given from the business's own files."""
    if not settings.gpt.knowledge or _gpt(settings):
        return
    from core.knowledge.trial import looked_up

    for line in looked_up(settings, situation.text, settings.gpt.max_history // KNOWLEDGE):
        yield f"           {line}" if line.startswith(" ") else f"  knows    {line}"


def _close(settings: Settings, situation: Situation, close: Close) -> Iterator[str]:
    rules = " and ".join(f'"{one.hit.rule.id}"' for one in close.likely)
    why = f"the examples of {rules} are about as like it as each other"
    if settings.examples.when_close == "gpt" and not _gpt(settings):
        yield f"GPT answers ({settings.gpt.model}): {why}."
        return
    yield f"The customer is asked which one is meant: {why}."
    yield f"  asked    {settings.texts.say('did_you_mean', situation.language)}"
    for one in close.likely:
        yield f'  button   [{one.label(situation.language)}] is answered by "{one.hit.rule.id}"'


def _likely(explanation: Explanation, enough: float) -> Iterator[str]:
    for place, one in enumerate(explanation.likely):
        enough_for = f", {enough:.2f} is enough" if place == 0 else ""
        yield (
            f'  alike    {one.score:.2f} the rule "{one.hit.rule.id}", by its example '
            f'"{one.example}"{enough_for}'
        )


def _person(settings: Settings, situation: Situation, name: str) -> Iterator[str]:
    off = settings.why_off("desk")
    where = f"the desk is off ({off})" if off else f"a thread opens in {settings.desk.channel}"
    yield f"  desk     {where}"
    told = "handover_nobody" if off else name if situation.is_open else "handover_closed"
    business = settings.business.name
    text = settings.texts.say(told, situation.language, business=business)
    yield f"  told     {_indented(text)}"


def _near(explanation: Explanation) -> Iterator[str]:
    for miss in explanation.near:
        yield f'  near     the rule "{miss.rule.id}": {miss.why}'


def _gpt(settings: Settings) -> str:
    off = settings.why_off("gpt")
    return f"GPT is off ({off})" if off else ""


def _button(button: Button) -> str:
    does = f"opens {button.url}" if button.url else f'says "{button.say}"'
    return f"[{button.label}] {'calls a person' if button.do else does}"


def _indented(text: str) -> str:
    return text.strip().replace("\n", "\n           ")
