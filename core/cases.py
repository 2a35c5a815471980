"""What a case shows to the agents: its card, its lines and the fate of their replies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.messages import Agent, Attachment, Author, CaseId, CaseRef, ChannelName, Sender


class CaseState(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    HANDED_BACK = "handed_back"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CaseCard:
    """Everything the root message of a case's thread shows. `reason` is a sentence for agents."""

    case: CaseId
    channel: ChannelName
    customer: Sender
    language: str
    page: str
    reason: str
    state: CaseState
    opened_at: datetime
    agent: Agent | None = None
    earlier: tuple[CaseRef, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One line for a case's thread: the customer's words, or the bot's in the transcript."""

    author: Author
    text: str
    at: datetime
    attachments: tuple[Attachment, ...] = ()
    edited: bool = False
    deleted: bool = False


class Fate(StrEnum):
    """What became of an agent's message on its way to the customer."""

    DELIVERED = "delivered"
    FAILED = "failed"
