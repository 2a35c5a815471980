"""Take in what agents wrote while we were away: Slack does not send those events again.

One page of the channel's history shows which threads have news, so only those are read. What is
read goes the way of live events, where a repeat changes nothing. A live event waits until its own
thread is read, so that a customer never gets an answer before the one that was written earlier.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from bridge.slack import Slack
from core.errors import DeliveryError, SendLater, StoreUnavailable
from core.messages import CaseRef
from core.ports import Cursors, OpenCases

log = logging.getLogger(__name__)

# Reading is allowed about fifty times a minute.
PACE = 1.2
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
# A live event must be acknowledged within three seconds, and its names take their time too.
PATIENCE = 0.8
# Slack's clock and ours may differ by minutes; what is read twice is only known as a repeat.
MARGIN = 900.0

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
        """Try until everything in `channel` is taken in; what has been read is not read again."""
        name = f"slack:{self._slack.identity.team_id}:{channel}"
        async with self._running:
            until = f"{self._slack.now().timestamp() - MARGIN:.6f}"
            await _patiently(partial(self._list, channel, name))
            for case in tuple(self._behind):
                await _patiently(partial(self._read, case))
                await asyncio.sleep(self._pace)
            await _patiently(partial(self._cursors.set, name, until))

    async def first(self, case: CaseRef) -> None:
        """Read this thread before a live event of it is taken, if it has not been read yet."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._listed.wait()
                await self._read(case)
        except (TimeoutError, DeliveryError) as error:
            log.warning("a thread could not be read before its newest event: %s", error)

    async def _list(self, channel: str, name: str) -> None:
        self._listed.clear()
        try:
            team = self._slack.identity.team_id
            since = await self._cursors.get(name) or ""
            self._behind = {
                case: since or case.thread
                for case in await self._cases.open_cases()
                if (case.workspace, case.channel) == (team, channel)
            }
            await self._leave_out_quiet_threads(channel, since)
        finally:
            self._listed.set()

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
                await self._take_one(_event(case.channel, message))
            self._behind.pop(case, None)

    async def _take_one(self, event: Mapping[str, Any]) -> None:
        """One message that breaks us must not keep those after it from the customer."""
        try:
            await self._take({"type": "event_callback", "event": event})
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("a missed message could not be taken")


def _event(channel: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
    """What Slack would have sent. Nobody can say what an edited message was before, perhaps a
    note: so it counts as a change, which makes nothing known that was not."""
    if "edited" not in message:
        return {**message, "type": "message", "channel": channel}
    before = {**message, "text": ""}
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": channel,
        "message": message,
        "previous_message": before,
    }


async def _patiently(step: Callable[[], Awaitable[None]]) -> None:
    """Try until it works, after longer and longer pauses or those that Slack names."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await step()
        except (DeliveryError, StoreUnavailable) as error:
            log.warning("catching up with the desk's threads waits: %s", error)
            wish = error.after if isinstance(error, SendLater) else None
        await asyncio.sleep(wish or pause)
        pause = min(pause * 2, LONGEST_PAUSE)
