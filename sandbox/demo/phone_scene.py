"""Telegram as the customer's phone shows it, as JSON for the page."""

from __future__ import annotations

from typing import Any

from sandbox.demo.shelf import picture_type
from sandbox.demo.stage import Stage
from sandbox.telegram import Message, TelegramSandbox

_SHOWN = 60


def phone_scene(stage: Stage) -> dict[str, Any] | None:
    """Every chat with its last messages; None when Telegram is the real one."""
    if stage.telegram is None:
        return None
    return {"chats": [_chat(stage.telegram, *phone) for phone in stage.phones.items()]}


def is_busy(stage: Stage) -> bool:
    """Whether a chat shows something that goes away by itself."""
    phone = stage.telegram
    if phone is None:
        return False
    return any(phone.action(chat) or phone.draft(chat) for chat in stage.phones)


def _chat(phone: TelegramSandbox, chat: int, name: str) -> dict[str, Any]:
    draft = phone.draft(chat)
    return {
        "id": chat,
        "name": name,
        "typing": phone.action(chat) is not None,
        "draft": draft.text if draft else "",
        "messages": [_message(message) for message in phone.chat(chat)[-_SHOWN:]],
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.message_id,
        "mine": not message.from_bot,
        "at": message.date,
        "text": message.text,
        "entities": message.entities,
        "edited": message.edited,
        "media": _media(message),
        "buttons": [
            [{"label": b.label, "data": b.data, "url": b.url} for b in row]
            for row in message.buttons
        ],
    }


def _media(message: Message) -> dict[str, Any] | None:
    if message.media is None:
        return None
    file = message.media.file
    return {
        "picture": bool(picture_type(message.data)),
        "name": file.name or message.media.kind,
        "size": file.size,
        "url": f"/demo/files/telegram/{message.chat_id}/{message.message_id}",
    }
