"""Take in the direct messages that customers sent while nobody listened; Slack forgets those.

They go the way of live events, so what had arrived before is recognised as a repeat. A live event
waits until its own conversation is read, so that a customer's lines keep their order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from connectors.slack.origin import mapping
from core.errors import DeliveryError, SendLater, StoreUnavailable, TooManyMessages
from core.ports import Cursors

if TYPE_CHECKING:
    from connectors.slack.app import SlackApp

log = logging.getLogger(__name__)

# Reading is allowed about fifty times a minute.
PACE = 1.2
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
# A live event must be acknowledged within three seconds, and its names take their time too.
PATIENCE = 0.8
# Slack's clock and ours may differ by minutes; what is read twice is only known as a repeat.
MARGIN = 900.0

Take = Callable[[Mapping[str, Any]], Awaitable[None]]


class DirectMessages:
    """Reads the direct conversations from where an earlier run ended. `take` may raise
    TooManyMessages: it is then asked again when that is over."""

    def __init__(
        self, slack: SlackApp, cursors: Cursors, take: Take, *, pace: float = PACE
    ) -> None:
        self._slack = slack
        self._cursors = cursors
        self._take = take
        self._pace = pace
        self._running = asyncio.Lock()
        self._listed = asyncio.Event()
        self._listed.set()
        self._behind: dict[str, str] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def catch_up(self) -> None:
        """Try until everything is taken in; what has been read is not read again."""
        name = f"slack:{self._slack.identity.team_id}:direct"
        async with self._running:
            until = f"{self._slack.now().timestamp() - MARGIN:.6f}"
            await _patiently(partial(self._list, name))
            for channel in tuple(self._behind):
                await _patiently(partial(self._read, channel))
                await asyncio.sleep(self._pace)
            await _patiently(partial(self._cursors.set, name, until))

    async def first(self, channel: str) -> None:
        """Read this conversation before a live event of it is taken, if it has not been yet."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._listed.wait()
                await self._read(channel)
        except (TimeoutError, DeliveryError, TooManyMessages) as error:
            log.warning("a conversation could not be read before its newest event: %s", error)

    async def _list(self, name: str) -> None:
        self._listed.clear()
        try:
            since = await self._cursors.get(name)
            channels = [] if since is None else await self._channels()
            self._behind = dict.fromkeys(channels, since or "")
        finally:
            self._listed.set()

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

    async def _read(self, channel: str) -> None:
        lock = self._locks.get(channel) or self._locks.setdefault(channel, asyncio.Lock())
        async with lock:
            since = self._behind.get(channel)
            if since is None:
                return
            missed = [message async for message in self._slack.everywhere(channel, since)]
            for message in sorted(missed, key=lambda message: float(message["ts"])):
                for event in _events(channel, message):
                    await self._take_one(event)
            self._behind.pop(channel, None)

    async def _take_one(self, event: Mapping[str, Any]) -> None:
        """One message that breaks us must not keep away those after it."""
        team = self._slack.identity.team_id
        try:
            await self._take({"type": "event_callback", "team_id": team, "event": event})
        except (StoreUnavailable, TooManyMessages):
            raise
        except Exception:
            log.exception("a missed message could not be taken")


def _events(channel: str, message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What Slack would have sent. What was changed may be known as it was before."""
    place = {"type": "message", "channel": channel, "channel_type": "im"}
    yield {**message, **place}
    if "edited" in message:
        before = {**message, "text": ""}
        change = {"subtype": "message_changed", "message": message, "previous_message": before}
        yield {**place, **change}


async def _patiently(step: Callable[[], Awaitable[None]]) -> None:
    """Try until it works, after longer and longer pauses or those that somebody names."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await step()
        except (DeliveryError, StoreUnavailable, TooManyMessages) as error:
            log.warning("catching up with Slack's direct messages waits: %s", error)
            wish = error.after if isinstance(error, SendLater | TooManyMessages) else None
        await asyncio.sleep(wish or pause)
        pause = min(pause * 2, LONGEST_PAUSE)
