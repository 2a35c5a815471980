"""Which parameters each method takes, and Telegram's words when a needed one is missing.

Only what the stand-in acts upon is listed. The real Bot API ignores unknown parameters; here they
are errors, so that a misspelt one is found before it matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """How a parameter travels."""

    TEXT = auto()
    INTEGER = auto()
    FLAG = auto()
    LIST = auto()  # JSON
    OBJECT = auto()  # JSON
    CHAT = auto()  # a number, or @name
    FILE = auto()  # an upload, a file_id or attach://part


@dataclass(frozen=True, slots=True)
class Parameter:
    kind: Kind
    missing: str | None = None  # the error when it is absent; None when it may be


_TEXT, _INTEGER, _FLAG = Parameter(Kind.TEXT), Parameter(Kind.INTEGER), Parameter(Kind.FLAG)
_LIST, _OBJECT = Parameter(Kind.LIST), Parameter(Kind.OBJECT)
_CHAT = Parameter(Kind.CHAT, "chat_id is empty")
_MESSAGE = Parameter(Kind.INTEGER, "message identifier is not specified")
_BODY = Parameter(Kind.TEXT, "message text is empty")

_SENDING = {
    "chat_id": _CHAT,
    "disable_notification": _FLAG,
    "protect_content": _FLAG,
    "message_effect_id": _TEXT,
    "reply_parameters": _OBJECT,
    "reply_markup": _OBJECT,
}
_FORMATTED = {"parse_mode": _TEXT, "entities": _LIST}
_CAPTIONED = {"caption": _TEXT, "parse_mode": _TEXT, "caption_entities": _LIST}
_WEBHOOK = {
    "url": _TEXT,
    "max_connections": _INTEGER,
    "allowed_updates": _LIST,
    "drop_pending_updates": _FLAG,
    "secret_token": _TEXT,
}


def _file(name: str, **more: Parameter) -> dict[str, Parameter]:
    needed = Parameter(Kind.FILE, f"there is no {name} in the request")
    return {**_SENDING, **_CAPTIONED, name: needed, **more}


METHODS: dict[str, dict[str, Parameter]] = {
    "getMe": {},
    "getUpdates": {
        "offset": _INTEGER,
        "limit": _INTEGER,
        "timeout": _INTEGER,
        "allowed_updates": _LIST,
    },
    "setWebhook": _WEBHOOK,
    "deleteWebhook": {"drop_pending_updates": _FLAG},
    "getWebhookInfo": {},
    "sendMessage": {**_SENDING, **_FORMATTED, "text": _BODY, "link_preview_options": _OBJECT},
    "sendPhoto": _file("photo", has_spoiler=_FLAG, show_caption_above_media=_FLAG),
    "sendDocument": _file("document", disable_content_type_detection=_FLAG),
    "sendVoice": _file("voice", duration=_INTEGER),
    "sendAudio": _file("audio", duration=_INTEGER, performer=_TEXT, title=_TEXT),
    "sendMediaGroup": {
        **{name: kind for name, kind in _SENDING.items() if name != "reply_markup"},
        "media": Parameter(Kind.LIST, "parameter media is required"),
    },
    "editMessageText": {
        **_FORMATTED,
        "chat_id": _CHAT,
        "message_id": _MESSAGE,
        "text": _BODY,
        "reply_markup": _OBJECT,
        "link_preview_options": _OBJECT,
    },
    "editMessageReplyMarkup": {
        "chat_id": _CHAT,
        "message_id": _MESSAGE,
        "reply_markup": _OBJECT,
    },
    "deleteMessage": {"chat_id": _CHAT, "message_id": _MESSAGE},
    "sendChatAction": {
        "chat_id": _CHAT,
        "action": Parameter(Kind.TEXT, "wrong parameter action in request"),
    },
    "sendMessageDraft": {
        **_FORMATTED,
        "chat_id": _CHAT,
        "draft_id": Parameter(Kind.INTEGER, "draft identifier is not specified"),
        "text": _TEXT,
    },
    "answerCallbackQuery": {
        "callback_query_id": Parameter(Kind.TEXT, "query ID is empty"),
        "text": _TEXT,
        "show_alert": _FLAG,
        "url": _TEXT,
        "cache_time": _INTEGER,
    },
    "getFile": {"file_id": Parameter(Kind.TEXT, "file_id is not specified")},
    "setMyCommands": {
        "commands": Parameter(Kind.LIST, "parameter commands is required"),
        "scope": _OBJECT,
        "language_code": _TEXT,
    },
    "getChat": {"chat_id": _CHAT},
    "setMessageReaction": {
        "chat_id": _CHAT,
        "message_id": _MESSAGE,
        "reaction": _LIST,
        "is_big": _FLAG,
    },
}

# The Bot API takes method names in any case.
NAMES = {name.lower(): name for name in METHODS}
