"""What a Telegram message says: its words, its files, and a word for whatever is neither; pure.

A customer who sends a sticker or a place on the map means something by it, so it is put into
words rather than dropped. What Telegram itself says in a chat (somebody joined, a message was
pinned) is no message at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.messages import Attachment, AttachmentKind, ChannelName

TELEGRAM = ChannelName("telegram")
_NO_SVG = "image/svg+xml"  # it may hold scripts, so it is a file like any other

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """Words and files; at least one of the two is there."""

    text: str
    attachments: tuple[Attachment, ...] = ()


def read(message: Json) -> Contents | None:
    """What a Message object of the Bot API says; None when nobody said anything in it."""
    attachments = tuple(_files(message))
    text = words(message) or ("" if attachments else _described(message))
    return Contents(text, attachments) if text or attachments else None


def words(message: Json) -> str:
    """The text or the caption."""
    text = message.get("text") or message.get("caption") or ""
    return str(text)


# --- files -----------------------------------------------------------------------------------


def _files(message: Json) -> Iterator[Attachment]:
    if photo := message.get("photo"):
        yield _file(max(photo, key=_extent), "photo.jpg", "image/jpeg")
    if voice := message.get("voice"):
        yield _file(voice, "voice.ogg", "audio/ogg")
    if audio := message.get("audio"):
        yield _file(audio, _track(audio), "audio/mpeg")
    if video := message.get("video") or message.get("video_note"):
        yield _file(video, "video.mp4", "video/mp4")
    # A moving picture comes a second time as a document.
    if document := message.get("document") or message.get("animation"):
        yield _file(document, "file", "application/octet-stream")


def _extent(size: Json) -> tuple[int, int]:
    return size.get("width", 0) * size.get("height", 0), size.get("file_size", 0)


def _file(file: Json, name: str, media_type: str) -> Attachment:
    media_type = str(file.get("mime_type") or media_type).lower()
    size = file.get("file_size")
    return Attachment(
        _kind(media_type),
        str(file.get("file_name") or name),
        media_type,
        size if isinstance(size, int) else None,
        source=TELEGRAM,
        remote=str(file["file_id"]),
    )


def _kind(media_type: str) -> AttachmentKind:
    if media_type.startswith("image/") and media_type != _NO_SVG:
        return AttachmentKind.IMAGE
    return AttachmentKind.AUDIO if media_type.startswith("audio/") else AttachmentKind.FILE


def _track(audio: Json) -> str:
    known = [str(audio[key]) for key in ("performer", "title") if audio.get(key)]
    return f"{' - '.join(known) or 'audio'}.mp3"


# --- neither words nor files -----------------------------------------------------------------


def _described(message: Json) -> str:
    for field, describe in _DESCRIPTIONS.items():
        if field in message:
            said = " ".join(describe(message[field]).split())
            return f"[{said}]"
    return ""


def _venue(venue: Json) -> str:
    where = ", ".join(str(venue[key]) for key in ("title", "address") if venue.get(key))
    return f"place {where} ({_point(venue['location'])})"


def _point(location: Json) -> str:
    return f"{location['latitude']}, {location['longitude']}"


def _contact(contact: Json) -> str:
    parts = (contact.get(key) for key in ("first_name", "last_name", "phone_number"))
    return " ".join(["contact", *(str(part) for part in parts if part)])


def _poll(poll: Json) -> str:
    options = " / ".join(str(option["text"]) for option in poll.get("options", ()))
    return f"poll {poll['question']}: {options}"


def _checklist(checklist: Json) -> str:
    tasks = " / ".join(str(task["text"]) for task in checklist.get("tasks", ()))
    return f"checklist {checklist.get('title', '')}: {tasks}"


# A place has a location as well, so it comes first.
_DESCRIPTIONS: Mapping[str, Callable[[Any], str]] = {
    "sticker": lambda sticker: f"sticker {sticker.get('emoji', '')}",
    "venue": _venue,
    "location": lambda location: f"location {_point(location)}",
    "contact": _contact,
    "poll": _poll,
    "checklist": _checklist,
    "dice": lambda dice: f"dice {dice.get('emoji', '')} {dice.get('value', '')}",
    "game": lambda game: f"game {game.get('title', '')}",
    "story": lambda _: "story",
    "paid_media": lambda _: "paid media",
}
