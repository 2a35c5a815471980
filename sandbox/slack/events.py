"""The inner `event` objects, in the shapes that Slack's Events API sends."""

from __future__ import annotations

from typing import Any

from sandbox.slack.channel import Channel
from sandbox.slack.message import Message

Event = dict[str, Any]


def posted(channel: Channel, message: Message, files: list[dict[str, Any]]) -> Event:
    event = {**message.as_dict(), **_place(channel, message.ts)}
    if files:
        event |= {"files": files, "upload": True, "display_as_bot": False}
    if message.is_reply:
        root = channel.messages.get(message.thread_ts or "")
        if root is not None and root.user is not None:
            event["parent_user_id"] = root.user
        if root is not None and message.is_broadcast:
            event["root"] = root.as_dict()
    return event


def mentioned(channel: Channel, message: Message) -> Event:
    event = {**message.as_dict(), **_place(channel, message.ts), "type": "app_mention"}
    del event["channel_type"]
    return event


def changed(channel: Channel, now: Event, before: Event, event_ts: str) -> Event:
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": now,
        "previous_message": before,
        "hidden": True,
        "ts": event_ts,
        **_place(channel, event_ts),
    }


def deleted(channel: Channel, before: Event, event_ts: str) -> Event:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": before,
        "deleted_ts": before["ts"],
        "hidden": True,
        "ts": event_ts,
        **_place(channel, event_ts),
    }


def reaction(kind: str, message: Message, user: str, name: str, event_ts: str) -> Event:
    """`kind` is `reaction_added` or `reaction_removed`."""
    return {
        "type": kind,
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": event_ts,
    }


def member_joined(channel: Channel, user: str, team: str, event_ts: str) -> Event:
    return {
        "type": "member_joined_channel",
        "user": user,
        "channel": channel.id,
        "channel_type": channel.id[0],
        "team": team,
        "event_ts": event_ts,
    }


def _place(channel: Channel, event_ts: str) -> Event:
    return {"channel": channel.id, "event_ts": event_ts, "channel_type": channel.kind.value}
