"""One ordered worker a conversation, woken when something is pending there.

The store says what is pending, so a worker that dies with the process is simply started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from core.errors import StoreUnavailable
from core.messages import ConversationId
from core.tasks import Tasks

log = logging.getLogger(__name__)

_PAUSE = 0.5  # seconds until a store that refused is asked again
_MOST_BREAKS = 2  # turns in a row that may break on a fault of our own
_LONGEST_BURST = 5  # a burst ends after so many debounce times, however fast the customer types


class Workers:
    """Runs the workers. No two are ever at one conversation."""

    def __init__(
        self,
        tasks: Tasks,
        work: Callable[[ConversationId], Awaitable[bool]],
        debounce: Callable[[], float],
        at_once: Callable[[ConversationId], Awaitable[bool]],
        give_up: Callable[[ConversationId, Exception], Awaitable[None]],
    ) -> None:
        """`work` answers one burst and says whether there was any. `debounce` is in seconds, and
        is not waited for when `at_once` says that it has answered. `give_up` leaves what is
        pending to somebody else, because of an error that nobody has foreseen."""
        self._tasks = tasks
        self._work = work
        self._debounce = debounce
        self._at_once = at_once
        self._give_up = give_up
        self._stirred: dict[ConversationId, asyncio.Event] = {}
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    def wake(self, conversation: ConversationId) -> None:
        """Something is pending here: start the worker, or let the running one wait for more."""
        if conversation in self._stirred:
            self._stirred[conversation].set()
            return
        if self._closing:
            return  # it is pending in the store, and the next start goes on with it
        self._idle.clear()
        self._stirred[conversation] = asyncio.Event()
        self._tasks.start(self._run(conversation), f"worker of conversation {conversation}")

    async def close(self, seconds: float) -> None:
        """Start no worker any more; return when none is left, or after `seconds`."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    async def _run(self, id: ConversationId) -> None:
        stirred = self._stirred[id]
        broke: list[Exception] = []
        try:
            while True:
                stirred.clear()
                try:
                    if not await self._turn(id, stirred, broke) and not stirred.is_set():
                        return
                    broke.clear()
                except StoreUnavailable as error:
                    log.warning("conversation %s waits for the store: %s", id, error)
                    await asyncio.sleep(_PAUSE)
                except Exception as error:
                    if len(broke) >= _MOST_BREAKS:
                        raise  # even to give up breaks
                    log.error("answering conversation %s broke", id, exc_info=error)
                    broke.append(error)
                    await asyncio.sleep(_PAUSE)
        finally:
            del self._stirred[id]
            if not self._stirred:
                self._idle.set()

    async def _turn(
        self, id: ConversationId, stirred: asyncio.Event, broke: Sequence[Exception]
    ) -> bool:
        """Whether there was something to do."""
        if len(broke) >= _MOST_BREAKS:
            await self._give_up(id, broke[-1])
            return True
        if not await self._at_once(id):
            await self._quiet(stirred)
        return await self._work(id)

    async def _quiet(self, stirred: asyncio.Event) -> None:
        """Return when the customer has stopped for a while."""
        debounce = self._debounce()
        try:
            async with asyncio.timeout(debounce * _LONGEST_BURST):
                while True:
                    stirred.clear()
                    async with asyncio.timeout(debounce):
                        await stirred.wait()
        except TimeoutError:
            return
