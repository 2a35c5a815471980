"""A message as Slack keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Message:
    """One message of a channel; `ts` is its id there.

    `text` is stored the way Slack stores it: `&`, `<` and `>` of what a person typed are
    entities. `flags` holds what a post said about markup and unfurling.
    """

    channel: str
    ts: str
    text: str
    user: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    username: str | None = None
    icons: Mapping[str, str] | None = None
    team: str | None = None
    subtype: str | None = None
    thread_ts: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    client_msg_id: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: dict[str, str] | None = None
    flags: dict[str, Any] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def is_broadcast(self) -> bool:
        return self.subtype == "thread_broadcast"

    def as_dict(self) -> dict[str, Any]:
        """The fields of the message itself, as in events; absent ones are left out."""
        fields: dict[str, Any] = {
            "type": "message",
            "subtype": self.subtype,
            "client_msg_id": self.client_msg_id,
            "user": self.user,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "username": self.username,
            "icons": self.icons,
            "team": self.team,
            "text": self.text,
            "ts": self.ts,
            "thread_ts": self.thread_ts,
            "blocks": self.blocks or None,
            "attachments": self.attachments or None,
            "edited": self.edited,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def reactions_as_list(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in self.reactions.items()
        ]
