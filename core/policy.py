"""What the current settings say about answering, compiled once and replaced as a whole.

Whoever works on a message takes the policy once and keeps it to the end, so that a change of
settings never applies to half an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.folding import words
from core.handover import Asks
from core.hours import OpeningHours
from core.messages import Author, AuthorKind
from core.quick_replies import Close, Examples, Hit, Question, QuickReplies, VectorExamples
from core.records import Conversation
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """The customer asked for a person, with these words."""

    words: str


@dataclass(frozen=True, slots=True)
class Later:
    """No words decide, and what the examples say takes longer than a message may wait: the
    conversation's worker will ask them."""


Decision = PersonAsked | Hit | Close | Later | None


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of one moment. `is_whole` is False until the rules' examples are compiled.
    `embedded` are the same examples with a provider's vectors, once these are there."""

    settings: Settings
    rules: QuickReplies
    asks: Asks
    hours: OpeningHours | None
    bot: Author
    zone: ZoneInfo
    is_whole: bool = True
    embedded: VectorExamples | None = None

    @classmethod
    def of(
        cls, settings: Settings, *, known: Examples | None = None, learn: bool = True
    ) -> Policy:
        """To learn many examples takes seconds, so call it off the event loop, or without `learn`.
        `known` are those of the former policy, used again when they are the same."""
        rules, asks = understood(settings, known=known, learn=learn)
        return cls(
            settings=settings,
            rules=rules,
            asks=asks,
            hours=settings.hours,
            bot=Author(AuthorKind.BOT, settings.business.name),
            zone=ZoneInfo(settings.business.timezone),
            is_whole=learn or not rules.has_examples,
        )

    def learned(self) -> Policy:
        """The whole policy. It may take seconds, as with `of`."""
        return self if self.is_whole else replace(self, rules=self.rules.learned(), is_whole=True)

    def decide(
        self,
        text: str,
        conversation: Conversation,
        now: datetime,
        language: str = "",
        tokens: Sequence[str] | None = None,
    ) -> Decision:
        """What answers `text` without any cost: a wish for a person goes before every rule, a
        mistyped one before all that do not have the message's very words. `language` is what the
        customer speaks now, if the conversation does not know it yet; `tokens` are the `words` of
        the text, where somebody has cut them already."""
        tokens = words(text) if tokens is None else tokens
        if asked := self.asks.asked(text, tokens):
            return PersonAsked(asked)
        seen = self.rules.look(text, tokens)
        if isinstance(seen, Hit):
            return seen
        question = self.question(text, conversation, now, language)
        hit = self.rules.judge(question, seen)
        if hit is not None and hit.exact:
            return hit
        if asked := self.asks.asked(text, tokens, loosely=True):
            return PersonAsked(asked)
        if hit is not None and hit.has_words:
            return hit
        if not self.is_whole or (self.embedded and not self.embedded.examples.has(text)):
            return Later()
        return self.rules.by_example(question, hit, self.rules.examples)

    def question(
        self, text: str, conversation: Conversation, now: datetime, language: str = ""
    ) -> Question:
        return Question(
            text,
            conversation.address.channel,
            language or conversation.language,
            not self.rules.ask_the_time or self.is_open(now),
            {"customer.name": conversation.sender.name},
        )

    def asks_back(self, *, has_model: bool) -> bool:
        """Whether the customer is to say which of close rules is meant, rather than GPT."""
        return self.settings.examples.when_close == "ask" or not has_model

    def is_open(self, now: datetime) -> bool:
        return self.hours is None or self.hours.is_open(now)

    def text(self, name: str, language: str, **values: object) -> str:
        """The product's own sentence `name` in the customer's language."""
        business = self.settings.business.name
        return self.settings.texts.say(name, language, business=business, **values)

    def day(self, at: datetime) -> date:
        """The day that it is then where this business is."""
        return at.astimezone(self.zone).date()

    def clock(self, at: datetime) -> str:
        """A time as people of this business read it."""
        return f"{at.astimezone(self.zone):%a %d %b, %H:%M %Z}"

    def remind_at(self, opened: datetime) -> datetime | None:
        return _later(opened, self.settings.desk.remind_after)

    def give_up_at(self, opened: datetime) -> datetime | None:
        return _later(opened, self.settings.desk.give_up_after)


def understood(
    settings: Settings, *, known: Examples | None = None, learn: bool = True
) -> tuple[QuickReplies, Asks]:
    """The words that `settings` know: those of the rules, and those that call a person; and the
    rules' examples, see `QuickReplies.compile`."""
    languages = settings.business.languages
    rules = QuickReplies.compile(
        settings.quick_replies, languages=languages, known=known, learn=learn
    )
    rules.prepare()
    others = rules.vocabulary.words
    return rules, Asks(settings.handover.ask, languages=languages, others=others)


def _later(start: datetime, wait: timedelta | None) -> datetime | None:
    return None if wait is None else start + wait
