"""Whose event this is, and which others it must not overtake; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def is_for(body: Mapping[str, Any], team: str, app: str) -> bool:
    """Whether the event happened in our workspace and was sent to our app ("" when unknown)."""
    sent_to = body.get("api_app_id")
    if app and isinstance(sent_to, str) and sent_to and sent_to != app:
        return False
    return team in _teams(body)


def lane_of(body: Mapping[str, Any]) -> str:
    """Events of one lane are taken one after the other, in the order of their arrival."""
    event = mapping(body.get("event"))
    container = mapping(body.get("container"))
    place = event or container
    inner = mapping(event.get("message")) or mapping(event.get("previous_message")) or place
    channel = place.get("channel") or place.get("channel_id") or ""
    thread = inner.get("thread_ts") or ""
    return f"{channel}:{thread}"


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
