"""Count what answered customers, what it cost and what rules saved, and what to write next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.lab.asked import Asked, By, asked, customers_lines
from core.lab.groups import Group, Likeness, grouped
from core.lab.replay import Side, Who
from core.messages import AuthorKind, Message
from core.policy import Policy
from core.store.history import Paid, Talk


@dataclass(slots=True)
class RuleUse:
    """How often a rule has answered, and when the last time."""

    answers: int = 0
    last: datetime | None = None


@dataclass(slots=True)
class Day:
    """Answers of one day of the business's."""

    rule: int = 0
    gpt: int = 0
    person: int = 0


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that no rule answered, and who had to."""

    message: Message
    by: By


@dataclass(slots=True)
class Stats:
    """`answers` are lines of the transcripts, by rule, GPT and agent. `wishes` are the times a
    customer asked for a person. `covered` are questions that went to GPT or a person and that
    today's rules would answer; `groups` are the others."""

    conversations: int = 0
    messages: int = 0
    rules: dict[str, RuleUse] = field(default_factory=dict)
    gpt: int = 0
    agents: Counter[str] = field(default_factory=Counter)
    days: dict[date, Day] = field(default_factory=dict)
    asked: Counter[By] = field(default_factory=Counter)
    wishes: int = 0
    covered: int = 0
    groups: list[Group[Unanswered]] = field(default_factory=list)
    answers_paid: Sequence[Paid] = ()
    expenses: Sequence[Paid] = ()

    @property
    def by_rules(self) -> int:
        return sum(use.answers for use in self.rules.values())

    @property
    def by_people(self) -> int:
        return self.agents.total()

    @property
    def micro_usd(self) -> int:
        return sum(paid.micro_usd for paid in (*self.answers_paid, *self.expenses))

    @property
    def unanswered(self) -> int:
        """Questions that went to GPT or a person."""
        return self.asked[By.GPT] + self.asked[By.PERSON]


class Counting:
    """Takes talk by talk; `done` gives what came of it."""

    def __init__(self, policy: Policy, since: datetime | None, zone: ZoneInfo) -> None:
        self._policy = policy
        self._since = since
        self._zone = zone
        self._side = Side(policy)
        self._stats = Stats()
        self._open: list[tuple[str, Unanswered]] = []
        self._texts: set[str] = set()

    def take(self, talk: Talk) -> None:
        stats, before = self._stats, self._stats.messages
        self._side.begin(talk)
        questions = {one.line.seq: one for one in asked(talk.lines, talk.reach)}
        for line in customers_lines(talk.lines):
            self._side.hear(line)
            if self._counts(line):
                stats.messages += 1
                if question := questions.get(line.seq):
                    self._question(talk, question)
        for line in talk.lines:
            if self._counts(line):
                self._answer(line)
        stats.conversations += stats.messages > before

    def done(self, answers: Sequence[Paid], expenses: Sequence[Paid]) -> Stats:
        self._stats.groups = grouped(self._open, Likeness(self._texts))
        self._stats.answers_paid, self._stats.expenses = answers, expenses
        return self._stats

    def _counts(self, line: Message) -> bool:
        return self._since is None or line.at >= self._since

    def _answer(self, line: Message) -> None:
        stats, (by, _, rule) = self._stats, line.answered_by.partition(":")
        if by == "rule":
            use = stats.rules.setdefault(rule, RuleUse())
            use.answers += 1
            use.last = max(use.last or line.at, line.at)
            self._day(line).rule += 1
        elif by == "gpt":
            stats.gpt += 1
            self._day(line).gpt += 1
        elif line.author.kind is AuthorKind.AGENT:
            stats.agents[line.author.name] += 1
            self._day(line).person += 1

    def _day(self, line: Message) -> Day:
        return self._stats.days.setdefault(line.at.astimezone(self._zone).date(), Day())

    def _question(self, talk: Talk, question: Asked) -> None:
        if not question.is_question:
            return
        if self._policy.asks.asked(question.text):
            self._stats.wishes += 1
            return
        self._texts.add(question.text)
        self._stats.asked[question.by] += 1
        if question.by not in (By.GPT, By.PERSON):
            return
        if self._side.answer(question).who is Who.RULE:
            self._stats.covered += 1
        else:
            self._open.append((question.text, Unanswered(question.line, question.by)))
