"""What a browser gets to see, as the very bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.web import outbound
from connectors.web.frames import Frame
from connectors.web.settings import WebLimits, WebSettings
from core.messages import (
    Address,
    Attachment,
    AttachmentKind,
    Author,
    AuthorKind,
    Button,
    ChannelName,
    ConversationId,
    FileId,
    Message,
    Mode,
)
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

WHERE = Address(ChannelName("web"), "web", "p")
AT = datetime(2026, 7, 1, 14, 0, 0, 5000, tzinfo=timezone(timedelta(hours=2)))
MIA = Author(AuthorKind.AGENT, "Mia", FileId("pic"))
BOT = Author(AuthorKind.BOT, "Bot")


def shown(frames: list[Frame]) -> list[dict[str, Any]]:
    return [json.loads(outbound.encoded(frame)) for frame in frames]


def line(author: Author = BOT, **more: Any) -> Message:
    return Message(ConversationId(1), 14, author, "hi", AT, **more)


def test_a_message_carries_all_that_the_contract_names() -> None:
    photo = Attachment(AttachmentKind.IMAGE, "a.png", "image/png", 1, FileId("f1"))
    buttons = (Button("Yes", say="yes"), Button("Shop", url="https://shop.example/"))
    assert shown(outbound.said(line(MIA, buttons=buttons, attachments=(photo,)))) == [
        {
            "type": "message",
            "seq": 14,
            "author": {"kind": "agent", "name": "Mia", "avatar": "/widget/files/pic"},
            "text": "hi",
            "buttons": [
                {"label": "Yes", "value": "0"},
                {"label": "Shop", "url": "https://shop.example/"},
            ],
            "attachments": [
                {
                    "kind": "image",
                    "name": "a.png",
                    "media_type": "image/png",
                    "url": "/widget/files/f1",
                    "size": 1,
                    "id": "f1",
                }
            ],
            "at": "2026-07-01T12:00:00.005Z",
        }
    ]


def test_only_a_customers_own_message_shows_its_id() -> None:
    own, other = Author(AuthorKind.CUSTOMER), MIA
    assert shown(outbound.said(line(own, external_id="x")))[0]["id"] == "x"
    assert "id" not in shown(outbound.said(line(other, external_id="1700000000.1")))[0]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//[", "JAVASCRIPT:x"])
def test_a_button_that_would_run_something_is_left_out(url: str) -> None:
    """B11: links that would run something, markup that stays text."""
    buttons = (Button("Bad", url=url), Button("Good", say="good"))
    assert shown(outbound.said(line(buttons=buttons)))[0]["buttons"] == [
        {"label": "Good", "value": "1"}
    ]


def test_a_deleted_message_keeps_nothing_but_its_place() -> None:
    gone = line(deleted_at=AT, buttons=(Button("Yes", say="yes"),))
    message, deleted = shown(outbound.said(gone))
    assert (message["seq"], message["text"], message["buttons"]) == (14, "", [])
    assert deleted == {"type": "delete", "seq": 14}


@pytest.mark.parametrize(
    ("notice", "frame"),
    [
        (MessageEdited(WHERE, 14, "new"), {"type": "edit", "seq": 14, "text": "new"}),
        (MessageDeleted(WHERE, 14), {"type": "delete", "seq": 14}),
        (
            ModeChanged(WHERE, Mode.HUMAN, MIA),
            {
                "type": "mode",
                "mode": "human",
                "agent": {"name": "Mia", "avatar": "/widget/files/pic"},
            },
        ),
        (ModeChanged(WHERE, Mode.BOT), {"type": "mode", "mode": "bot"}),
        (Seen(WHERE, 13), {"type": "seen", "seq": 13}),
        (Draft(WHERE, "Refu"), {"type": "draft", "text": "Refu"}),
        (Draft(WHERE, ""), {"type": "draft", "text": ""}),
        (Typing(WHERE, BOT), {"type": "typing", "author": {"kind": "bot", "name": "Bot"}}),
    ],
)
def test_every_notice_has_its_frame(notice: Notice, frame: dict[str, Any]) -> None:
    assert shown(outbound.live(notice)) == [frame]


def test_a_stored_message_is_shown_as_in_the_transcript() -> None:
    assert outbound.live(MessageStored(WHERE, line())) == outbound.said(line())


def test_the_welcome_tells_the_widget_how_to_look() -> None:
    settings = WebSettings(title="Shop", color="#ABC", greeting={"en": "Hi", "zh": "您好"})
    view = ConversationView(12, Mode.WAITING)
    frame = outbound.welcome(
        "t", view, settings, WebLimits(message_chars=9, max_mb=3), "zh-TW", "Fern"
    )
    assert shown([frame]) == [
        {
            "type": "welcome",
            "token": "t",
            "seq": 12,
            "mode": "waiting",
            "config": {
                "title": "Shop",
                "color": "#abc",
                "greeting": "您好",
                "language": "zh-TW",
                "max_chars": 9,
                "max_mb": 3,
                "name": "Fern",
            },
        }
    ]


def test_an_error_says_when_to_try_again_only_if_trying_helps() -> None:
    assert shown([outbound.fault("rate_limited", "slow", "x", 2.26)]) == [
        {"type": "error", "code": "rate_limited", "id": "x", "message": "slow", "retry_after": 2.3}
    ]
    assert shown([outbound.fault("bad_frame", "no")]) == [
        {"type": "error", "code": "bad_frame", "id": None, "message": "no"}
    ]


def test_times_are_written_in_utc() -> None:
    assert outbound.when(datetime(2026, 7, 1, tzinfo=UTC)) == "2026-07-01T00:00:00.000Z"
