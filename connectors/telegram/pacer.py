"""Stay below Telegram's flood limits, so that it need not be asked to wait.

About one message a second to a chat, short bursts forgiven, twenty a minute to a group, thirty a
second over all. A short wait is waited for here; a long one is the outbox's business, which
keeps it also when the process ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import SendLater

_PATIENCE = 1.5  # seconds
_CROWD = 20_000  # chats, after which those at rest are forgotten


@dataclass(frozen=True, slots=True)
class Rate:
    """One message every `interval` seconds; after a rest `burst` of them may come at once."""

    interval: float
    burst: int

    @property
    def slack(self) -> float:
        return self.interval * (self.burst - 1)


CHAT = Rate(1.0, 4)
GROUP = Rate(60 / 18, 16)
OVERALL = Rate(1 / 25, 20)


class Pacer:
    """`clock` gives seconds, from any start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._booked: dict[int, float] = {}  # until when each chat's rate is used up
        self._booked_overall = 0.0
        self._held: dict[int, float] = {}

    async def turn(self, chat: int) -> None:
        """Returns when a message may be sent to `chat`. Raises SendLater when that is far off."""
        if (wait := self.book(chat)) > 0:
            await asyncio.sleep(wait)

    def book(self, chat: int) -> float:
        """Count one message to `chat`; how many seconds from now it may be sent. Raises SendLater,
        and counts nothing, when those are too many to wait for."""
        now = self._clock()
        rate = CHAT if chat > 0 else GROUP
        booked = max(self._booked.get(chat, now), now)
        overall = max(self._booked_overall, now)
        wait = max(
            booked - rate.slack - now,
            overall - OVERALL.slack - now,
            self._held.get(chat, now) - now,
            0.0,
        )
        if wait > _PATIENCE:
            raise SendLater("Telegram takes about one message a second", wait)
        self._booked[chat] = booked + rate.interval
        self._booked_overall = overall + OVERALL.interval
        self._forget(now)
        return wait

    def hold(self, chat: int, seconds: float) -> None:
        """Send nothing to `chat` for `seconds`: Telegram said so."""
        self._held[chat] = self._clock() + seconds

    def is_idle(self, chat: int) -> bool:
        """Whether a sign that may as well be left out can be shown without costing a message."""
        now = self._clock()
        crowded = self._booked_overall - now > OVERALL.slack / 2
        return not crowded and self._held.get(chat, now) <= now

    def _forget(self, now: float) -> None:
        if len(self._booked) > _CROWD:
            self._booked = {chat: until for chat, until in self._booked.items() if until > now}
        if len(self._held) > _CROWD:
            self._held = {chat: until for chat, until in self._held.items() if until > now}
