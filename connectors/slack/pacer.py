"""Stay below Slack's limit of about one post a second in a channel, and keep to its word when it
asks for a pause.

A whole team's hand-overs go into one channel, so their threads compete for it. Whoever asks gets
the next free second for good and comes back then; so everybody gets a turn in the order of asking,
and nobody tries in vain. What Slack says about one channel holds up no other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import SendLater

_PATIENCE = 1.5  # seconds; a longer wait is the outbox's, which keeps it over a restart too
_CROWD = 5000  # channels, after which those at rest are forgotten
_LOST = 3600.0  # seconds after which a second that was never used is nobody's


@dataclass(frozen=True, slots=True)
class Rate:
    """One post every `interval` seconds; after a rest `burst` of them may come at once."""

    interval: float = 1.0
    burst: int = 4

    @property
    def slack(self) -> float:
        return self.interval * (self.burst - 1)


@dataclass(slots=True)
class _Channel:
    """`full` is when the burst is whole again, `held` until when Slack wants silence."""

    full: float
    held: float
    seconds: dict[str, float] = field(default_factory=dict)


class Pacer:
    """`clock` gives seconds, from any start."""

    def __init__(
        self, rate: Rate | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate or Rate()
        self._clock = clock
        self._channels: dict[str, _Channel] = {}

    def __len__(self) -> int:
        return len(self._channels)

    async def turn(self, channel: str, key: str) -> bool:
        """Returns when the post `key` may go to `channel`; its second is kept until `used`.
        Whether the next post there will have to wait. Raises SendLater when it is far off."""
        while True:
            wait = self.book(channel, key)
            if wait <= 0:
                break
            await asyncio.sleep(wait)  # a pause asked for meanwhile moves it further on
        now = self._clock()
        return self._next_free(self._place(channel, now), now) > now

    def book(self, channel: str, key: str) -> float:
        """How many seconds from now to ask again for the post `key`; 0 when it may go now.
        Raises SendLater as `turn` does."""
        now = self._clock()
        place = self._place(channel, now)
        second = place.seconds.get(key)
        if second is None:
            second = place.seconds[key] = self._next_free(place, now)
            place.full = max(place.full, second) + self._rate.interval
        wait = max(second - now, 0.0)
        if wait > _PATIENCE:
            raise SendLater("Slack takes about one message a second", wait)
        return wait

    def used(self, channel: str, key: str) -> None:
        """The post `key` goes out now: another one under this key needs a second of its own."""
        self._place(channel, self._clock()).seconds.pop(key, None)

    def hold(self, channel: str, seconds: float) -> None:
        """Post nothing in `channel` for `seconds`: Slack said so. What was promised moves on."""
        now = self._clock()
        place = self._place(channel, now)
        later = now + seconds - max(place.held, now)
        if later <= 0:
            return
        place.full = self._next_free(place, now) + later + self._rate.slack
        place.held = now + seconds
        place.seconds = {key: second + later for key, second in place.seconds.items()}

    def _next_free(self, place: _Channel, now: float) -> float:
        return max(place.full - self._rate.slack, now)

    def _place(self, channel: str, now: float) -> _Channel:
        if len(self._channels) > _CROWD:
            self._forget(now)
        place = self._channels.setdefault(channel, _Channel(now, now))
        oldest = next(iter(place.seconds.values()), now)
        if oldest < now - _LOST:
            place.seconds = {k: at for k, at in place.seconds.items() if at >= now - _LOST}
        return place

    def _forget(self, now: float) -> None:
        self._channels = {
            name: place
            for name, place in self._channels.items()
            if max(place.full, place.held, _LOST + max(place.seconds.values(), default=0.0)) > now
        }
