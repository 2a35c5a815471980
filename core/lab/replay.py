"""Put customers' questions of the past to today's rules and to new ones, and compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import structs

from core.lab.asked import Asked, asked, customers_lines, is_empty
from core.language import guess_language
from core.messages import Message
from core.policy import Later, PersonAsked, Policy
from core.quick_replies import Close, Hit, Then
from core.records import Conversation
from core.store.history import Talk

_REMEMBERED = 20_000  # outcomes
_LONGEST_BURST = 5  # debounce times, as for the turns of GPT


class Who(StrEnum):
    """Who answers a question."""

    RULE = "rule"
    GPT = "gpt"
    PERSON = "person"
    ASKS = "did_you_mean"  # the customer is asked which rule is meant
    OURS = "frontdesk"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, as the customer gets it; `rule` and `text` are empty where no rule gives it."""

    who: Who
    rule: str = ""
    text: str = ""
    buttons: tuple[str, ...] = ()
    then: Then = Then.STOP

    @property
    def asks_gpt(self) -> bool:
        return self.who is Who.GPT or self.then is Then.GPT

    @property
    def calls_person(self) -> bool:
        return self.who is Who.PERSON or self.then is Then.ESCALATE

    def reads_as(self, other: Outcome) -> bool:
        """Whether the customer cannot tell them apart; the name of a rule makes no difference."""
        return replace(self, rule="") == replace(other, rule="")


class Change(StrEnum):
    CHANGED = "changed"
    ANSWERED = "newly_answered"
    LOST = "newly_lost"


@dataclass(frozen=True, slots=True)
class Difference:
    """A question that the new rules treat in another way."""

    change: Change
    message: Message
    text: str
    channel: str
    language: str
    today: Outcome
    new: Outcome


@dataclass(slots=True)
class Count:
    """How often GPT would have been called, and people."""

    gpt: int = 0
    people: int = 0


@dataclass(slots=True)
class Replayed:
    """What came of it. `messages` are the questions that were put to both."""

    conversations: int = 0
    messages: int = 0
    differences: list[Difference] = field(default_factory=list)
    today: Count = field(default_factory=Count)
    new: Count = field(default_factory=Count)

    def of(self, change: Change) -> list[Difference]:
        return [found for found in self.differences if found.change is change]

    @property
    def calls_saved(self) -> int:
        return self.today.gpt - self.new.gpt


class Replay:
    """Compares talk by talk. Whether there is a GPT is today's business: rules are compared."""

    def __init__(self, today: Policy, new: Policy, *, has_model: bool) -> None:
        self.result = Replayed()
        self._today = Side(today, has_model=has_model, count=self.result.today)
        self._new = Side(new, has_model=has_model, count=self.result.new)

    def take(self, talk: Talk, since: datetime | None = None) -> None:
        questions = {question.line.seq: question for question in asked(talk.lines, talk.reach)}
        self._today.begin(talk)
        self._new.begin(talk)
        before = self.result.messages
        for line in customers_lines(talk.lines):
            self._today.hear(line)
            self._new.hear(line)
            question = questions.get(line.seq)
            if question is None or question.acts or (since and line.at < since):
                continue
            self._put(talk.conversation, question)
        self.result.conversations += self.result.messages > before

    def _put(self, conversation: Conversation, question: Asked) -> None:
        today, new = self._today.answer(question), self._new.answer(question)
        self.result.messages += 1
        change = _change(today, new)
        if change is not None:
            self.result.differences.append(
                Difference(
                    change,
                    question.line,
                    question.text,
                    conversation.address.channel,
                    self._new.language,
                    today,
                    new,
                )
            )


def _change(today: Outcome, new: Outcome) -> Change | None:
    if today.reads_as(new):
        return None
    if (today.who is Who.RULE) == (new.who is Who.RULE):
        return Change.CHANGED
    return Change.ANSWERED if new.who is Who.RULE else Change.LOST


class Side:
    """One of the two settings, as it would have met a conversation line by line."""

    def __init__(
        self, policy: Policy, *, has_model: bool = True, count: Count | None = None
    ) -> None:
        self.language = ""
        self._policy = policy
        self._has_model = has_model
        self._count = count or Count()
        self._debounce = policy.settings.gpt.debounce
        self._spoken = policy.settings.business.languages
        self._known: dict[tuple[str, str, str, bool, str], Outcome] = {}

    def begin(self, talk: Talk) -> None:
        self._talk = talk
        self.language = talk.conversation.sender.language
        self._burst: tuple[datetime, datetime] | None = None

    def hear(self, line: Message) -> None:
        """Each line of the customer tells the language anew."""
        self.language = guess_language(line.text, known=self.language, spoken=self._spoken)

    def answer(self, question: Asked) -> Outcome:
        outcome = self._outcome(question)
        self._count.people += outcome.calls_person
        if outcome.asks_gpt:
            self._count.gpt += self._begins_call(question.line.at)
        else:
            self._burst = None
        return outcome

    def _outcome(self, question: Asked) -> Outcome:
        """Customers write the same lines again and again, and nothing else than this decides."""
        line, channel = question.line, self._talk.conversation.address.channel
        is_open, name = self._policy.is_open(line.at), line.author.name
        key = (question.text, channel, self.language, is_open, name)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = self._decided(question)
        return self._known[key]

    def _decided(self, question: Asked) -> Outcome:
        conversation = replace(
            self._talk.conversation,
            language=self.language,
            sender=structs.replace(self._talk.conversation.sender, name=question.line.author.name),
        )
        decision = self._policy.decide(question.text, conversation, question.line.at)
        match decision:
            case Hit():
                buttons = tuple(button.label for button in decision.buttons)
                then = self._possible(decision.rule.then)
                return Outcome(Who.RULE, decision.rule.id, decision.text, buttons, then)
            case PersonAsked():
                return Outcome(Who.PERSON)
            case None if is_empty(question.text):
                return Outcome(Who.OURS)
            case Close() if self._policy.asks_back(has_model=self._has_model):
                labels = (one.label(self.language) for one in decision.likely)
                return Outcome(Who.ASKS, buttons=tuple(labels))
            case None | Close() | Later():
                return Outcome(Who.GPT if self._has_model else Who.PERSON)

    def _possible(self, then: Then) -> Then:
        """Without GPT a person is called in its place."""
        return Then.ESCALATE if then is Then.GPT and not self._has_model else then

    def _begins_call(self, at: datetime) -> bool:
        """Lines that follow each other quickly are answered in one call."""
        if self._burst is not None:
            began, last = self._burst
            longest = self._debounce * _LONGEST_BURST
            if timedelta() <= at - last <= self._debounce and at - began <= longest:
                self._burst = (began, at)
                return False
        self._burst = (at, at)
        return True


def most_frequent(
    differences: Sequence[Difference],
) -> Iterator[tuple[Difference, int]]:
    """The same difference at the same words once, with how often; the most frequent first."""
    seen: dict[tuple[str, Outcome, Outcome], tuple[Difference, int]] = {}
    for found in differences:
        key = (" ".join(found.text.split()).casefold(), found.today, found.new)
        first, count = seen.get(key, (found, 0))
        seen[key] = (first, count + 1)
    yield from sorted(seen.values(), key=lambda pair: -pair[1])
