"""Show a customer that an answer is on its way: typing signs and the draft so far.

Best effort throughout: whatever fails here is dropped, because the answer itself is what counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping

from core.messages import Address, Author, ChannelName
from core.notices import Draft, Typing
from core.ports import Connector, SupportsDrafts, SupportsLive, SupportsTyping

log = logging.getLogger(__name__)

_TYPING_EVERY = 4.0  # a platform's typing sign fades after 5 s
_LIVE_DRAFT_EVERY = 0.05
_SENT_DRAFT_EVERY = 1.0
_LAST_SIGN = 1.0


class Presence:
    """Shows answers in the making on whichever channels can."""

    def __init__(self, channels: Mapping[ChannelName, Connector]) -> None:
        self._channels = channels

    @contextlib.asynccontextmanager
    async def composing(
        self, address: Address, author: Author, context: str
    ) -> AsyncIterator[Callable[[str], None]]:
        """While inside, the customer sees typing; the value given takes the draft so far."""
        channel = self._channels.get(address.channel)
        drafts = _Drafts(channel, address)
        over = asyncio.Event()
        signs = asyncio.create_task(_show(channel, drafts, address, author, context, over))
        try:
            yield drafts.take
        finally:
            over.set()
            # A draft on its way is let arrive: after the answer it would look like a second one.
            await asyncio.wait([signs], timeout=_LAST_SIGN)
            signs.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await signs
            drafts.withdraw()


class _Drafts:
    """The newest draft, passed on no more often than the channel bears."""

    def __init__(self, channel: Connector | None, address: Address) -> None:
        self._live = _live(channel)
        self._address = address
        self._shown_at = 0.0
        self._shown = False
        self.text = ""

    def take(self, text: str) -> None:
        self.text = text
        now = time.monotonic()
        if self._live is not None and now - self._shown_at >= _LIVE_DRAFT_EVERY:
            self._shown_at, self._shown = now, True
            self._live.publish([Draft(self._address, text)])

    def withdraw(self) -> None:
        """Take a shown draft back; where the answer was stored, it has replaced the draft."""
        if self._live is not None and self._shown:
            self._live.publish([Draft(self._address, "")])


def _live(channel: object) -> SupportsLive | None:
    return channel if isinstance(channel, SupportsLive) else None


async def _show(
    channel: Connector | None,
    drafts: _Drafts,
    address: Address,
    author: Author,
    context: str,
    over: asyncio.Event,
) -> None:
    typed_at = float("-inf")
    drafted = ""
    while channel is not None and not over.is_set():
        try:
            if time.monotonic() - typed_at >= _TYPING_EVERY:
                typed_at = time.monotonic()
                await _type(channel, address, author, context)
            if isinstance(channel, SupportsDrafts) and drafts.text != drafted:
                drafted = drafts.text
                await channel.draft(address, drafted)
        except Exception as error:  # a sign that fails must never cost the answer
            log.debug("no typing sign on %s: %s", address.channel, type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _SENT_DRAFT_EVERY)


async def _type(channel: Connector, address: Address, author: Author, context: str) -> None:
    if isinstance(channel, SupportsLive):
        channel.publish([Typing(address, author, context)])
    if isinstance(channel, SupportsTyping):
        await channel.typing(address, context)
