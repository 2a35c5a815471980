"""Take in what agents wrote while we were away: Slack does not send those events again.

One page of the channel's history shows which threads have news, so only those are read. What is
read goes the way of live events, where a repeat changes nothing. A live event waits until its own
thread is read, so that a customer never gets an answer before the one that was written earlier.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from weakref import WeakValueDictionary

from bridge.slack import Slack
from core.errors import DeliveryError, SendLater, StoreUnavailable
from core.messages import CaseRef
from core.ports import Cursors, OpenCases

log = logging.getLogger(__name__)

# Reading is allowed about fifty times a minute.
PACE = 1.2
PAUSE = 5.0
# A live event must be acknowledged within three seconds, and its names take their time too.
PATIENCE = 0.8
# Slack's clock and ours differ; what is read twice is only recognised as a repeat.
MARGIN = 60.0

Take = Callable[[Mapping[str, Any]], Awaitable[None]]


class CatchUp:
    """Reads the threads of open cases from where an earlier run ended."""

    def __init__(
        self, slack: Slack, cursors: Cursors, cases: OpenCases, take: Take, *, pace: float = PACE
    ) -> None:
        self._slack = slack
        self._cursors = cursors
        self._cases = cases
        self._take = take
        self._pace = pace
        self._running = asyncio.Lock()
        self._listed = asyncio.Event()
        self._listed.set()
        self._behind: dict[CaseRef, str] = {}
        self._locks: WeakValueDictionary[CaseRef, asyncio.Lock] = WeakValueDictionary()

    async def run(self, channel: str) -> None:
        """Try until everything in `channel` is taken in."""
        async with self._running:
            while True:
                try:
                    return await self._run(channel)
                except (DeliveryError, StoreUnavailable) as error:
                    log.warning("catching up with the desk's threads waits: %s", error)
                    wish = error.after if isinstance(error, SendLater) else None
                    await asyncio.sleep(wish or PAUSE)
                finally:
                    self._listed.set()

    async def first(self, case: CaseRef) -> None:
        """Read this thread before a live event of it is taken, if it has not been read yet."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._listed.wait()
                await self._read(case)
        except (TimeoutError, DeliveryError) as error:
            log.warning("a thread could not be read before its newest event: %s", error)

    async def _run(self, channel: str) -> None:
        self._listed.clear()
        name = f"slack:{self._slack.identity.team_id}:{channel}"
        since = await self._cursors.get(name) or ""
        until = f"{self._slack.now().timestamp() - MARGIN:.6f}"
        self._behind = {
            case: since or case.thread
            for case in await self._cases.open_cases()
            if case.channel == channel
        }
        await self._leave_out_quiet_threads(channel, since)
        self._listed.set()
        for case in tuple(self._behind):
            await self._read(case)
            await asyncio.sleep(self._pace)
        await self._cursors.set(name, until)

    async def _leave_out_quiet_threads(self, channel: str, since: str) -> None:
        if not since or not self._behind:
            return
        page = await self._slack.call("conversations.history", channel=channel, limit=200)
        quiet = {
            message.get("ts")
            for message in page.get("messages") or ()
            if isinstance(message, Mapping) and str(message.get("latest_reply") or "") <= since
        }
        self._behind = {c: at for c, at in self._behind.items() if c.thread not in quiet}

    async def _read(self, case: CaseRef) -> None:
        lock = self._locks.get(case) or self._locks.setdefault(case, asyncio.Lock())
        async with lock:
            since = self._behind.get(case)
            if since is None:
                return
            async for message in self._slack.messages(case.channel, since, thread=case.thread):
                event = {**message, "type": "message", "channel": case.channel}
                await self._take({"type": "event_callback", "event": event})
            self._behind.pop(case, None)
