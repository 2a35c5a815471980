"""What the current settings say about answering, compiled once and replaced as a whole.

Whoever works on a message takes the policy once and keeps it to the end, so that a change of
settings never applies to half an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.folding import words
from core.handover import Asks
from core.hours import OpeningHours
from core.messages import Author, AuthorKind
from core.quick_replies import Hit, Question, QuickReplies
from core.records import Conversation
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """The customer asked for a person, with these words."""

    words: str


Decision = PersonAsked | Hit | None


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of one moment."""

    settings: Settings
    rules: QuickReplies
    asks: Asks
    hours: OpeningHours | None
    bot: Author
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        rules, asks = understood(settings)
        return cls(
            settings=settings,
            rules=rules,
            asks=asks,
            hours=settings.hours,
            bot=Author(AuthorKind.BOT, settings.business.name),
            zone=ZoneInfo(settings.business.timezone),
        )

    def decide(self, text: str, conversation: Conversation, now: datetime) -> Decision:
        """What answers `text` without any cost: a wish for a person goes before every rule, a
        mistyped one before all that do not have the message's very words."""
        tokens = words(text)
        if asked := self.asks.asked(text, tokens):
            return PersonAsked(asked)
        question = Question(
            text=text,
            channel=conversation.address.channel,
            language=conversation.language,
            is_open=self.is_open(now),
            names={"customer.name": conversation.sender.name},
        )
        hit = self.rules.match(question, tokens)
        if hit is None or not hit.exact:
            asked = self.asks.asked(text, tokens, loosely=True)
            return PersonAsked(asked) if asked else hit
        return hit

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
        return f"{at.astimezone(self.zone):%a %d %b, %H:%M}"

    def remind_at(self, opened: datetime) -> datetime | None:
        return _later(opened, self.settings.desk.remind_after)

    def give_up_at(self, opened: datetime) -> datetime | None:
        return _later(opened, self.settings.desk.give_up_after)


def understood(settings: Settings) -> tuple[QuickReplies, Asks]:
    """The words that `settings` know: those of the rules, and those that call a person."""
    languages = settings.business.languages
    rules = QuickReplies.compile(settings.quick_replies, languages=languages)
    rules.prepare()
    others = rules.vocabulary.words
    return rules, Asks(settings.handover.ask, languages=languages, others=others)


def _later(start: datetime, wait: timedelta | None) -> datetime | None:
    return None if wait is None else start + wait
