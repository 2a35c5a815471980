"""Look after cases that nobody answers: remind the desk, then be honest with the customer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from core.casework import Casework
from core.errors import StoreUnavailable
from core.policy import Policy
from core.store import Store, Transaction

log = logging.getLogger(__name__)

_LONGEST_SLEEP = 60.0  # the clock may be set; nothing is more than a minute late for that


class Reminders:
    """Sleeps until a case is due, or until `wake` says that this may have changed."""

    def __init__(
        self,
        store: Store,
        casework: Casework,
        policy: Callable[[], Policy],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._casework = casework
        self._policy = policy
        self._now = now
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._woken.clear()
            try:
                due = await self.look()
            except StoreUnavailable as error:
                log.warning("reminders wait for the store: %s", error)
                due = None
            await self._sleep_until(due)

    async def _sleep_until(self, due: datetime | None) -> None:
        left = _LONGEST_SLEEP if due is None else (due - self._now()).total_seconds()
        try:
            async with asyncio.timeout(min(max(left, 0.01), _LONGEST_SLEEP)):
                await self._woken.wait()
        except TimeoutError:
            return

    async def reschedule(self) -> None:
        """Call it when the waiting times in the settings have changed."""
        policy = self._policy()
        try:
            await self._store.write(lambda tx: self._casework.reschedule(tx, policy))
        except StoreUnavailable as error:
            log.warning("the new waiting times hold for new cases only: %s", error)

    async def look(self) -> datetime | None:
        """Do what is due; when the next case will be, None when none will."""
        due = await self._store.read(lambda tx: tx.next_case_due())
        if due is None or due > self._now():
            return due
        policy = self._policy()

        def unit(tx: Transaction) -> datetime | None:
            for case in tx.due_cases(tx.now, 100):
                self._casework.look_after(tx, policy, case)
            return tx.next_case_due()

        return await self._store.write(unit)
