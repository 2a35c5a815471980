"""The rows the core thinks in. Only `core.store` turns them into SQL and back.

A record that a transaction hands out may be changed in place; the transaction writes the changes
when it commits. Outside a transaction, treat records as read-only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.cases import CaseState
from core.messages import (
    Address,
    Agent,
    Author,
    CaseId,
    CaseRef,
    ConversationId,
    DeliveryKey,
    Mode,
    Sender,
    Usage,
)


@dataclass(slots=True)
class Conversation:
    """One (channel, account, peer), for ever.

    `last_seq` is the newest message's number. `pending_seq` is the lowest customer message that
    still waits for an answer, None when there is none. `attempts` counts the GPT calls made for
    it. `version` grows with every change of `mode`. `seen_seq` is the customer's newest message
    that the desk has.
    """

    id: ConversationId
    address: Address
    mode: Mode
    version: int
    last_seq: int
    pending_seq: int | None
    attempts: int
    seen_seq: int
    sender: Sender
    language: str
    page: str
    context: str
    case: CaseId | None
    agent: Author | None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Case:
    """One hand-over. `ref` is None until its thread is open.

    `due_at` is when the engine must look at it again (remind, give up), None for never.
    `reminded_at` and `gave_up_at` say that these were done.
    """

    id: CaseId
    conversation: ConversationId
    state: CaseState
    reason: str
    ref: CaseRef | None
    agent: Agent | None
    opened_at: datetime
    first_seq: int  # the transcript so far ends below this number; later messages are relayed
    due_at: datetime | None = None
    reminded_at: datetime | None = None
    gave_up_at: datetime | None = None
    closed_at: datetime | None = None


class Target(StrEnum):
    CUSTOMER = "customer"
    DESK = "desk"


class DeliveryKind(StrEnum):
    """What to do at the target; the outbox knows how."""

    REPLY = "reply"  # customer: one part of message `seq`
    EDIT = "edit"  # customer: message `seq` was edited by its agent
    DELETE = "delete"  # customer: message `seq` was deleted by its agent
    OPEN = "open"  # desk: root message of the case's thread
    TRANSCRIPT = "transcript"  # desk: the conversation before the case
    RELAY = "relay"  # desk: customer's message `seq`
    RELAY_EDIT = "relay_edit"  # desk: customer's message `seq` was edited or deleted; 0: one of
    # the conversation before the case
    CARD = "card"  # desk: bring the root message up to date
    NOTE = "note"  # desk: a line for agents, in the thread
    REMIND = "remind"  # desk: a line for agents, in the thread and the channel
    MARK = "mark"  # desk: the fate of an agent's message


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"  # committed before the first byte; found at start, it is uncertain
    UNCERTAIN = "uncertain"
    SENT = "sent"
    DEAD = "dead"
    HELD = "held"  # perhaps sent in a time that the database does not know; until released


@dataclass(slots=True)
class Delivery:
    """One thing to send. Rows of one lane go out strictly in `id` order, one at a time.

    `lane` is "customer:<conversation>" or "case:<case>". `text` is the part's or note's text, for
    a mark the id of the agent's message; `detail` whatever else the kind needs (a fate). `part`
    counts from 0; (lane, kind, seq, part) is unique for parts, and `key` is unique for all.
    """

    id: int
    key: DeliveryKey
    lane: str
    target: Target
    kind: DeliveryKind
    conversation: ConversationId
    case: CaseId | None
    seq: int
    part: int
    text: str
    detail: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    first_try_at: datetime | None = None
    remote_id: str = ""
    error: str = ""
    uncertain: bool = False  # was in doubt at least once

    @property
    def finished(self) -> bool:
        """Nothing will be tried any more, as things are."""
        return self.state in (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.HELD)


class AnswerSource(StrEnum):
    """Where an answer of the bot came from, rules aside."""

    GPT = "gpt"
    CACHE = "cache"  # given to another customer before
    REPEAT = "repeat"  # given to this customer just before


class ExpenseReason(StrEnum):
    """Why something was paid for and is no answer."""

    FAILED = "failed"  # the call broke off, or what it brought was of no use
    LATE = "late"  # a person had taken over, or the question was settled otherwise
    HANDED_OVER = "handed_over"  # GPT called a person without a word of its own
    EMBEDDING = "embedding"  # vectors, of a customer's question or of the rules' examples


@dataclass(frozen=True, slots=True)
class Bill:
    """What `model` was paid for, in millionths of a US dollar; 0 where there is no price."""

    model: str = ""
    usage: Usage = field(default_factory=Usage)
    micro_usd: int = 0


@dataclass(frozen=True, slots=True)
class PaidAnswer:
    """What message `seq` of the bot cost. It answers the customer's lines from `question_seq` to
    `question_upto`. `milliseconds` are counted from when the first of them was stored to the
    transaction that stored the answer. `version` names whatever shaped the answer, "" where it
    is not known."""

    conversation: ConversationId
    seq: int
    question_seq: int
    question_upto: int
    source: str
    bill: Bill
    milliseconds: int
    at: datetime
    version: str = ""


@dataclass(frozen=True, slots=True)
class Expense:
    """What was paid without an answer; `reason` is an ExpenseReason, or somebody else's word."""

    reason: str
    bill: Bill
    conversation: ConversationId | None
    at: datetime
