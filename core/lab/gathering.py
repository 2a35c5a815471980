"""Gather questions, answers and the names of people from transcripts, for rules to be made of."""

from __future__ import annotations

from datetime import datetime

from core.lab.asked import asked
from core.lab.content import content
from core.lab.pairs import pairs
from core.lab.suggest import Asked
from core.messages import AuthorKind
from core.policy import Policy
from core.store.history import Talk

_MOST = 20_000  # questions; the newest conversations are the last to come


class Gathering:
    """Takes talk by talk. `people` are the names of everybody who wrote."""

    def __init__(self, policy: Policy, since: datetime | None = None) -> None:
        self.since = since
        self.asked: list[Asked] = []
        self.people: set[str] = set()
        self._policy = policy

    def take(self, talk: Talk) -> None:
        self._meet(talk)
        sender = talk.conversation.sender
        customer = f"{sender.name} {sender.username}".strip()
        answered = set()
        for pair in pairs(talk):
            if self._counts(pair.question.at):
                answered.add(pair.question.seq)
                self.asked.append(Asked(pair.question.text, customer, pair))
        for question in asked(talk.lines, talk.reach):
            line = question.line
            if line.seq in answered or not question.is_question or not self._counts(line.at):
                continue
            if content(question.text):
                self.asked.append(Asked(question.text, customer))
        del self.asked[:-_MOST]

    def _meet(self, talk: Talk) -> None:
        sender = talk.conversation.sender
        self.people |= {sender.name, sender.username}
        for line in talk.lines:
            if line.author.kind in (AuthorKind.CUSTOMER, AuthorKind.AGENT):
                self.people.add(line.author.name)

    def _counts(self, at: datetime) -> bool:
        return self.since is None or at >= self.since
