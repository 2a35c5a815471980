"""The methods by which the bot says something: texts, files and albums."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.telegram.arguments import Arguments, Upload
from sandbox.telegram.chat import Chat
from sandbox.telegram.files import PHOTO_LIMIT, UPLOAD_LIMIT, StoredFile, is_picture
from sandbox.telegram.formatting import Formatted, formatted
from sandbox.telegram.keyboard import checked_markup
from sandbox.telegram.message import Media, Message
from sandbox.telegram.refusal import bad_request, plain
from sandbox.telegram.utf16 import length
from sandbox.telegram.world import World

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

_LINK_PREVIEW = frozenset(
    ["is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text"]
)
_REPLY = frozenset({"message_id", "chat_id", "allow_sending_without_reply"})
_ALBUM_KINDS = ("photo", "video", "document", "audio")
_ALBUM_ITEM = frozenset(
    [
        "type",
        "media",
        "caption",
        "parse_mode",
        "caption_entities",
        "show_caption_above_media",
        "has_spoiler",
        "disable_content_type_detection",
        "duration",
        "performer",
        "title",
        "width",
        "height",
    ]
)
_FOLDERS = {"photo": "photos", "document": "documents", "voice": "voice", "audio": "music"}
_DETAILS = ("duration", "performer", "title")


class Sending:
    """Puts the bot's messages into chats. Nothing is kept of a call that raises Refusal."""

    def __init__(self, world: World) -> None:
        self._world = world

    def text(self, arguments: dict[str, Any], _: Arguments) -> dict[str, Any]:
        """sendMessage"""
        chat = self._world.chat_for_bot(arguments["chat_id"])
        body = message_text(arguments)
        check_preview(arguments)
        envelope = self._envelope(chat, arguments)
        self._world.gate.admit(chat)
        return self._post(chat, envelope, text=body.text, entities=body.entities)

    def file(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """sendPhoto, sendDocument, sendVoice and sendAudio"""
        chat = self._world.chat_for_bot(arguments["chat_id"])
        caption = _caption(arguments)
        envelope = self._envelope(chat, arguments)
        source = arguments[kind]
        _check_source(kind, source, self._world)
        self._world.gate.admit(chat)
        media = self._media(kind, source, arguments)
        return self._post(
            chat, envelope, text=caption.text, entities=caption.entities, media=media
        )

    def album(self, arguments: dict[str, Any], call: Arguments) -> list[dict[str, Any]]:
        """sendMediaGroup"""
        chat = self._world.chat_for_bot(arguments["chat_id"])
        items = [self._album_item(item, call) for item in arguments["media"]]
        _check_album([kind for kind, *_ in items])
        envelope = self._envelope(chat, arguments)
        self._world.gate.admit(chat, len(items))
        envelope["media_group_id"] = str(secrets.randbelow(10**17))
        return [
            self._post(
                chat,
                envelope,
                text=caption.text,
                entities=caption.entities,
                media=self._media(kind, source, item),
            )
            for kind, source, caption, item in items
        ]

    def _album_item(
        self, item: Any, call: Arguments
    ) -> tuple[str, Upload | str, Formatted, dict[str, Any]]:
        if not isinstance(item, dict) or item.get("type") not in _ALBUM_KINDS:
            raise bad_request("can't parse InputMedia: unknown or missing type")
        unknown = set(item) - _ALBUM_ITEM
        if unknown:
            raise bad_request(f'can\'t parse InputMedia: no field "{min(unknown)}"')
        kind, reference = item["type"], item.get("media")
        if not isinstance(reference, str) or not reference:
            raise bad_request("can't parse InputMedia: media not found")
        attached = reference.startswith("attach://")
        source = call.attached(reference) if attached else reference
        _check_source(kind, source, self._world)
        return kind, source, _caption(item), item

    def _media(self, kind: str, source: Upload | str, arguments: dict[str, Any]) -> Media:
        details = {name: arguments[name] for name in _DETAILS if name in arguments}
        if kind in ("voice", "audio", "video"):
            details.setdefault("duration", 0)
        if kind == "video":
            details |= {"width": 640, "height": 480}
        return Media(kind, self._stored(kind, source), details)

    def _stored(self, kind: str, source: Upload | str) -> StoredFile:
        if isinstance(source, str):
            return self._world.files.get(source)
        folder = _FOLDERS.get(kind, "videos")
        return self._world.files.add(folder, source.data, name=source.name, mime=source.mime)

    def _envelope(self, chat: Chat, arguments: dict[str, Any]) -> dict[str, Any]:
        markup = arguments.get("reply_markup")
        return {
            "reply_markup": None if markup is None else checked_markup(markup),
            "reply_to": _replied_to(chat, arguments.get("reply_parameters")),
            "protected": arguments.get("protect_content", False),
            "silent": arguments.get("disable_notification", False),
        }

    def _post(self, chat: Chat, envelope: dict[str, Any], **content: Any) -> dict[str, Any]:
        message = self._world.post(chat, self._world.bot, **envelope, **content)
        return message.wire(chat.wire())


def message_text(arguments: dict[str, Any]) -> Formatted:
    """The text of sendMessage and editMessageText within its limits."""
    body = formatted(arguments["text"], arguments.get("parse_mode"), arguments.get("entities"))
    if not body.text:
        raise bad_request("text must be non-empty")
    if length(body.text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return body


def check_preview(arguments: dict[str, Any]) -> None:
    """Refuse what is no LinkPreviewOptions."""
    unknown = set(arguments.get("link_preview_options", {})) - _LINK_PREVIEW
    if unknown:
        raise bad_request(f'link_preview_options has no field "{min(unknown)}"')


def _caption(arguments: dict[str, Any]) -> Formatted:
    caption = formatted(
        arguments.get("caption", ""),
        arguments.get("parse_mode"),
        arguments.get("caption_entities"),
    )
    if length(caption.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return caption


def _check_source(kind: str, source: Upload | str, world: World) -> None:
    if isinstance(source, Upload):
        _check_upload(kind, source)
    elif source.startswith(("http://", "https://")):
        # The stand-in reaches no network, so an address fails as one that Telegram can't reach.
        raise bad_request("failed to get HTTP URL content")
    else:
        world.files.get(source)


def _check_upload(kind: str, upload: Upload) -> None:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > UPLOAD_LIMIT:
        raise plain(413)
    if kind == "photo" and len(upload.data) > PHOTO_LIMIT:
        raise bad_request("too big for a photo")
    if kind == "photo" and not is_picture(upload.data):
        raise bad_request("IMAGE_PROCESS_FAILED")


def _check_album(kinds: list[str]) -> None:
    if not 2 <= len(kinds) <= 10:
        raise bad_request("an album must have 2 to 10 items")
    if len(set(kinds)) > 1 and not set(kinds) <= {"photo", "video"}:
        raise bad_request("documents and audio can't be mixed with other kinds in an album")


def _replied_to(chat: Chat, parameters: dict[str, Any] | None) -> Message | None:
    if parameters is None:
        return None
    unknown = set(parameters) - _REPLY
    if unknown:
        raise bad_request(f'reply_parameters: this stand-in has no "{min(unknown)}"')
    if parameters.get("chat_id", chat.id) != chat.id:
        raise bad_request("reply_parameters: this stand-in replies inside one chat only")
    message = chat.messages.get(parameters.get("message_id", 0))
    if message is None and not parameters.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return message
