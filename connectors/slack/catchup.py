"""Take in the direct messages that customers sent while nobody listened; Slack forgets those.

They go the way of live events, so what had arrived before is recognised as a repeat.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from connectors.slack.origin import mapping
from core.errors import DeliveryError, SendLater, StoreUnavailable
from core.ports import Cursors

if TYPE_CHECKING:
    from connectors.slack.app import SlackApp

log = logging.getLogger(__name__)

# Reading is allowed about fifty times a minute.
PACE = 1.2
PAUSE = 5.0
# Slack's clock and ours differ; what is read twice is only recognised as a repeat.
MARGIN = 60.0


class DirectMessages:
    """Reads the direct conversations from where an earlier run ended."""

    def __init__(
        self,
        slack: SlackApp,
        cursors: Cursors,
        take: Callable[[Mapping[str, Any]], Awaitable[bool]],
        *,
        pace: float = PACE,
    ) -> None:
        self._slack = slack
        self._cursors = cursors
        self._take = take
        self._pace = pace
        self._running = asyncio.Lock()

    async def catch_up(self) -> None:
        """Try until everything is taken in."""
        async with self._running:
            while True:
                try:
                    return await self._run()
                except (DeliveryError, StoreUnavailable) as error:
                    log.warning("catching up with Slack's direct messages waits: %s", error)
                    wish = error.after if isinstance(error, SendLater) else None
                    await asyncio.sleep(wish or PAUSE)

    async def _run(self) -> None:
        team = self._slack.identity.team_id
        name = f"slack:{team}:direct"
        since = await self._cursors.get(name)
        until = f"{self._slack.now().timestamp() - MARGIN:.6f}"
        if since is not None:
            for channel in await self._channels():
                await self._read(team, channel, since)
        await self._cursors.set(name, until)

    async def _channels(self) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self._slack.call("conversations.list", types="im", limit=200, **more)
            found += [str(mapping(channel)["id"]) for channel in page.get("channels") or ()]
            cursor = str(mapping(page.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                return found

    async def _read(self, team: str, channel: str, since: str) -> None:
        missed = [message async for message in self._slack.everywhere(channel, since)]
        for message in sorted(missed, key=lambda message: float(message["ts"])):
            event = {**message, "type": "message", "channel": channel, "channel_type": "im"}
            await self._take({"type": "event_callback", "team_id": team, "event": event})
        await asyncio.sleep(self._pace)
