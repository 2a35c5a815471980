"""The words that connectors, core and bridge share, so that none must know another's platform.

Everything here is a frozen value. Those that are made or looked up for every message are structs
of msgspec: a frozen dataclass takes eight times as long to make, a named tuple four times, and
the hash of a dataclass is a call of Python. None can come to hold itself, so the garbage collector
need not know them (`gc=False`). Times are aware datetimes in UTC. Identifiers of a platform
(`peer`, `external_id`, `remote_id`, `context`) are opaque outside the connector that made them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from msgspec import Struct

ChannelName = NewType("ChannelName", str)
ConversationId = NewType("ConversationId", int)
CaseId = NewType("CaseId", int)
FileId = NewType("FileId", str)
DeliveryKey = NewType("DeliveryKey", str)


class Mode(StrEnum):
    """Who answers a conversation now."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"
    CLOSED = "closed"


class Address(Struct, frozen=True, gc=False, cache_hash=True):
    """Where a customer is reached: channel, our account there, and the customer's place in it."""

    channel: ChannelName
    account: str
    peer: str


class Sender(Struct, frozen=True, gc=False):
    """A customer as the platform describes them; any field may be empty."""

    name: str = ""
    username: str = ""
    language: str = ""  # BCP 47 as the platform gives it, "" when unknown


STRANGER = Sender()
"""Somebody of whom the platform tells nothing."""


class AttachmentKind(StrEnum):
    IMAGE = "image"
    AUDIO = "audio"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside a text. `id` is set once it is stored; `source` and `remote` say who can
    fetch its bytes and by which handle ("" once the bytes are ours)."""

    kind: AttachmentKind
    name: str
    media_type: str
    size: int | None = None
    id: FileId | None = None
    source: str = ""
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """One choice under a message: exactly one of `say`, `url` and `do` is set.

    Pressing sends `say` as the customer's words, opens `url`, or does `do` ("escalate").
    """

    label: str
    say: str = ""
    url: str = ""
    do: str = ""


class AuthorKind(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Author(Struct, frozen=True, gc=False):
    kind: AuthorKind
    name: str = ""
    avatar: FileId | None = None


# --- what comes in -------------------------------------------------------------------------


class CustomerWrote(Struct, frozen=True, gc=False):
    """A customer's message. `external_id` is the platform's id, unique within the address.

    `context` is whatever the connector needs to answer in the right place (a thread, say); the
    newest one is handed back with every reply.
    """

    address: Address
    external_id: str
    text: str
    sender: Sender = STRANGER
    attachments: tuple[Attachment, ...] = ()
    at: datetime | None = None
    page: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A customer pressed button number `index` (from 0) under our message number `seq`."""

    address: Address
    external_id: str
    seq: int
    index: int
    sender: Sender = STRANGER
    context: str = ""


@dataclass(frozen=True, slots=True)
class CustomerEdited:
    """A customer changed an earlier message; `external_id` is that message's. `at`: when, if the
    platform says so; an older change does not undo a newer one."""

    address: Address
    external_id: str
    text: str
    at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CustomerDeleted:
    address: Address
    external_id: str


@dataclass(frozen=True, slots=True)
class CustomerSaw:
    """A customer has seen everything up to our message number `seq`."""

    address: Address
    seq: int


class CaseRef(Struct, frozen=True, gc=False, cache_hash=True):
    """The thread of a case at the desk. Workspace comes first: channel ids and times repeat
    between workspaces."""

    workspace: str
    channel: str
    thread: str


class Agent(Struct, frozen=True, gc=False):
    id: str
    name: str = ""
    avatar: FileId | None = None


class AgentReplied(Struct, frozen=True, gc=False):
    """An agent's plain reply in a case's thread. `external_id` orders the thread's replies; `at`
    is when it was written, if the desk knows."""

    case: CaseRef
    external_id: str
    agent: Agent
    text: str
    attachments: tuple[Attachment, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentEdited:
    """As CustomerEdited."""

    case: CaseRef
    external_id: str
    text: str
    at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AgentDeleted:
    case: CaseRef
    external_id: str


class Command(StrEnum):
    CLAIM = "claim"
    BOT = "bot"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class AgentCommanded:
    """An agent claimed, handed back or closed a case, by word or by button."""

    case: CaseRef
    external_id: str
    agent: Agent
    command: Command


@dataclass(frozen=True, slots=True)
class AgentAskedForRule:
    """An agent wants a rule made of an answer; `external_id` is the answer's."""

    case: CaseRef
    external_id: str
    agent: Agent


CustomerEvent = CustomerWrote | ButtonPressed | CustomerEdited | CustomerDeleted | CustomerSaw
AgentEvent = AgentReplied | AgentEdited | AgentDeleted | AgentCommanded | AgentAskedForRule
InboundEvent = CustomerEvent | AgentEvent


class Outcome(StrEnum):
    STORED = "stored"
    REPEAT = "repeat"  # seen before; nothing changed
    IGNORED = "ignored"  # names a message, button or thread that is not ours; nothing changed
    CASE_CLOSED = "case_closed"  # an agent wrote in a case that is over; nothing reached anybody


class Accepted(Struct, frozen=True, gc=False):
    """What became of an event. `seq` is its message's number where it made or named one."""

    outcome: Outcome
    conversation: ConversationId | None = None
    seq: int | None = None


# --- what goes out -------------------------------------------------------------------------


class Message(Struct, frozen=True, gc=False):
    """One line of a conversation's transcript, as stored. `seq` counts from 1 without gaps."""

    conversation: ConversationId
    seq: int
    author: Author
    text: str
    at: datetime
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    external_id: str = ""
    # "rule:<id>", "gpt", "gpt:<where it was known from>", "agent", "texts"; "" for a customer's
    answered_by: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One part of an answer, cut to what the channel can carry.

    `key` identifies the part for ever: a platform that can carry it lets a doubtful send be
    looked up. `seq` is the transcript number that a pressed button comes back with.
    """

    key: DeliveryKey
    seq: int
    author: Author
    text: str
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    context: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform has it, under this id."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry, as data for `core.rendering`. Lengths are in UTF-16 code units.

    `replays`: the channel reads the transcript by `seq` itself, so nothing is sent to it.
    `resend_unknown`: send a part once more when its outcome is unknown and cannot be read back.
    `links`: an address in a text can be followed.
    """

    max_text: int
    max_buttons: int
    max_label: int
    replays: bool = False
    resend_unknown: bool = True
    links: bool = True


# --- the language model ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of what the language model reads: role "customer" or "assistant"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """`cached_tokens` are those of the input that the provider had read before and sells for
    less; 0 where it does not tell."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's final word. `text` may be empty only when `wants_human` is set."""

    text: str
    wants_human: bool = False
    reason: str = ""  # why a person is wanted, for the agents
    model: str = ""
    usage: Usage = field(default_factory=Usage)
