"""Whose event this is, and which others it must not overtake; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_TS = re.compile(r"\d{1,11}\.\d{1,6}", re.ASCII)


def is_for(body: Mapping[str, Any], team: str, app: str) -> bool:
    """Whether the event happened in our workspace and was sent to our app ("" when unknown)."""
    sent_to = body.get("api_app_id")
    if app and isinstance(sent_to, str) and sent_to and sent_to != app:
        return False
    return team in _teams(body)


def lane_of(body: Mapping[str, Any]) -> str:
    """Events of one lane are taken one after the other: those of a thread with its root, and
    those of a direct conversation, whose threads are all one customer's."""
    event = mapping(body.get("event"))
    container = mapping(body.get("container"))
    place = event or container
    inner = mapping(event.get("message")) or mapping(event.get("previous_message")) or place
    channel = str(place.get("channel") or place.get("channel_id") or "")
    root = inner.get("thread_ts") or inner.get("ts") or inner.get("message_ts") or ""
    return channel if channel.startswith("D") else f"{channel}:{root}"


def moment_of(body: Mapping[str, Any]) -> float:
    """When it happened, in Slack's seconds; 0 when it does not say so."""
    actions = body.get("actions")
    action = mapping(actions[0]) if isinstance(actions, list) and actions else {}
    event = mapping(body.get("event"))
    stamp = event.get("event_ts") or event.get("ts") or action.get("action_ts")
    return float(stamp) if isinstance(stamp, str) and _TS.fullmatch(stamp) else 0.0


def changed_at(event: Mapping[str, Any]) -> datetime | None:
    """When the message of a `message_changed` was changed by its author: Slack may tell of it
    late, or again."""
    edited = mapping(mapping(event.get("message")).get("edited"))
    stamp = edited.get("ts") or event.get("event_ts")
    if not isinstance(stamp, str) or not _TS.fullmatch(stamp):
        return None
    return datetime.fromtimestamp(float(stamp), UTC)


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _teams(body: Mapping[str, Any]) -> Iterator[Any]:
    """In a channel shared between workspaces, ours may be named in any of these places."""
    yield body.get("team_id")
    yield body.get("context_team_id")
    yield mapping(body.get("team")).get("id")
    authorizations = body.get("authorizations")
    for authorization in authorizations if isinstance(authorizations, list) else ():
        yield mapping(authorization).get("team_id")
