"""What a customer did in Slack, read from the events of a direct message or a mention; pure.

The texts here are still Slack's own markup: names in them must be asked for first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.slack.markup import without_leading_mention
from connectors.slack.origin import changed_at, mapping
from core.messages import (
    Address,
    Attachment,
    AttachmentKind,
    ButtonPressed,
    ChannelName,
    CustomerDeleted,
    CustomerEdited,
    CustomerEvent,
    CustomerWrote,
)

SLACK = ChannelName("slack")
_WRITTEN = (None, "file_share", "thread_broadcast", "me_message")
_CHOICE = re.compile(r"choice:(\d{1,9}):(\d{1,3})", re.ASCII)
_TS = re.compile(r"\d{1,11}\.\d{1,6}", re.ASCII)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was done, in which Slack channel and by whom.

    `called` is false for a line in a channel's thread that does not mention us: it is for us only
    if we are already talking there.
    """

    event: CustomerEvent
    channel: str
    user: str
    called: bool = True

    @property
    def is_direct(self) -> bool:
        return is_direct(self.channel)


def parse(body: Json, team: str, bot_user: str) -> Heard | None:
    """What this means for us; None when it means nothing."""
    if body.get("type") == "block_actions":
        return _pressed(body, team)
    event = mapping(body.get("event"))
    if event.get("type") not in ("message", "app_mention"):
        return None
    subtype = event.get("subtype")
    if subtype in _WRITTEN:
        return _wrote(event, team, bot_user)
    if subtype == "message_changed":
        return _changed(event, team, bot_user)
    if subtype == "message_deleted":
        return _deleted(event, team, bot_user)
    return None


def place_of(address: Address, context: str) -> tuple[str, str]:
    """The Slack channel of an address and the thread to answer in ("" for none)."""
    channel, _, root = address.peer.partition(":")
    return channel, root or context


def _wrote(event: Json, team: str, bot_user: str) -> Heard | None:
    place, raw = _place(event.get("channel"), event), event.get("text") or ""
    attachments = _attachments(event)
    if not _is_human(event, bot_user) or place is None or not isinstance(raw, str):
        return None
    if not raw.strip() and not attachments:
        return None
    channel, ts = place
    called = is_direct(channel) or f"<@{bot_user}" in raw
    if not called and (not event.get("thread_ts") or _is_for_somebody_else(raw)):
        return None
    address, context = _address(team, channel, event)
    wrote = CustomerWrote(
        address,
        f"{channel}:{ts}",
        without_leading_mention(raw, bot_user) or raw,
        attachments=attachments,
        at=datetime.fromtimestamp(float(ts), UTC),
        context=context,
    )
    return Heard(wrote, channel, event["user"], called)


def _changed(event: Json, team: str, bot_user: str) -> Heard | None:
    now, before = mapping(event.get("message")), mapping(event.get("previous_message"))
    place = _place(event.get("channel"), before)
    if place is None or not _is_human(before, bot_user):
        return None
    channel, ts = place
    address, _ = _address(team, channel, before)
    external_id = f"{channel}:{ts}"
    if now.get("subtype") == "tombstone":
        return Heard(CustomerDeleted(address, external_id), channel, before["user"])
    text = now.get("text")
    # Previews, pins and replies change a message as well, but not its words.
    if not isinstance(text, str) or text == before.get("text"):
        return None
    said = without_leading_mention(text, bot_user) or text
    edited = CustomerEdited(address, external_id, said, changed_at(event))
    return Heard(edited, channel, before["user"])


def _deleted(event: Json, team: str, bot_user: str) -> Heard | None:
    before = mapping(event.get("previous_message"))
    place = _place(event.get("channel"), before)
    if place is None or not _is_human(before, bot_user):
        return None
    channel, ts = place
    address, _ = _address(team, channel, before)
    return Heard(CustomerDeleted(address, f"{channel}:{ts}"), channel, before["user"])


def _pressed(body: Json, team: str) -> Heard | None:
    container, user = mapping(body.get("container")), mapping(body.get("user")).get("id")
    place = _place(container.get("channel_id"), {"ts": container.get("message_ts")})
    actions = body.get("actions")
    action = mapping(actions[0]) if isinstance(actions, list) and actions else {}
    choice = _CHOICE.fullmatch(str(action.get("action_id")))
    if choice is None or place is None or not isinstance(user, str):
        return None
    channel, ts = place
    message = {"thread_ts": container.get("thread_ts"), **mapping(body.get("message")), "ts": ts}
    address, context = _address(team, channel, message)
    external_id = f"{channel}:{ts}:{action.get('action_ts')}"
    seq, index = int(choice[1]), int(choice[2])
    pressed = ButtonPressed(address, external_id, seq, index, context=context)
    return Heard(pressed, channel, user)


def _address(team: str, channel: str, message: Json) -> tuple[Address, str]:
    """Where this customer is, and the thread to answer in: the message's own.

    A direct conversation is one customer, whatever the thread; elsewhere each thread is one.
    """
    root = str(message.get("thread_ts") or message["ts"])
    peer = channel if is_direct(channel) else f"{channel}:{root}"
    return Address(SLACK, team, peer), root


def _attachments(event: Json) -> tuple[Attachment, ...]:
    files = event.get("files")
    found = (mapping(file) for file in files) if isinstance(files, list) else ()
    return tuple(_attachment(file) for file in found if isinstance(file.get("url_private"), str))


def _attachment(file: Json) -> Attachment:
    media_type = str(file.get("mimetype") or "application/octet-stream")
    family = media_type.partition("/")[0]
    kinds = {"image": AttachmentKind.IMAGE, "audio": AttachmentKind.AUDIO}
    size = file.get("size")
    return Attachment(
        kinds.get(family, AttachmentKind.FILE),
        str(file.get("name") or "file"),
        media_type,
        size if isinstance(size, int) else None,
        source=SLACK,
        remote=str(file["url_private"]),
    )


def _is_human(message: Json, bot_user: str) -> bool:
    user = message.get("user")
    if not isinstance(user, str) or user in ("", bot_user, "USLACKBOT"):
        return False
    return not message.get("bot_id") and not message.get("app_id")


def _place(channel: Any, message: Json) -> tuple[str, str] | None:
    """Channel and timestamp, if they are what Slack makes them."""
    ts = message.get("ts")
    if isinstance(channel, str) and isinstance(ts, str) and _TS.fullmatch(ts):
        return channel, ts
    return None


def is_direct(channel: str) -> bool:
    return channel.startswith("D")


def _is_for_somebody_else(text: str) -> bool:
    return bool(re.match(r"\s*<@[UW]", text))
