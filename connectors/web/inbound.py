"""What a visitor's browser sends, turned into the core's events; nothing else is believed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from connectors.web.frames import ClientFrame, Hello, Named, Press, SeenUpTo, Write
from core.clean import language_tag
from core.messages import (
    Address,
    Attachment,
    ButtonPressed,
    CustomerSaw,
    CustomerWrote,
    Sender,
)

_frames: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_named = msgspec.json.Decoder(Named)
_PAGE_CHARS = 2000
_ID_CHARS = 64
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair, as it should be
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)


class BadFrame(Exception):
    """Not a frame of ours. `id` is the frame's own where it could be read; `broken` says that it
    was no JSON at all."""

    def __init__(self, reason: str, id: str | None = None, *, broken: bool = False) -> None:
        super().__init__(reason)
        self.id = id
        self.broken = broken


def parse(raw: str) -> ClientFrame:
    """The frame in `raw`; raises BadFrame."""
    try:
        return _frames.decode(_without_lone_surrogates(raw))
    except msgspec.ValidationError as error:
        raise BadFrame(str(error), _id_of(raw)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise BadFrame("not a JSON object", broken=True) from None


def _without_lone_surrogates(raw: str) -> str:
    # Half a surrogate pair cannot be written as UTF-8, so the database and Slack would refuse it.
    if "\\ud" not in raw and "\\uD" not in raw:
        return raw
    return _ESCAPE.sub(lambda found: "\\ufffd" if found["lone"] else found[0], raw)


def _id_of(raw: str) -> str | None:
    try:
        found = _named.decode(_without_lone_surrogates(raw)).id
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return found if isinstance(found, str) and len(found) <= _ID_CHARS else None


def language_of(hello: Hello) -> str:
    """The visitor's language, "" when it is no language tag."""
    return language_tag(hello.language)


def page_of(hello: Hello) -> str:
    """The page the chat is on, "" unless it is a plain web address."""
    page = hello.page
    if len(page) > _PAGE_CHARS or any(unicodedata.category(c) in ("Cc", "Zs") for c in page):
        return ""
    try:
        parts = urlsplit(page)
    except ValueError:
        return ""
    return page if parts.scheme in ("http", "https") and parts.netloc else ""


def says_nothing(text: str) -> bool:
    """True for a text without a single visible character: spaces, zero-width marks, controls."""
    # The first character nearly always tells, and asking for it alone is much quicker.
    return not text[:1].isalnum() and all(
        c.isspace() or unicodedata.category(c) in ("Cf", "Cc") for c in text
    )


def wrote(
    frame: Write,
    address: Address,
    sender: Sender,
    attachments: Sequence[Attachment],
    page: str = "",
) -> CustomerWrote:
    return CustomerWrote(
        address=address,
        external_id=frame.id.lower(),
        text=frame.text.replace("\0", "\ufffd"),  # PostgreSQL stores no NUL
        sender=sender,
        attachments=tuple(attachments),
        page=page,
    )


def pressed(frame: Press, address: Address, sender: Sender) -> ButtonPressed:
    return ButtonPressed(
        address=address,
        external_id=frame.id.lower(),
        seq=frame.seq,
        index=int(frame.value),
        sender=sender,
    )


def saw(frame: SeenUpTo, address: Address) -> CustomerSaw:
    return CustomerSaw(address, frame.seq)
