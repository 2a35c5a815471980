"""Lines that are said often are sent as if each had been encoded by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from connectors.web import outbound
from connectors.web.shown import Shown
from core.messages import (
    Attachment,
    AttachmentKind,
    Author,
    AuthorKind,
    Button,
    ConversationId,
    FileId,
    Message,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULE = Message(
    ConversationId(1),
    2,
    Author(AuthorKind.BOT, "Fern & Clay"),
    'It says "seq":0,"at":"" – 你好 \\ "}',
    NOON,
    (Button("Open", url="https://shop.example"),),
    answered_by="rule:refund",
)
CHANGES = (
    {"seq": 2**40, "at": NOON + timedelta(microseconds=123_456)},
    {"author": Author(AuthorKind.BOT, "Moss", FileId("f1"))},
    {"buttons": ()},
    {"buttons": (Button("Yes", say="yes"),)},
    {"text": ""},
    {"text": "x" * 5_000},
    {"answered_by": "gpt"},
    {"author": Author(AuthorKind.CUSTOMER), "answered_by": "", "external_id": "a"},
    {"attachments": (Attachment(AttachmentKind.FILE, "a.pdf", "application/pdf"),)},
    {"edited_at": NOON},
    {"deleted_at": NOON},
)


def apart(message: Message) -> list[bytes]:
    return [outbound.encoded(frame) for frame in outbound.said(message)]


@pytest.mark.parametrize("change", CHANGES)
def test_a_line_is_shown_as_it_is_whatever_was_said_before(change: dict[str, object]) -> None:
    shown, other = Shown(), replace(RULE, **change)
    for message in (RULE, other, RULE, replace(other, seq=9), replace(RULE, seq=10)):
        assert list(shown.frames(message)) == apart(message)


def test_all_tabs_get_the_same_bytes() -> None:
    shown = Shown()
    assert shown.frames(RULE) is shown.frames(RULE)


def test_of_many_texts_only_some_are_kept() -> None:
    shown = Shown()
    for number in range(1_200):
        message = replace(RULE, text=f"Order {number} is on its way")
        assert list(shown.frames(message)) == apart(message)
    assert len(shown) < 600
