"""Take in what customers wrote in Slack while nobody listened; Slack forgets those events.

What is read goes the way of live events, so what had arrived before is recognised as a repeat. The
newest stored line of a conversation says from where to read it; for all conversations together a
cursor is kept, which alone needs a margin.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from connectors.slack.inbound import SLACK
from connectors.slack.origin import mapping
from core.errors import StoreUnavailable
from core.messages import Address, AuthorKind
from core.ports import Cursors, Transcript

if TYPE_CHECKING:
    from connectors.slack.app import SlackApp

log = logging.getLogger(__name__)

# Reading is allowed about fifty times a minute.
PACE = 1.2
# Slack's clock and ours may differ by minutes; what is read twice is only known as a repeat.
MARGIN = 900.0
# Events that were on their way together need not have been stored in their order.
OVERLAP = 10.0
# How long before that a thread may have begun, or a message been written that was edited since.
LOOK_BACK = 2 * 24 * 3600.0
# Of a conversation's newest lines, in which the customer's last one is looked for.
_NEWEST = 50
_STORED = re.compile(r"\w+:(\d{1,12}\.\d{1,6})", re.ASCII)

Json = Mapping[str, Any]
Take = Callable[[Json], Awaitable[None]]


class DirectMessages:
    """Reads direct conversations, and a thread elsewhere when an event of it was not taken.

    A place is named by the conversation's peer. `take` may raise StoreUnavailable, or
    TooManyMessages: it is then asked again when that is over.
    """

    def __init__(
        self,
        slack: SlackApp,
        cursors: Cursors,
        transcript: Transcript,
        take: Take,
        *,
        pace: float = PACE,
    ) -> None:
        self._slack = slack
        self._cursors = cursors
        self._transcript = transcript
        self._take = take
        self._pace = pace
        self._backlog = slack.backlog(self._read, self._take_event)

    def forget(self) -> None:
        """Nothing is known any more: all conversations are read before they go on."""
        self._backlog.forget()

    def catch_up(self) -> Coroutine[Any, Any, None]:
        """`forget`, now; the coroutine returns when everything is taken in."""
        return self._catch_up(self._backlog.catch_up(self._channels, self._pace))

    async def first(self, place: str) -> None:
        """Before a live event of `place` is taken. Raises StoreUnavailable: not now."""
        await self._backlog.first(place)

    def missed(self, place: str) -> None:
        """A live event of `place` was not taken: nothing may pass it."""
        self._backlog.missed(place)

    async def _catch_up(self, reading: Coroutine[Any, Any, bool]) -> None:
        until = self._horizon()
        if not await reading:
            return
        try:
            await self._cursors.set(self._cursor(), until)
        except StoreUnavailable as error:
            log.warning("more than needed will be read at the next start: %s", error)

    def _cursor(self) -> str:
        return f"slack:{self._slack.identity.team_id}:direct"

    def _horizon(self) -> str:
        return f"{self._slack.now().timestamp() - MARGIN:.6f}"

    async def _channels(self) -> Collection[str]:
        if await self._cursors.get(self._cursor()) is None:
            return ()
        found: list[str] = []
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self._slack.call("conversations.list", types="im", limit=200, **more)
            found += [str(mapping(channel)["id"]) for channel in page.get("channels") or ()]
            cursor = str(mapping(page.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                return found

    # --- one place -----------------------------------------------------------------------

    async def _read(self, place: str) -> list[Json]:
        begin = await self._cursors.get(self._cursor())
        if begin is None:
            return []
        channel, _, thread = place.partition(":")
        since = max(float(begin), await self._newest(place) - OVERLAP)
        look = f"{since - LOOK_BACK:.6f}"
        reading = self._slack.messages(channel, look, thread=thread)
        if not thread:
            reading = self._everywhere(channel, since, look)
        found = {str(message["ts"]): message async for message in reading}
        in_order = sorted(found.values(), key=lambda message: float(message["ts"]))
        return [e for m in in_order for e in _events(channel, m, since, float(begin))]

    async def _newest(self, place: str) -> float:
        """When the customer's last stored line here was written, 0 when none is known."""
        address = Address(SLACK, self._slack.identity.team_id, place)
        view = await self._transcript.view(address)
        if view is None:
            return 0.0
        lines = await self._transcript.after(address, max(0, view.seq - _NEWEST), _NEWEST)
        theirs = [line.external_id for line in lines if line.author.kind is AuthorKind.CUSTOMER]
        stamps = [found[1] for id in theirs if (found := _STORED.fullmatch(id))]
        return max(map(float, stamps), default=0.0)

    async def _everywhere(self, channel: str, since: float, look: str) -> AsyncIterator[Json]:
        """A direct conversation and those of its threads in which the customer may have news."""
        async for message in self._slack.messages(channel, look):
            yield message
            if float(message.get("latest_reply") or 0) <= since or self._is_ours(message):
                continue
            async for reply in self._slack.messages(channel, look, thread=str(message["ts"])):
                yield reply

    def _is_ours(self, root: Json) -> bool:
        """Whether nobody but us has written in this thread."""
        identity, users = self._slack.identity, root.get("reply_users")
        if not isinstance(users, list) or root.get("reply_users_count") != len(users):
            return False
        return set(users) <= {identity.bot_user_id, identity.bot_id}

    async def _take_event(self, event: Json) -> None:
        team = self._slack.identity.team_id
        await self._take({"type": "event_callback", "team_id": team, "event": event})


def _events(channel: str, message: Json, since: float, begin: float) -> list[Json]:
    """What Slack would have sent. What was changed may be known as it was before."""
    kind = {"channel_type": "im"} if channel.startswith("D") else {}
    place = {"type": "message", "channel": channel, **kind}
    events: list[Json] = []
    if float(message["ts"]) > since:
        events.append({**message, **place})
    if float(mapping(message.get("edited")).get("ts") or 0) > begin:
        before = {**message, "text": ""}
        change = {"subtype": "message_changed", "message": message, "previous_message": before}
        events.append({**place, **change})
    return events
