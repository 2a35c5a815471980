"""The JSON frames of the widget's socket, as types, so that a wrong one stays outside."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Uuid = Annotated[
    str,
    Meta(pattern="^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"),
]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,128}\Z")]


class Frame(msgspec.Struct, tag_field="type", frozen=True, omit_defaults=True):
    """One JSON object on the wire."""


# --- from the visitor ------------------------------------------------------------------------


class Hello(Frame, tag="hello", frozen=True):
    token: str | None = None
    last_seq: Seq = 0
    language: str = ""
    page: str = ""
    identity: str | None = None


class Write(Frame, tag="message", frozen=True):
    id: Uuid
    text: str = ""
    attachments: Annotated[list[FileName], Meta(max_length=10)] = []


class Press(Frame, tag="press", frozen=True):
    id: Uuid
    seq: Seq
    value: Annotated[str, Meta(pattern="^[0-9]{1,3}$")]


class TypingNow(Frame, tag="typing", frozen=True):
    """The visitor is typing; nobody is told so far."""


class SeenUpTo(Frame, tag="seen", frozen=True):
    seq: Seq


class Ping(Frame, tag="ping", frozen=True):
    """Asks for a pong."""


ClientFrame = Hello | Write | Press | TypingNow | SeenUpTo | Ping

# --- to the visitor --------------------------------------------------------------------------


class AuthorView(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str
    name: str = ""
    avatar: str = ""


class AgentView(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str = ""
    avatar: str = ""


class ButtonView(msgspec.Struct, frozen=True, omit_defaults=True):
    label: str
    value: str = ""
    url: str = ""


class AttachmentView(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str
    name: str
    media_type: str
    url: str
    size: int | None = None
    id: str = ""


class Config(msgspec.Struct, frozen=True):
    title: str
    color: str
    greeting: str
    language: str
    max_chars: int
    max_mb: int
    name: str


class Welcome(Frame, tag="welcome", frozen=True):
    token: str
    seq: int
    mode: str
    config: Config


class Ack(Frame, tag="ack", frozen=True):
    id: str
    seq: int
    at: str = ""


class Said(Frame, tag="message", frozen=True):
    """A line of the transcript. `id` is the customer's own, so that a tab that still waits for
    its acknowledgement knows its message again."""

    seq: int
    author: AuthorView
    text: str
    buttons: list[ButtonView]
    attachments: list[AttachmentView]
    at: str
    id: str = ""
    edited: bool = False


class DraftSoFar(Frame, tag="draft", frozen=True):
    text: str


class Edited(Frame, tag="edit", frozen=True):
    seq: int
    text: str


class Deleted(Frame, tag="delete", frozen=True):
    seq: int


class ModeNow(Frame, tag="mode", frozen=True):
    mode: str
    agent: AgentView | None = None


class TypingBy(Frame, tag="typing", frozen=True):
    author: AuthorView


class SeenByDesk(Frame, tag="seen", frozen=True):
    seq: int


class Pong(Frame, tag="pong", frozen=True):
    """Answers a ping."""


class Fault(Frame, tag="error", frozen=True, omit_defaults=False):
    code: str
    id: str | None
    message: str
    retry_after: float | msgspec.UnsetType = msgspec.UNSET


class Named(msgspec.Struct, frozen=True):
    """Whatever of a refused frame tells the visitor which one it was."""

    id: Any = None
