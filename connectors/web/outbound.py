"""The core's messages and notices as frames; whatever a browser gets to see is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from connectors.web.frames import (
    AgentView,
    AttachmentView,
    AuthorView,
    ButtonView,
    Config,
    Deleted,
    DraftSoFar,
    Edited,
    Fault,
    Frame,
    ModeNow,
    Said,
    SeenByDesk,
    TypingBy,
    Welcome,
)
from connectors.web.settings import WebLimits, WebSettings
from core.messages import Attachment, Author, AuthorKind, Button, FileId, Message, Mode
from core.notices import (
    ConversationView,
    Draft,
    MessageDeleted,
    MessageEdited,
    MessageStored,
    ModeChanged,
    Notice,
    Seen,
    Typing,
)

_encode = msgspec.json.Encoder().encode
_LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def encoded(frame: Frame) -> bytes:
    return _encode(frame)


def file_url(file: FileId | None) -> str:
    return f"/widget/files/{file}" if file else ""


def author(who: Author) -> AuthorView:
    return AuthorView(who.kind.value, who.name, file_url(who.avatar))


def attachment(file: Attachment) -> AttachmentView:
    return AttachmentView(
        file.kind.value, file.name, file.media_type, file_url(file.id), file.size, file.id or ""
    )


def buttons(choices: Sequence[Button]) -> list[ButtonView]:
    """A press names the button by its place, so that no text of ours comes back as the truth."""
    return [
        ButtonView(choice.label, url=choice.url)
        if choice.url
        else ButtonView(choice.label, value=str(index))
        for index, choice in enumerate(choices)
        if not choice.url or _may_be_opened(choice.url)
    ]


def _may_be_opened(url: str) -> bool:
    try:
        return urlsplit(url).scheme.lower() in _LINK_SCHEMES
    except ValueError:
        return False


def when(at: datetime) -> str:
    """To the millisecond, by msgspec, because `isoformat` takes five times as long."""
    told = _encode(at.astimezone(UTC)).decode()
    return f"{told[1:24]}Z" if at.microsecond else f"{told[1:20]}.000Z"


def said(message: Message) -> list[Frame]:
    """The frames that show one line of the transcript; a deleted line keeps only its place."""
    gone = message.deleted_at is not None
    own = message.author.kind is AuthorKind.CUSTOMER
    line = Said(
        seq=message.seq,
        author=author(message.author),
        text="" if gone else message.text,
        buttons=[] if gone else buttons(message.buttons),
        attachments=[] if gone else [attachment(file) for file in message.attachments],
        at=when(message.at),
        id=message.external_id if own else "",
        edited=message.edited_at is not None,
    )
    return [line, Deleted(message.seq)] if gone else [line]


def change(message: Message) -> Frame:
    """What tells a browser that a line it already has was edited or deleted meanwhile."""
    if message.deleted_at is not None:
        return Deleted(message.seq)
    return Edited(message.seq, message.text)


def mode(now: Mode, agent: Author | None) -> ModeNow:
    return ModeNow(now.value, AgentView(agent.name, file_url(agent.avatar)) if agent else None)


def live(notice: Notice) -> list[Frame]:
    """The frames of one notice, the same for every tab."""
    match notice:
        case MessageStored(message=message):
            return said(message)
        case MessageEdited(seq=seq, text=text):
            return [Edited(seq, text)]
        case MessageDeleted(seq=seq):
            return [Deleted(seq)]
        case ModeChanged(mode=now, agent=agent):
            return [mode(now, agent)]
        case Seen(seq=seq):
            return [SeenByDesk(seq)]
        case Draft(text=text):
            return [DraftSoFar(text)]
        case Typing(author=who):
            return [TypingBy(author(who))]


def welcome(
    token: str,
    view: ConversationView,
    settings: WebSettings,
    limits: WebLimits,
    language: str,
    name: str,
) -> Welcome:
    """`name` is whom customers know as the author of the bot's lines."""
    config = Config(
        title=settings.title,
        color=settings.color,
        greeting=settings.greeting_in(language),
        language=language or "en",
        max_chars=limits.message_chars,
        max_mb=limits.max_mb,
        name=name,
    )
    return Welcome(token, view.seq, view.mode.value, config)


def fault(code: str, message: str, id: str | None = None, after: float | None = None) -> Fault:
    """`after`: seconds until the same frame is welcome again; None means never."""
    return Fault(code, id, message, msgspec.UNSET if after is None else round(after, 1))
