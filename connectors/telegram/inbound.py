"""What a customer did in Telegram, read from the updates of the Bot API; pure.

A private chat is one customer. A group is one as well, and there only what is said to the bot
counts: a mention, or an answer to one of its messages. Functions here raise KeyError, TypeError
and the like on what Telegram would never send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.telegram.contents import TELEGRAM, read, words
from core.clean import language_tag
from core.messages import (
    Address,
    ButtonPressed,
    CustomerEdited,
    CustomerWrote,
    Sender,
)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query")
_CHOICE = re.compile(r"(\d{1,9}):(\d{1,3})", re.ASCII)
_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w{1,64}))?(?=\s|\Z)", re.ASCII)

Json = Mapping[str, Any]
TelegramEvent = CustomerWrote | CustomerEdited | ButtonPressed


@dataclass(frozen=True, slots=True)
class Me:
    """Our bot: its id, and its name without the @."""

    id: int
    username: str = ""


def parse(update: Json, me: Me, *, addressed: bool = False) -> TelegramEvent | None:
    """What an Update object means for us; None when it means nothing. `addressed`: it is said to
    us, although it does not say so itself."""
    if "message" in update:
        return _wrote(update["message"], me, addressed)
    if "edited_message" in update:
        return _edited(update["edited_message"], me)
    if "callback_query" in update:
        return _pressed(update["callback_query"], me)
    return None


def album_of(update: Json) -> tuple[int, str] | None:
    """The chat and the id of the album to which the update's message belongs. Each of its photos
    is a message of its own, and one of them has the words."""
    message = update.get("message")
    album = message.get("media_group_id") if isinstance(message, Mapping) else None
    chat = chat_of(update)
    return None if album is None or chat is None else (chat, str(album))


def query_of(update: Json) -> str:
    """The id of a pressed button's query, which must be answered whatever it means; else ""."""
    query = update.get("callback_query")
    return str(query.get("id", "")) if isinstance(query, Mapping) else ""


def chat_of(update: Json) -> int | None:
    """The chat in which the update happened: updates of one chat must stay in order."""
    found = next((update[kind] for kind in ALLOWED_UPDATES if kind in update), None)
    if isinstance(found, Mapping) and isinstance(found.get("message"), Mapping):
        found = found["message"]
    chat = found.get("chat") if isinstance(found, Mapping) else None
    number = chat.get("id") if isinstance(chat, Mapping) else None
    return number if isinstance(number, int) else None


def migration(update: Json) -> tuple[int, int] | None:
    """The old and the new id of a group that has become a supergroup."""
    message = update.get("message")
    if not isinstance(message, Mapping):
        return None
    here = int(message["chat"]["id"])
    if new := message.get("migrate_to_chat_id"):
        return here, int(new)
    if old := message.get("migrate_from_chat_id"):
        return int(old), here
    return None


def address_of(chat: int, me: Me) -> Address:
    if type(chat) is not int:
        raise TypeError("a chat's id is a number")
    return Address(TELEGRAM, str(me.id), str(chat))


# --- messages --------------------------------------------------------------------------------


def _wrote(message: Json, me: Me, addressed: bool) -> CustomerWrote | None:
    contents = read(message)
    if contents is None or not _is_a_persons(message):
        return None
    if not addressed and not _is_for(message, me):
        return None
    return CustomerWrote(
        address_of(message["chat"]["id"], me),
        _external_id(message),
        _said(contents.text, me),
        sender=_sender(message),
        attachments=contents.attachments,
        at=datetime.fromtimestamp(message["date"], UTC),
        context=_context(message),
    )


def _edited(message: Json, me: Me) -> CustomerEdited | None:
    # A live location is "edited" every few seconds; only words can be corrected.
    text = words(message)
    has_words = text or any(key in message for key in ("photo", "document", "video", "audio"))
    if not has_words or not _is_a_persons(message):
        return None
    address = address_of(message["chat"]["id"], me)
    return CustomerEdited(address, _external_id(message), _said(text, me))


def _pressed(query: Json, me: Me) -> ButtonPressed | None:
    choice = _CHOICE.fullmatch(str(query.get("data", "")))
    message = query.get("message")
    if choice is None or message is None:
        return None
    return ButtonPressed(
        address_of(message["chat"]["id"], me),
        f"c:{query['id']}",
        int(choice[1]),
        int(choice[2]),
        sender=_person(query["from"]),
        context=_context(message),
    )


def _external_id(message: Json) -> str:
    return f"m:{message['chat']['id']}:{message['message_id']}"


def _context(message: Json) -> str:
    """Where an answer belongs: "message:topic", the first part for groups only."""
    replied = "" if message["chat"]["type"] == "private" else message["message_id"]
    topic = message.get("message_thread_id", "") if message.get("is_topic_message") else ""
    return f"{replied}:{topic}" if replied or topic else ""


# --- who, and to whom ------------------------------------------------------------------------


def _sender(message: Json) -> Sender:
    if behind := message.get("sender_chat"):  # a group's nameless admin
        return Sender(str(behind.get("title", "")), str(behind.get("username", "")))
    return _person(message["from"])


def _person(user: Json) -> Sender:
    names = (str(user[key]) for key in ("first_name", "last_name") if user.get(key))
    language = language_tag(user.get("language_code"))
    return Sender(" ".join(names), str(user.get("username") or ""), language)


def _is_a_persons(message: Json) -> bool:
    """Not a bot's, above all not our own, and not what a channel posts into its group."""
    if "from" not in message or message.get("is_automatic_forward"):
        return False
    return not message["from"].get("is_bot") or "sender_chat" in message


def _is_for(message: Json, me: Me) -> bool:
    kind = message["chat"]["type"]
    if kind == "private":
        return True
    if kind == "channel":
        return False
    return _answers(message.get("reply_to_message"), me) or _mentions(message, me)


def _answers(replied: Json | None, me: Me) -> bool:
    # Everything in a topic "answers" the line that opened it.
    if replied is None or "forum_topic_created" in replied:
        return False
    return bool(replied.get("from", {}).get("id") == me.id)


def _mentions(message: Json, me: Me) -> bool:
    text = words(message).encode("utf-16-le")  # offsets count in these units
    for entity in (*message.get("entities", ()), *message.get("caption_entities", ())):
        start, end = entity["offset"], entity["offset"] + entity["length"]
        name = text[2 * start : 2 * end].decode("utf-16-le", "replace").rpartition("@")[2]
        if entity["type"] in ("mention", "bot_command") and _is_name(name, me):
            return True
        if entity["type"] == "text_mention" and entity["user"]["id"] == me.id:
            return True
    return False


def _is_name(name: str, me: Me) -> bool:
    return bool(me.username) and name.lower() == me.username.lower()


def _said(text: str, me: Me) -> str:
    """The words without our name in front; "/start" alone, whatever link it came from."""
    spoken = text.strip()
    first, *rest = spoken.split(maxsplit=1) or [""]
    if rest and first.startswith("@") and _is_name(first[1:].rstrip(",:"), me):
        spoken = rest[0]
    if command := _COMMAND.match(spoken):
        if command[1] == "start":
            return "/start"
        if command[2] and _is_name(command[2], me):
            return f"/{command[1]}{spoken[command.end() :]}"
    return spoken if spoken else text
