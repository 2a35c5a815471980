"""The lines of a customer that are answered as one, and what was said before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.budget import Step
from core.messages import AuthorKind, Message
from core.records import Conversation


@dataclass(frozen=True, slots=True)
class Burst:
    """Messages `first` to `last`, at `version`. The customer waits since `asked_at`; the answer
    may be paid for as `step` says. `history` is what GPT may read, the burst at its end."""

    conversation: Conversation
    version: int
    first: int
    last: int
    asked_at: datetime
    history: tuple[Message, ...]
    step: Step

    @property
    def before(self) -> list[Message]:
        return [message for message in self.history if not self._has(message)]

    @property
    def lines(self) -> list[Message]:
        """The customer's lines that want an answer."""
        return [message for message in self.history if self._has(message)]

    @property
    def question(self) -> str:
        return asked(self.lines)

    def _has(self, message: Message) -> bool:
        return is_customers(message) and self.first <= message.seq <= self.last


def asked(lines: Sequence[Message]) -> str:
    """The words of several lines as one question."""
    return "\n".join(line.text for line in lines)


def as_asked(past: Sequence[Message], first: int, last: int) -> tuple[Message, ...]:
    """The burst comes last: what was answered while it waited has higher numbers, and without
    those answers GPT would give them again."""
    burst = [m for m in past if is_customers(m) and first <= m.seq <= last]
    before = [m for m in past if m.seq < first or not is_customers(m)]
    return (*before, *burst)


def is_customers(message: Message) -> bool:
    return message.author.kind is AuthorKind.CUSTOMER
