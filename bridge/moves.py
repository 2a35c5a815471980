"""What becomes of threads when an admin has moved the desk to another channel or workspace.

What is to be delivered belongs where agents look now, so an open case gets a new thread there as
soon as there is anything to deliver. Until then, what agents write in the old thread is taken,
and afterwards they are told where the case has gone: nobody may write into the void.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bridge import inbound
from bridge.inbound import Desk
from bridge.slack import Json, Slack
from core.errors import OutcomeUnknown, SendLater, StoreUnavailable, ThreadGone, Undeliverable
from core.messages import AgentEvent, CaseRef
from core.ports import Services

MOVED = (
    "Nothing was sent or changed: this case goes on in a new thread, "
    "in the channel where the desk is now."
)
_AGAIN = 1.0  # seconds, while the store or the old thread is being read
_REMEMBERED = 200


class Moves:
    """Knows in which channels of this workspace the desk has been."""

    def __init__(
        self, slack: Slack, services: Services, read_up: Callable[[CaseRef], Awaitable[None]]
    ) -> None:
        """`read_up` returns when all that agents have written in a thread is taken in, and raises
        StoreUnavailable when that takes too long."""
        self._slack = slack
        self._cursors = services.cursors
        self._cases = services.cases
        self._read_up = read_up
        self._taken: deque[AgentEvent] = deque(maxlen=_REMEMBERED)
        self.before: tuple[str, ...] = ()
        """The channels where the desk was and is not now, the last one last."""

    async def arrive(self, place: Desk) -> None:
        """The desk is here from now on. Raises StoreUnavailable."""
        name = f"slack:{place.team}:desks"
        noted = (await self._cursors.get(name) or "").split()
        if noted[-1:] != [place.channel]:
            noted = [*(channel for channel in noted if channel != place.channel), place.channel]
            await self._cursors.set(name, " ".join(noted))
        # What an earlier version has left nobody has noted, but its threads say where they are.
        theirs = [c.channel for c in await self._cases.open_cases() if c.workspace == place.team]
        older = (channel for channel in dict.fromkeys(theirs) if channel not in noted)
        self.before = tuple(c for c in (*older, *noted) if c != place.channel)

    def desk_of(self, body: Json, place: Desk) -> Desk | None:
        """The desk as it was where this happened; None where it never was."""
        channel: Any = inbound.channel_of(body)
        return replace(place, channel=channel) if channel in self.before else None

    # --- in ------------------------------------------------------------------------------

    def took(self, event: AgentEvent) -> None:
        """Slack may bring it again, perhaps when its thread has been left."""
        self._taken.append(event)

    async def is_left(self, case: CaseRef) -> bool:
        """Whether a case went on elsewhere from this thread. Raises StoreUnavailable."""
        return await self._cursors.get(_left(case)) is not None

    def is_news(self, event: AgentEvent) -> bool:
        """Whether this was not taken just now, before its thread was left."""
        return event not in self._taken

    # --- out -----------------------------------------------------------------------------

    @asynccontextmanager
    async def thread(self, case: CaseRef, place: Desk) -> AsyncIterator[None]:
        """Around a delivery into `case`'s thread. Raises ThreadGone where agents look no more: of
        a case that is over they may still see the end, where the old channel takes it."""
        if is_there(case, place):
            yield
            return
        await self._leave(case, place)
        if case.workspace != place.team:
            raise ThreadGone("the thread is in another Slack workspace")
        try:
            yield
        except Undeliverable as error:
            if error.mendable:
                raise ThreadGone(str(error)) from None
            raise

    @asynccontextmanager
    async def remark(self, case: CaseRef, place: Desk) -> AsyncIterator[None]:
        """Around what belongs to one message of a thread, wherever that is: no other thread can
        show it, and nobody mends a channel that the desk has left."""
        if case.workspace != place.team:
            raise Undeliverable("the thread is in another Slack workspace")
        try:
            yield
        except Undeliverable as error:
            if is_there(case, place):
                raise
            raise Undeliverable(str(error)) from None

    async def can_read(self, case: CaseRef, place: Desk) -> bool:
        """Whether anything can be found in `case`'s thread. Raises SendLater."""
        if is_there(case, place):
            return True
        return case.workspace == place.team and await is_readable(self._slack, case.channel)

    async def roots_may_be_in(self, place: Desk) -> AsyncIterator[str]:
        """The channels in which a thread may have begun whose card is in doubt: whoever posted it
        may have been stopped because the desk should move. Raises SendLater."""
        yield place.channel
        for channel in self.before[-1:]:
            if await is_readable(self._slack, channel):
                yield channel

    async def _leave(self, case: CaseRef, place: Desk) -> None:
        """Raises ThreadGone if the case is open."""
        try:
            if case not in await self._cases.open_cases():
                return
            if case.workspace == place.team:
                await self._read_up(case)  # afterwards nobody knows whose thread it was
            await self._cursors.set(_left(case), place.channel)
        except StoreUnavailable as error:
            raise SendLater(str(error), _AGAIN) from None
        raise ThreadGone("the desk has moved")


def is_there(case: CaseRef, place: Desk) -> bool:
    """Whether `case`'s thread is where the desk is."""
    return (case.workspace, case.channel) == (place.team, place.channel)


async def is_readable(slack: Slack, channel: str) -> bool:
    """Whether the bot may read a channel where the desk was. Raises SendLater."""
    try:
        await slack.call("conversations.history", channel=channel, limit=1)
    except Undeliverable:
        return False
    except OutcomeUnknown as error:
        raise SendLater(str(error)) from None
    return True


def _left(case: CaseRef) -> str:
    return f"slack:{case.workspace}:{case.channel}:{case.thread}:left"
