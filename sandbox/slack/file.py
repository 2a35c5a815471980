"""A file in the workspace: promised, uploaded, and then shared in channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from sandbox.slack.channel import Channel, ChannelKind


@dataclass(frozen=True, slots=True)
class Upload:
    """A file a person attaches to a message.

    `overrides` replace fields of the file object, for files that live elsewhere or that lie
    about themselves.
    """

    name: str
    data: bytes
    mimetype: str = "application/octet-stream"
    title: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class File:
    """`data` is None until the bytes have come."""

    id: str
    team_id: str
    user: str
    name: str
    created: int
    base_url: str
    length: int
    mimetype: str = "application/octet-stream"
    title: str = ""
    data: bytes | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    shares: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    completed: bool = False

    @property
    def path(self) -> str:
        return f"/files-pri/{self.team_id}-{self.id}/{quote(self.name, safe='')}"

    def share(self, channel: Channel, ts: str, thread_ts: str | None) -> None:
        where = "public" if channel.kind is ChannelKind.PUBLIC else "private"
        entry = {"ts": ts, **({"thread_ts": thread_ts} if thread_ts else {})}
        self.shares.setdefault(where, {}).setdefault(channel.id, []).append(entry)

    def shared_in(self) -> set[str]:
        return {channel for channels in self.shares.values() for channel in channels}

    def as_dict(self) -> dict[str, Any]:
        suffix = PurePosixPath(self.name).suffix.lstrip(".").lower() or "binary"
        address = f"{self.base_url}{self.path}"
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": suffix,
            "pretty_type": suffix.upper(),
            "user": self.user,
            "user_team": self.team_id,
            "editable": False,
            "size": self.length,
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": "public" in self.shares,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": address,
            "url_private_download": f"{address}?download=1",
            "permalink": f"https://sandbox.slack.com/files/{self.user}/{self.id}/{self.name}",
            "has_rich_preview": False,
            "file_access": "visible",
            **self.overrides,
        }
