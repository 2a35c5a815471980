"""Take in what agents wrote while we were away: Slack does not send those events again.

One page of the channel's history shows which threads have news, so only those are read. What is
read goes the way of live events, where a repeat changes nothing. A live event waits until its own
thread is read, so that a customer never gets an answer before the one that was written earlier.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

from bridge.moves import is_readable
from bridge.slack import Slack
from core.errors import StoreUnavailable
from core.messages import CaseRef
from core.ports import Cursors, OpenCases

log = logging.getLogger(__name__)

# Reading is allowed about fifty times a minute.
PACE = 1.2
# Slack's clock and ours may differ by minutes; what is read twice is only known as a repeat.
MARGIN = 900.0
# Events that were on their way together need not have been stored in their order.
OVERLAP = 10.0

Json = Mapping[str, Any]
Take = Callable[[Json], Awaitable[None]]


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
        self._channel = ""
        self._before: Sequence[str] = ()
        self._read_channels: list[str] = []
        self._backlog = slack.backlog(self._read, self._take_event)

    def run(self, channel: str, before: Sequence[str] = ()) -> Coroutine[Any, Any, None]:
        """From this very call on, each thread in `channel`, and in those where the desk was
        `before`, is read before it goes on; the coroutine returns when everything is taken in."""
        self._channel, self._before = channel, before
        return self._run(self._backlog.catch_up(self._threads, self._pace))

    async def first(self, case: CaseRef) -> None:
        """Before a live event of `case` is taken. Raises StoreUnavailable: not now."""
        await self._backlog.first(_place(case))

    def missed(self, case: CaseRef) -> None:
        """A live event of `case` was not taken: nothing may pass it."""
        self._backlog.missed(_place(case))

    async def _run(self, reading: Coroutine[Any, Any, bool]) -> None:
        until = f"{self._slack.now().timestamp() - MARGIN:.6f}"
        if not await reading:
            return
        try:
            for channel in self._read_channels:
                await self._cursors.set(self._cursor(channel), until)
        except StoreUnavailable as error:
            log.warning("more than needed will be read at the next start: %s", error)

    def _cursor(self, channel: str) -> str:
        return f"slack:{self._slack.identity.team_id}:{channel}"

    async def _threads(self) -> Collection[str]:
        found = await self._threads_in(self._channel)
        self._read_channels = [self._channel]
        for channel in self._before:
            if await self._open_in(channel) and await is_readable(self._slack, channel):
                found += await self._threads_in(channel)
                self._read_channels.append(channel)
        return found

    async def _open_in(self, channel: str) -> list[CaseRef]:
        here = (self._slack.identity.team_id, channel)
        open_ = await self._cases.open_cases()
        return [case for case in open_ if (case.workspace, case.channel) == here]

    async def _threads_in(self, channel: str) -> list[str]:
        since = await self._cursors.get(self._cursor(channel)) or ""
        open_ = await self._open_in(channel)
        quiet = await self._quiet(channel, since) if since and open_ else {}
        return [
            _place(case)
            for case in open_
            if case.thread not in quiet
            or (quiet[case.thread] and await self._cases.replies(case))  # perhaps it was deleted
        ]

    async def _quiet(self, channel: str, since: str) -> dict[str, bool]:
        """Threads in which no agent has written since, and whether somebody else has."""
        page = await self._slack.call("conversations.history", channel=channel, limit=200)
        found = {}
        for message in page.get("messages") or ():
            if not isinstance(message, Mapping):
                continue
            busy = str(message.get("latest_reply") or "") > since
            if not busy or self._is_without_agents(message):
                found[str(message.get("ts"))] = busy
        return found

    def _is_without_agents(self, root: Json) -> bool:
        """Whether only apps have written in this thread."""
        users, ours = root.get("reply_users"), self._slack.identity.bot_user_id
        if not isinstance(users, list) or root.get("reply_users_count") != len(users):
            return False
        return all(user == ours or str(user).startswith("B") for user in users)

    # --- one thread ----------------------------------------------------------------------

    async def _read(self, place: str) -> list[Json]:
        channel, _, thread = place.partition(" ")
        case = CaseRef(self._slack.identity.team_id, channel, thread)
        if case not in await self._cases.open_cases():
            return []
        if channel != self._channel and not await is_readable(self._slack, channel):
            return []
        begin = await self._cursors.get(self._cursor(channel)) or thread
        known = await self._cases.replies(case)
        since = max(float(begin), max(map(float, known), default=0.0) - OVERLAP)
        oldest = thread if known else begin
        reading = self._slack.messages(case.channel, oldest, thread=thread)
        found = {str(message.get("ts")): message async for message in reading}
        # A thread that is gone altogether shows nothing, and says nothing of its replies.
        lost = [ts for ts in known if ts not in found] if thread in found else []
        news = [message for message in found.values() if _is_news(message, since, float(begin))]
        return [_deletion(case, ts) for ts in lost] + [_event(case.channel, m) for m in news]

    async def _take_event(self, event: Json) -> None:
        await self._take({"type": "event_callback", "event": event})


def _place(case: CaseRef) -> str:
    return f"{case.channel} {case.thread}"


def _is_news(message: Json, since: float, begin: float) -> bool:
    edited = message.get("edited")
    changed = edited.get("ts") if isinstance(edited, Mapping) else None
    return float(message["ts"]) > since or float(changed or 0) > begin


def _event(channel: str, message: Json) -> Json:
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


def _deletion(case: CaseRef, ts: str) -> Json:
    """What Slack would have sent, as far as it matters; who wrote it does not."""
    before = {"user": "U", "ts": ts, "thread_ts": case.thread}
    return {
        "type": "message",
        "subtype": "message_deleted",
        "channel": case.channel,
        "previous_message": before,
    }
