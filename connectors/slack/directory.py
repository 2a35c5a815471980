"""Find a channel by the name that stands in the settings, and remember its id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.slack.api import SlackApi
from connectors.slack.origin import mapping
from core.errors import DeliveryError

_ID = re.compile(r"[CG][A-Z0-9]{7,}", re.ASCII)


class Directory:
    """Channels by id or #name."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._found: dict[str, str] = {}

    async def channel_id(self, name: str) -> str | None:
        """The id, None when there is no such channel we could see, or nobody can say now."""
        if _ID.fullmatch(name):
            return name
        if name not in self._found:
            try:
                channel = await self._search(name.removeprefix("#").casefold())
            except DeliveryError:
                return None
            if channel is None:
                return None
            self._found[name] = str(channel["id"])
        return self._found[name]

    async def _search(self, name: str) -> Mapping[str, Any] | None:
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self._api.call(
                "conversations.list",
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=200,
                **more,
            )
            for channel in page.get("channels") or ():
                if mapping(channel).get("name") == name:
                    return mapping(channel)
            cursor = str(mapping(page.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                return None
