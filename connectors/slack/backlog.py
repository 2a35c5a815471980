"""Let nothing live pass what was missed before it in the same place.

Slack forgets what happened while nobody listened, so such places are read. Until that is done
their live events are not acknowledged: Slack sends them again, and the reading finds them too.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import Any, TypeVar

from core.errors import DeliveryError, SendLater, StoreUnavailable, TooManyMessages

log = logging.getLogger(__name__)

# A live event must be acknowledged within three seconds, and its names take their time too.
PATIENCE = 0.8
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
STORE_PAUSE = 1.0
# Slack counts by the minute: after a rest so many places may be read at once.
BURST = 20
# The background goes on with the next place when one takes longer than this.
SLOW_PLACE = 10.0

Json = Mapping[str, Any]
Read = Callable[[str], Awaitable[Sequence[Json]]]
Take = Callable[[Json], Awaitable[None]]
Places = Callable[[], Awaitable[Collection[str]]]
Soon = Callable[[Coroutine[Any, Any, None], str], None]
Found = TypeVar("Found")


class Backlog:
    """Knows which places must be read. At first, and after each `catch_up`, that is any place.

    `read(place)` gives what to take, in order, and may raise SendLater or StoreUnavailable;
    `take` may raise StoreUnavailable or TooManyMessages. All of these are waited for. `soon`
    runs work in the background.
    """

    def __init__(self, read: Read, take: Take, soon: Soon) -> None:
        self._read = read
        self._take = take
        self._soon = soon
        self._gap = 0
        self._listed = False
        self._behind: set[str] = set()
        self._done: set[str] = set()
        self._reading: dict[str, asyncio.Event] = {}
        self._stale: set[str] = set()
        self._asked: dict[str, float] = {}
        # One at a time: Slack allows about fifty readings a minute.
        self._turn = asyncio.Lock()

    def forget(self) -> None:
        """Something may have been missed anywhere, from this very call on."""
        self._gap += 1
        self._listed = False
        self._done.clear()
        self._stale.update(self._reading)

    def catch_up(self, places: Places, pace: float) -> Coroutine[Any, Any, bool]:
        """`forget`, now; the coroutine reads `places`, after the first few `pace` seconds apart.

        True when nothing is missing any more, False when a later call has taken over.
        """
        self.forget()
        return self._catch_up(self._gap, places, pace)

    async def first(self, place: str) -> None:
        """Return when nothing can be missing here before a live event of now.

        Raises StoreUnavailable when that takes too long for an acknowledgement.
        """
        arrived = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(PATIENCE):
                while self._is_behind(place):
                    await self._begin(place).wait()
        except TimeoutError:
            if self._asked.get(place, inf) <= arrived:
                self._stale.add(place)  # what was asked for then need not contain this event
            raise StoreUnavailable("what was written before is still being read") from None

    def missed(self, place: str) -> None:
        """An event of this place was not taken: read it, and let nothing pass before."""
        self._stale.add(place)
        self._begin(place)

    def _is_behind(self, place: str) -> bool:
        if place in self._behind or place in self._reading:
            return True
        return not self._listed and place not in self._done

    async def _catch_up(self, gap: int, places: Places, pace: float) -> bool:
        found = list(await _patiently(places))
        # In any order: whoever is started again and again would never get to the last ones.
        random.shuffle(found)
        if gap != self._gap:
            return False
        self._listed = True
        self._behind = {place for place in found if place not in self._done}
        read = 0
        for place in found:
            if gap == self._gap and self._is_behind(place):
                await _within(SLOW_PLACE, self._begin(place))
                read += 1
                if read >= BURST:
                    await asyncio.sleep(pace)
        for place in found:
            while gap == self._gap and self._is_behind(place):
                await _within(LONGEST_PAUSE, self._begin(place))
        return gap == self._gap

    def _begin(self, place: str) -> asyncio.Event:
        done = self._reading.get(place)
        if done is None:
            done = self._reading[place] = asyncio.Event()
            self._soon(self._read_up(place, done), "reading what was missed in Slack")
        return done

    async def _read_up(self, place: str, done: asyncio.Event) -> None:
        try:
            self._stale.add(place)
            while place in self._stale:
                for event in await _patiently(lambda: self._ask(place)):
                    await self._take_one(event)
            self._behind.discard(place)
            self._done.add(place)
        finally:
            del self._reading[place]
            self._asked.pop(place, None)
            done.set()

    async def _ask(self, place: str) -> Sequence[Json]:
        async with self._turn:
            self._stale.discard(place)
            self._asked[place] = asyncio.get_running_loop().time()
            try:
                return await self._read(place)
            except SendLater as error:
                if error.after is None:
                    raise
                log.warning("catching up with Slack waits: %s", error)
                await asyncio.sleep(error.after)  # the others would only be refused too
                raise SendLater(str(error), 0.0) from None
            except (DeliveryError, StoreUnavailable):
                raise
            except Exception:
                log.exception("what was missed in Slack could not be read")
                return ()

    async def _take_one(self, event: Json) -> None:
        """One message that breaks us must not keep away those after it."""
        while True:
            try:
                await self._take(event)
                return
            except StoreUnavailable as error:
                log.warning("what was missed in Slack waits for the store: %s", error)
                pause = STORE_PAUSE
            except TooManyMessages as error:
                pause = error.after
            except Exception:
                log.exception("a missed message could not be taken")
                return
            await asyncio.sleep(pause)


async def _patiently(step: Callable[[], Awaitable[Found]]) -> Found:
    """Try until it works, after longer and longer pauses or those that Slack names."""
    pause = FIRST_PAUSE
    while True:
        wish: float | None = None
        try:
            return await step()
        except SendLater as error:
            wish = error.after
            reason = str(error)
        except DeliveryError as error:
            reason = str(error)
        except StoreUnavailable as error:
            wish, reason = STORE_PAUSE, str(error)
        if wish != 0.0:
            log.warning("catching up with Slack waits: %s", reason)
        await asyncio.sleep(pause if wish is None else wish)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _within(seconds: float, done: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await done.wait()
