"""A member of the workspace, with the profile that `users.info` shows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

_SIZES = (24, 32, 48, 72, 192, 512)


@dataclass(slots=True)
class User:
    """`image` is the avatar's address; `{size}` in it stands for the edge in pixels."""

    id: str
    team_id: str
    name: str
    real_name: str
    display_name: str
    image: str
    is_bot: bool = False
    is_guest: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    deleted: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "color": hashlib.sha256(self.id.encode()).hexdigest()[:6],
            "real_name": self.real_name,
            "tz": "Europe/Amsterdam",
            "tz_label": "Central European Time",
            "tz_offset": 3600,
            "profile": self._profile(),
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1_700_000_000,
        }

    def image_url(self, size: int) -> str:
        return self.image.replace("{size}", str(size))

    def _profile(self) -> dict[str, Any]:
        first, _, last = self.real_name.partition(" ")
        profile: dict[str, Any] = {
            "title": "",
            "phone": "",
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.display_name,
            "display_name_normalized": self.display_name,
            "first_name": first,
            "last_name": last,
            "status_text": "",
            "status_emoji": "",
            "avatar_hash": hashlib.sha256(self.image.encode()).hexdigest()[:12],
            "team": self.team_id,
        }
        profile |= {f"image_{size}": self.image_url(size) for size in _SIZES}
        if self.is_bot:
            profile |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        return profile
