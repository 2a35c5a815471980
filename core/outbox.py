"""Deliver what is queued: durably, in order, and never twice where the platform can be asked.

Rows of one lane go out one at a time, in the order they were queued. "sending" is committed before
the first byte leaves, so that after a crash a row in that state is known to be in doubt; only what
may be sent again at any time does without. Clients have no retries of their own: every retry is
made here, where it is known what may be sent twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import TypeVar

from core.couriers import Couriers
from core.errors import (
    NotUp,
    OutcomeUnknown,
    SendLater,
    StoreUnavailable,
    ThreadGone,
    Undeliverable,
)
from core.messages import CaseRef, Receipt
from core.progress import (
    Progress,
    Rows,
    back_off,
    channel_of,
    in_doubt,
    the,
    wait_for_late_acceptance,
)
from core.receipts import Receipts
from core.records import Delivery, DeliveryState, Target
from core.store import Store, Transaction
from core.tasks import Tasks
from core.waits import Waits

log = logging.getLogger(__name__)

T = TypeVar("T")

_LANES_AT_ONCE = 256
_NOTED_AT_ONCE = 8  # of what may be repeated
_LONGEST_SLEEP = 30.0  # a wake-up that got lost costs no more than this
_LATE_ACCEPTANCE = timedelta(seconds=5)  # a request may land this long after we gave it up
_MENDING = 60.0  # seconds until a place that an admin must mend is tried again
_LONGEST_START = 15.0  # seconds between two looks whether a place has started
_STORE_AWAY = 1.0


class Outbox:
    """Runs one task for each lane that has something due."""

    def __init__(
        self,
        store: Store,
        couriers: Couriers,
        receipts: Receipts,
        tasks: Tasks,
        now: Callable[[], datetime],
        *,
        attempt: Callable[[], timedelta],
        failed: Callable[[Target, str], None],
        at_once: int = _LANES_AT_ONCE,
    ) -> None:
        """`attempt` is how long one request to a platform may take: `timeouts.platform`.
        `failed` is told the target and the error's class of every attempt that failed. `at_once`
        is how many lanes have a delivery under way at most."""
        self._store = store
        self._couriers = couriers
        self._tasks = tasks
        self._now = now
        self._attempt = attempt
        self._failed = failed
        self._at_once = at_once
        self._busy: set[str] = set()
        self._woken = asyncio.Event()
        self._waits = Waits()
        self._progress = Progress(couriers, receipts, self._waits, self._settling)
        self._began = time.monotonic()
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    def wake(self) -> None:
        self._woken.set()

    def wake_for(self, lanes: Collection[str]) -> None:
        """There is something new in these lanes. One that is under way looks for itself."""
        if not self._busy.issuperset(lanes):
            self.wake()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._woken.clear()
            try:
                pause = await self._start_lanes()
            except StoreUnavailable as error:
                log.warning("deliveries wait for the store: %s", error)
                pause = 1.0
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def close(self, seconds: float) -> None:
        """Begin no delivery any more; return when none is under way, or after `seconds`."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    async def _start_lanes(self) -> float:
        """Start every lane whose head is due; seconds until the next one will be."""
        free = self._at_once - len(self._busy)
        if free <= 0 or self._closing:
            return _LONGEST_SLEEP
        heads = await self._store.read(lambda tx: tx.heads(free, tuple(self._busy)))
        if not heads and not self._busy:
            self._waits.nobody()  # what waited may have been withdrawn
        for row in heads:
            wait = (row.next_at - self._now()).total_seconds()
            if wait > 0:
                return min(wait, _LONGEST_SLEEP)
            self._busy.add(row.lane)
            self._idle.clear()
            self._tasks.start(self._run_lane(row), f"lane {row.lane}")
        return _LONGEST_SLEEP

    async def _run_lane(self, row: Delivery) -> None:
        try:
            rows: Rows = [row]
            while rows:
                rows = await self._deliver_or_put_off(rows)
        except StoreUnavailable as error:
            log.warning("%s waits for the store: %s", row.lane, error)
            await asyncio.sleep(1)
        finally:
            self._busy.discard(row.lane)
            if not self._busy:
                self._idle.set()
            self.wake()

    async def _deliver_or_put_off(self, rows: Rows) -> Rows:
        """As `_deliver`; what breaks before anything was sent has its pause as well."""
        try:
            return await self._deliver(rows)
        except StoreUnavailable:
            raise
        except Exception as error:
            row = rows[0]
            log.error(
                "delivery %s (%s) broke before it was sent", row.id, row.kind, exc_info=error
            )
            reason = f"a fault of our own ({type(error).__name__})"
            await self._postpone([row], SendLater(reason, _MENDING), state=None)
            return ()

    # --- one row, or several as one post ---------------------------------------------------

    async def _deliver(self, rows: Rows) -> Rows:
        """What of the lane may follow at once. Several rows are several that may be repeated."""
        row = rows[0]
        if self._couriers.may_repeat(row):
            return await self._deliver_freely(rows)
        again: Rows = ()
        if row.state is not DeliveryState.PENDING:
            again = await self._to_send_again(row)
            if not again:
                return ()
        try:
            crowded = await self._couriers.turn(row)
        except SendLater as later:
            counts = later.after is None and not isinstance(later, NotUp)
            await self._postpone([row], later, None, counts=counts)
            return ()
        except Exception as error:
            await self._failed_to_send([row], error)
            return ()
        # What is sent again takes along nothing new, in case its first post appears after all.
        begin = partial(self._progress.begin, rows=again or [row], gather=crowded and not again)
        post = await self._store.write(begin)
        if not post:
            return ()
        try:
            receipt = await self._attempt_once(post)
        except Exception as error:
            await self._failed_to_send(post, error)
            return ()
        return await self._keep(partial(self._sent, rows=post, receipt=receipt))

    async def _deliver_freely(self, rows: Rows) -> Rows:
        """What may be repeated is noted when it is done, several rows at once: after a crash they
        are done again."""
        done: list[int] = []
        for row in rows:
            try:
                await self._attempt_once([row])
            except Exception as error:
                await self._keep(partial(self._done, ids=done, failed=row))
                await self._failed_to_send([row], error)
                return ()
            done.append(row.id)
            if self._must_pause():
                break
        return await self._keep(partial(self._done, ids=done, lane=rows[0].lane))

    async def _failed_to_send(self, rows: Rows, error: Exception) -> None:
        row, reason, progress = rows[0], str(error), self._progress
        match error:
            case SendLater():
                await self._postpone(rows, error)
            case Undeliverable(mendable=True) if row.target is Target.DESK:
                await self._postpone(rows, SendLater(reason, _MENDING))
            case ThreadGone() if row.target is Target.DESK:
                await self._keep(partial(progress.thread_gone, rows=rows, reason=reason))
            case Undeliverable():
                await self._keep(partial(progress.refuse, rows=rows, reason=reason))
            case OutcomeUnknown():
                await self._keep(partial(progress.doubt, rows=rows, reason=reason))
            case _:
                log.error("delivery %s (%s) broke", row.id, row.kind, exc_info=error)
                reason = f"a fault of our own ({type(error).__name__})"
                await self._keep(partial(progress.broke, rows=rows, reason=reason))

    async def _keep(self, unit: Callable[[Transaction], T]) -> T:
        """Store what only this process knows: a store that is away is waited for, because what
        was sent would otherwise be sent again."""
        while True:
            try:
                return await self._store.write(unit)
            except StoreUnavailable as error:
                if self._closing:
                    raise
                log.warning("what became of a delivery waits for the store: %s", error)
                await asyncio.sleep(_STORE_AWAY)

    async def _attempt_once(self, rows: Rows) -> Receipt | CaseRef | None:
        try:
            async with asyncio.timeout(2 * self._attempt().total_seconds() + 60):
                return await self._couriers.deliver(rows)
        except Exception as error:
            self._failed(rows[0].target, type(error).__name__)
            raise

    async def _to_send_again(self, row: Delivery) -> Rows:
        """Settle one in doubt, and what else the same question settles: those that never landed
        if `row` is one of them, to be sent now."""
        channel, rows = await self._store.read(lambda tx: (channel_of(tx, row), in_doubt(tx, row)))
        last = row.next_at
        if not self._couriers.can_find(row, channel):
            risk = partial(self._progress.risk_a_repeat, id=row.id)
            return [row] if await self._store.write(risk) else ()
        if row.state is DeliveryState.SENDING and last + self._settling() > self._now():
            # Found at start: the request of the process before may still be on its way.
            until = last + self._settling()
            await self._store.write(lambda tx: wait_for_late_acceptance(the(tx, row.id), until))
            return ()
        rows = self._couriers.asked_together(rows)
        first = min(each.first_try_at or self._now() for each in rows)
        try:
            found = await self._couriers.find(rows, first - timedelta(seconds=2))
        except SendLater as later:
            await self._postpone(rows, later, state=DeliveryState.UNCERTAIN)
            return ()
        await self._store.write(lambda tx: self._progress.settle(tx, rows, found))
        return list(takewhile(lambda each: each.key not in found, rows))

    def _settling(self) -> timedelta:
        return self._attempt() + _LATE_ACCEPTANCE

    async def _postpone(
        self,
        rows: Rows,
        later: SendLater,
        state: DeliveryState | None = DeliveryState.PENDING,
        *,
        counts: bool = False,
    ) -> None:
        """`state` None: it stays what the store says. `counts`: as a try, although it was none,
        since only the number of tries tells how long to wait."""
        row = rows[0]
        pause = self._pause(row, later)
        until = self._now() + timedelta(seconds=max(pause, 0.1))
        self._waits.begun(row, pause, str(later))

        def unit(tx: Transaction) -> None:
            self._progress.put_off(tx, rows, until, str(later), state=state, counts=counts)

        await self._keep(unit)

    def _pause(self, row: Delivery, later: SendLater) -> float:
        """Seconds. A place that has not started yet is asked for as often as for how long we have
        been waiting: soon after a start, and however often we were started before."""
        if later.after is not None:
            return later.after
        if isinstance(later, NotUp):
            return min(time.monotonic() - self._began, _LONGEST_START)
        return back_off(row.attempts)

    # --- what follows ----------------------------------------------------------------------

    def _done(
        self,
        tx: Transaction,
        *,
        ids: Sequence[int],
        failed: Delivery | None = None,
        lane: str = "",
    ) -> Rows:
        for id in ids:
            self._waits.over(id)
        tx.finish(ids)
        if failed is not None:
            self._progress.begin(tx, [failed])
        return self._following(tx, lane) if lane else ()

    def _sent(self, tx: Transaction, rows: Rows, receipt: Receipt | CaseRef | None) -> Rows:
        self._progress.sent(tx, rows, receipt)
        return self._following(tx, rows[0].lane)

    def _following(self, tx: Transaction, lane: str) -> Rows:
        """What `lane` goes on with: to look at all lanes for it costs more than to send it."""
        if self._must_pause():
            return ()
        waiting = tx.first_of_lane(lane, _NOTED_AT_ONCE)
        due = list(takewhile(lambda row: row.next_at <= self._now(), waiting))
        return list(takewhile(self._couriers.may_repeat, due)) or due[:1]

    def _must_pause(self) -> bool:
        """Whether a lane gives up its place, because others wait for one."""
        return self._closing or len(self._busy) >= self._at_once
