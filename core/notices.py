"""What a live channel is told after each commit, and what it shows when a customer comes back."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from core.messages import Address, Author, Message, Mode


class MessageStored(Struct, frozen=True, gc=False):
    address: Address
    message: Message


@dataclass(frozen=True, slots=True)
class MessageEdited:
    address: Address
    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    address: Address
    seq: int


@dataclass(frozen=True, slots=True)
class ModeChanged:
    address: Address
    mode: Mode
    agent: Author | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The highest `seq` of a customer's messages that the desk has."""

    address: Address
    seq: int


@dataclass(frozen=True, slots=True)
class Draft:
    """GPT's answer so far; ephemeral, replaced by the final message. "" takes it back."""

    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class Typing:
    address: Address
    author: Author
    context: str = ""


Notice = MessageStored | MessageEdited | MessageDeleted | ModeChanged | Seen | Draft | Typing


@dataclass(frozen=True, slots=True)
class ConversationView:
    """What a live channel shows when a customer comes (back). `seen` as in `Seen`."""

    seq: int = 0
    mode: Mode = Mode.BOT
    agent: Author | None = None
    seen: int = 0
