"""Take the events of one place one after the other, in the order in which they happened.

Neither Slack nor its SDK keeps an order: envelopes overtake each other on the way and in the
client. So an event that finds its lane empty waits a moment for those that happened before it, and
whoever waits longer in a busy lane is let in by Slack's timestamp, not by arrival.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Long enough for envelopes that left together, short enough for nobody to notice.
GATHER = 0.05

_Place = asyncio.Future[None]


class Lanes:
    """One event a lane at a time; `gather` seconds are waited for stragglers."""

    def __init__(self, gather: float = GATHER) -> None:
        self._gather = gather
        self._waiting: dict[str, list[tuple[float, int, _Place]]] = {}
        self._arrivals = itertools.count()

    def __len__(self) -> int:
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, lane: str, moment: float) -> AsyncIterator[None]:
        """Hold the lane; among those who wait, the smallest `moment` gets it first."""
        loop = asyncio.get_running_loop()
        place: _Place = loop.create_future()
        waiting = self._waiting.get(lane)
        if waiting is None:
            waiting = self._waiting[lane] = []
            loop.call_later(self._gather, self._pass_on, lane)
        heapq.heappush(waiting, (moment, next(self._arrivals), place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._pass_on(lane)
            raise
        try:
            yield
        finally:
            self._pass_on(lane)

    def _pass_on(self, lane: str) -> None:
        waiting = self._waiting[lane]
        while waiting:
            place = heapq.heappop(waiting)[2]
            if not place.done():
                place.set_result(None)
                return
        del self._waiting[lane]
