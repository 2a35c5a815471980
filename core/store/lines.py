"""The lines of transcripts as the driver inserts them.

Each value that is told of a row costs every message, so the kinds of which there are most are
told in their own few columns, and what they have alike stands in their statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from core.messages import Attachment, Button, Message
from core.tables import clean, instant

_encode = msgspec.json.Encoder().encode

MESSAGE_COLUMNS = (
    "conversation_id",
    "seq",
    "author_kind",
    "author_name",
    "author_avatar",
    "text",
    "buttons",
    "attachments",
    "external_key",
    "external_id",
    "answered_by",
    "at",
)


def message_row(message: Message, external_key: int | None) -> tuple[Any, ...]:
    """MESSAGE_COLUMNS as a driver takes them. Text and external id are clean already."""
    author = message.author
    return (
        message.conversation,
        message.seq,
        author.kind.value,
        clean(author.name),
        author.avatar,
        message.text,
        _as_json(message.buttons),
        _as_json(message.attachments),
        external_key,
        message.external_id,
        clean(message.answered_by),
        instant(message.at),
    )


QUESTION_COLUMNS = (
    "conversation_id",
    "seq",
    "author_name",
    "text",
    "external_key",
    "external_id",
    "at",
)
"""What must be told of a customer's line without files."""


def question_row(message: Message, external_key: int, at: int) -> tuple[Any, ...]:
    """QUESTION_COLUMNS as `message_row`; `at` is the message's."""
    return (
        message.conversation,
        message.seq,
        clean(message.author.name),
        message.text,
        external_key,
        message.external_id,
        at,
    )


ANSWER_COLUMNS = (
    "conversation_id",
    "seq",
    "author_name",
    "text",
    "buttons",
    "answered_by",
    "at",
)
"""What must be told of the bot's answer by a rule."""


def answer_row(message: Message, at: int) -> tuple[Any, ...]:
    """ANSWER_COLUMNS as `message_row`; `at` is the message's."""
    return (
        message.conversation,
        message.seq,
        clean(message.author.name),
        message.text,
        _as_json(message.buttons),
        clean(message.answered_by),
        at,
    )


REPLY_COLUMNS = (
    "conversation_id",
    "seq",
    "author_name",
    "author_avatar",
    "text",
    "external_key",
    "external_id",
    "at",
)
"""What must be told of an agent's line without files."""


def reply_row(message: Message, external_key: int, at: int) -> tuple[Any, ...]:
    """REPLY_COLUMNS as `message_row`; `at` is the message's."""
    return (
        message.conversation,
        message.seq,
        clean(message.author.name),
        message.author.avatar,
        message.text,
        external_key,
        message.external_id,
        at,
    )


def _as_json(items: Sequence[Button] | Sequence[Attachment]) -> str | None:
    """None for nothing: most messages carry neither buttons nor files."""
    return _encode(items).decode() if items else None
