"""One ordered worker a conversation, woken when something is pending there.

The store says what is pending, so a worker that dies with the process is simply started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from core.errors import StoreUnavailable
from core.messages import ConversationId
from core.tasks import Tasks

log = logging.getLogger(__name__)

_PAUSE = 0.5  # seconds until a store that refused is asked again
_LONGEST_BURST = 5  # a burst ends after so many debounce times, however fast the customer types


class Workers:
    """Runs the workers. No two are ever at one conversation."""

    def __init__(
        self,
        tasks: Tasks,
        work: Callable[[ConversationId], Awaitable[bool]],
        debounce: Callable[[], float],
        at_once: Callable[[ConversationId], Awaitable[bool]],
    ) -> None:
        """`work` answers one burst and says whether there was any. `debounce` is in seconds, and
        is not waited for when `at_once` says that it has answered."""
        self._tasks = tasks
        self._work = work
        self._debounce = debounce
        self._at_once = at_once
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
        try:
            while True:
                stirred.clear()
                try:
                    if not await self._at_once(id):
                        await self._quiet(stirred)
                    if not await self._work(id) and not stirred.is_set():
                        return
                except StoreUnavailable as error:
                    log.warning("conversation %s waits for the store: %s", id, error)
                    await asyncio.sleep(_PAUSE)
        finally:
            del self._stirred[id]
            if not self._stirred:
                self._idle.set()

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
