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
import random
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import TypeVar

from core.couriers import Couriers
from core.errors import OutcomeUnknown, SendLater, StoreUnavailable, ThreadGone, Undeliverable
from core.messages import CaseRef, ChannelName, Receipt
from core.receipts import Receipts
from core.records import Delivery, DeliveryState, Target
from core.store import Reader, Store, Transaction
from core.tasks import Tasks
from core.waits import Waits

log = logging.getLogger(__name__)

T = TypeVar("T")

_LANES_AT_ONCE = 256
_NOTED_AT_ONCE = 8  # of what may be repeated
_LONGEST_SLEEP = 30.0  # a wake-up that got lost costs no more than this
_LATE_ACCEPTANCE = timedelta(seconds=5)  # a request may land this long after we gave it up
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 300.0
_SHORTEST_MENDING = 15.0  # seconds: what an admin must mend is not tried in a hurry
_MENDING = 60.0  # seconds until a place that an admin must mend is tried again
_MOST_BREAKS = 5  # attempts at a delivery that breaks us each time
_STORE_AWAY = 1.0
_NOBODY_KNOWS = "nobody knows whether it arrived"


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
        self._receipts = receipts
        self._tasks = tasks
        self._now = now
        self._attempt = attempt
        self._failed = failed
        self._at_once = at_once
        self._busy: set[str] = set()
        self._woken = asyncio.Event()
        self._waits = Waits()
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
            rows: Sequence[Delivery] = [row]
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

    async def _deliver_or_put_off(self, rows: Sequence[Delivery]) -> Sequence[Delivery]:
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
            await self._postpone(row, SendLater(reason, _MENDING), state=None)
            return ()

    # --- one row ---------------------------------------------------------------------------

    async def _deliver(self, rows: Sequence[Delivery]) -> Sequence[Delivery]:
        """What of the lane may follow at once. Several rows are several that may be repeated."""
        row = rows[0]
        if self._couriers.may_repeat(row):
            return await self._deliver_freely(rows)
        if row.state is not DeliveryState.PENDING and not await self._may_send_again(row):
            return ()
        try:
            await self._couriers.turn(row)
        except SendLater as later:
            await self._postpone(row, later, state=None)
            return ()
        except Exception as error:
            await self._failed_to_send(row, error)
            return ()
        await self._store.write(lambda tx: self._mark_sending(tx, row.id))
        try:
            receipt = await self._attempt_once(row)
        except Exception as error:
            await self._failed_to_send(row, error)
            return ()
        return await self._keep(lambda tx: self._sent(tx, row.id, receipt))

    async def _deliver_freely(self, rows: Sequence[Delivery]) -> Sequence[Delivery]:
        """What may be repeated is noted when it is done, several rows at once: after a crash they
        are done again."""
        done: list[int] = []
        for row in rows:
            try:
                await self._attempt_once(row)
            except Exception as error:
                await self._keep(partial(self._done, ids=done, failed=row.id))
                await self._failed_to_send(row, error)
                return ()
            done.append(row.id)
            if self._must_pause():
                break
        return await self._keep(partial(self._done, ids=done, lane=rows[0].lane))

    async def _failed_to_send(self, row: Delivery, error: Exception) -> None:
        reason = str(error)
        match error:
            case SendLater():
                await self._postpone(row, error)
            case Undeliverable(mendable=True) if row.target is Target.DESK:
                await self._postpone(row, SendLater(reason, _MENDING))
            case ThreadGone() if row.target is Target.DESK:
                await self._keep(lambda tx: self._thread_gone(tx, row.id, reason))
            case Undeliverable():
                await self._keep(lambda tx: self._refused(tx, row.id, reason))
            case OutcomeUnknown():
                await self._keep(lambda tx: self._doubted(tx, row.id, reason))
            case _:
                log.error("delivery %s (%s) broke", row.id, row.kind, exc_info=error)
                reason = f"a fault of our own ({type(error).__name__})"
                broken = self._refused if row.attempts >= _MOST_BREAKS else self._doubted
                await self._keep(lambda tx: broken(tx, row.id, reason))

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

    async def _attempt_once(self, row: Delivery) -> Receipt | CaseRef | None:
        try:
            async with asyncio.timeout(2 * self._attempt().total_seconds() + 60):
                return await self._couriers.deliver(row)
        except Exception as error:
            self._failed(row.target, type(error).__name__)
            raise

    async def _may_send_again(self, row: Delivery) -> bool:
        """A row in doubt: settle it if it landed; True when it must be sent again."""
        channel = await self._store.read(lambda tx: _channel(tx, row))
        first, last = row.first_try_at or self._now(), row.next_at
        if not self._couriers.can_find(row, channel):
            return await self._store.write(lambda tx: self._risk_a_repeat(tx, row.id))
        if row.state is DeliveryState.SENDING and last + self._settling() > self._now():
            # Found at start: the request of the process before may still be on its way.
            until = last + self._settling()
            await self._store.write(lambda tx: _wait_for_late_acceptance(_the(tx, row.id), until))
            return False
        try:
            found = await self._couriers.find(row, first - timedelta(seconds=2))
        except SendLater as later:
            await self._postpone(row, later, state=DeliveryState.UNCERTAIN)
            return False
        if found is not None:
            await self._store.write(lambda tx: self._sent(tx, row.id, found))
        return found is None

    def _settling(self) -> timedelta:
        return self._attempt() + _LATE_ACCEPTANCE

    async def _postpone(
        self,
        row: Delivery,
        later: SendLater,
        state: DeliveryState | None = DeliveryState.PENDING,
    ) -> None:
        """`state` None: nothing was sent, so the row stays what it is in the store; it counts as
        a try where only tries tell how long to wait."""
        pause = later.after if later.after is not None else _back_off(row.attempts)
        until = self._now() + timedelta(seconds=max(pause, 0.1))
        self._waits.begun(row, pause, str(later))

        def unit(tx: Transaction) -> None:
            kept = tx.delivery(row.id)
            if kept is None:
                self._waits.over(row.id)
            else:
                kept.state, kept.next_at, kept.error = state or kept.state, until, str(later)
                kept.attempts += state is None and later.after is None

        await self._keep(unit)

    # --- rows in the store -----------------------------------------------------------------

    def _mark_sending(self, tx: Transaction, id: int) -> None:
        row = _the(tx, id)
        row.state = DeliveryState.SENDING
        row.attempts += 1
        row.first_try_at = row.first_try_at or tx.now
        row.next_at = tx.now  # while it is under way: when this attempt began

    def _risk_a_repeat(self, tx: Transaction, id: int) -> bool:
        """Where nobody can be asked, a part in doubt is sent once more, if that is wished."""
        row = _the(tx, id)
        crashed_again = row.uncertain and row.state is DeliveryState.SENDING
        resends = self._couriers.resends(_channel(tx, row))
        if crashed_again or not resends:
            self._give_up(tx, row, _NOBODY_KNOWS, in_doubt=resends)
            return False
        # No longer "sending": if we die before the repeat begins, it may still be made.
        row.state, row.uncertain = DeliveryState.UNCERTAIN, True
        return True

    def _doubted(self, tx: Transaction, id: int, reason: str) -> None:
        row = _the(tx, id)
        row.error = reason
        self._waits.over(id)
        channel = _channel(tx, row)
        if self._couriers.can_find(row, channel):
            _wait_for_late_acceptance(row, tx.now + self._settling())
        elif row.uncertain or not self._couriers.resends(channel):
            self._give_up(tx, row, _NOBODY_KNOWS, in_doubt=row.uncertain)
        else:
            _wait_in_doubt(row, tx.now + timedelta(seconds=_back_off(row.attempts)))

    def _done(
        self, tx: Transaction, *, ids: Sequence[int], failed: int | None = None, lane: str = ""
    ) -> Sequence[Delivery]:
        for id in ids:
            self._waits.over(id)
        tx.finish(ids)
        if failed is not None:
            self._mark_sending(tx, failed)
        return self._following(tx, lane) if lane else ()

    def _sent(
        self, tx: Transaction, id: int, receipt: Receipt | CaseRef | None
    ) -> Sequence[Delivery]:
        row = _the(tx, id)
        row.state, row.error = DeliveryState.SENT, ""
        self._waits.over(id)
        if isinstance(receipt, Receipt):
            row.remote_id = receipt.remote_id
        self._receipts.sent(tx, row, receipt)
        return self._following(tx, row.lane)

    def _following(self, tx: Transaction, lane: str) -> Sequence[Delivery]:
        """What `lane` goes on with: to look at all lanes for it costs more than to send it."""
        if self._must_pause():
            return ()
        waiting = tx.first_of_lane(lane, _NOTED_AT_ONCE)
        due = list(takewhile(lambda row: row.next_at <= self._now(), waiting))
        return list(takewhile(self._couriers.may_repeat, due)) or due[:1]

    def _must_pause(self) -> bool:
        """Whether a lane gives up its place, because others wait for one."""
        return self._closing or len(self._busy) >= self._at_once

    def _refused(self, tx: Transaction, id: int, reason: str) -> None:
        row = _the(tx, id)
        self._waits.over(id)
        if self._couriers.must_arrive(row):
            pause = max(_back_off(row.attempts), _SHORTEST_MENDING)
            row.error = reason
            row.state, row.next_at = DeliveryState.PENDING, tx.now + timedelta(seconds=pause)
            log.error("delivery %s (%s) was refused and is tried again: %s", id, row.kind, reason)
        else:
            self._give_up(tx, row, reason)

    def _thread_gone(self, tx: Transaction, id: int, reason: str) -> None:
        row = _the(tx, id)
        row.state, row.error = DeliveryState.DEAD, reason
        self._waits.over(row.id)
        log.warning("delivery %s (%s): %s; a new thread is opened", id, row.kind, reason)
        self._receipts.thread_gone(tx, row)

    def _give_up(
        self, tx: Transaction, row: Delivery, reason: str, *, in_doubt: bool = False
    ) -> None:
        row.state, row.error = DeliveryState.DEAD, reason
        self._waits.over(row.id)
        log.warning("delivery %s (%s) was given up: %s", row.id, row.kind, reason)
        self._receipts.refused(tx, row, reason, in_doubt=in_doubt)


def _wait_for_late_acceptance(row: Delivery, until: datetime) -> None:
    """The platform can be asked then, so the row is not `uncertain`: nothing comes twice."""
    row.state, row.next_at = DeliveryState.UNCERTAIN, until


def _wait_in_doubt(row: Delivery, until: datetime) -> None:
    row.state, row.next_at, row.uncertain = DeliveryState.UNCERTAIN, until, True


def _channel(tx: Reader, row: Delivery) -> ChannelName:
    return tx.conversation_by_id(row.conversation).address.channel


def _the(tx: Transaction, id: int) -> Delivery:
    row = tx.delivery(id)
    if row is None:
        raise LookupError(f"there is no delivery {id}")
    return row


def _back_off(attempts: int) -> float:
    """Seconds: doubling from 0.5 to 300, a random half of it added or not."""
    pause = min(_FIRST_PAUSE * 2.0 ** max(attempts - 1, 0), _LONGEST_PAUSE)
    return pause * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
