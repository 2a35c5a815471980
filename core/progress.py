"""Note in the store how far a delivery has come: begun, in doubt, sent, refused, given up.

Several rows may go out as one post: the first of their lane and some that follow it. They are
noted together, and the post bears the key of each, so that each can be asked for alone: a database
that was put back need not know in what company a row has gone since.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from core.couriers import Couriers
from core.messages import CaseRef, ChannelName, DeliveryKey, Receipt
from core.receipts import Receipts
from core.records import Delivery, DeliveryKind, DeliveryState
from core.store import Reader, Transaction
from core.waits import Waits

log = logging.getLogger(__name__)

_MOST_TOGETHER = 20  # rows in one post
_REFUSED_TOGETHER = 3
_MOST_BREAKS = 5  # of a delivery that breaks us each time
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 300.0
_SHORTEST_MENDING = 15.0  # seconds: what an admin must mend is not tried in a hurry
_NOBODY_KNOWS = "nobody knows whether it arrived"

Rows = Sequence[Delivery]


class Progress:
    """Runs inside the transaction that notes it. The rows that are given may be older than what
    the store has of them."""

    def __init__(
        self,
        couriers: Couriers,
        receipts: Receipts,
        waits: Waits,
        settling: Callable[[], timedelta],
    ) -> None:
        """`settling` is how long after its begin a request may still land."""
        self._couriers = couriers
        self._receipts = receipts
        self._waits = waits
        self._settling = settling
        # Of what was truly tried: waiting is no fault of a line. A restart begins to count anew.
        self._faults: Counter[int] = Counter()

    def begin(self, tx: Transaction, rows: Rows, *, gather: bool = False) -> Rows:
        """The first of `rows` is under way from now on, and what of the others may be in the
        same post; all that are begun, as they are now: none if the first was withdrawn meanwhile.
        `gather`: whatever waits behind the first. What was refused in company a few times goes
        alone, so that what is wrong with one holds up no other."""
        first = the(tx, rows[0].id)
        if first.finished or self._is_deleted(tx, first):
            self._over(first)
            return ()
        if self._faults[first.id] >= _REFUSED_TOGETHER:
            rows = [first]
        elif gather:
            rows = tx.first_of_lane(first.lane, _MOST_TOGETHER)
        rows = [the(tx, row.id) for row in rows]
        if len(rows) > 1:
            rows = self._couriers.together(tx, rows)
        for row in rows:
            row.state = DeliveryState.SENDING
            row.attempts += 1
            row.first_try_at = row.first_try_at or tx.now
            row.next_at = tx.now  # while it is under way: when this attempt began
        return rows

    def _is_deleted(self, tx: Transaction, row: Delivery) -> bool:
        """Whether its words were taken back; then it ends here."""
        if row.kind is not DeliveryKind.REPLY:
            return False
        message = tx.message(row.conversation, row.seq)
        if message is None or message.deleted_at is None:
            return False
        row.state, row.error = DeliveryState.DEAD, "it was deleted before it was sent"
        if row.uncertain:
            self._receipts.deleted_in_doubt(tx, row)
        return True

    def put_off(
        self,
        tx: Transaction,
        rows: Rows,
        until: datetime,
        reason: str,
        *,
        state: DeliveryState | None,
        counts: bool,
    ) -> None:
        """`state` None: they stay what they are. `counts`: as a try."""
        for row in rows:
            kept = tx.delivery(row.id)
            if kept is None:
                self._over(row)
            else:
                kept.state, kept.next_at, kept.error = state or kept.state, until, reason
                kept.attempts += counts

    def risk_a_repeat(self, tx: Transaction, id: int) -> bool:
        """Where nobody can be asked, a part in doubt is sent once more, if that is wished."""
        row = the(tx, id)
        crashed_again = row.uncertain and row.state is DeliveryState.SENDING
        resends = self._couriers.resends(channel_of(tx, row))
        if crashed_again or not resends:
            self._give_up(tx, row, _NOBODY_KNOWS, in_doubt=resends)
            return False
        # No longer "sending": if we die before the repeat begins, it may still be made.
        row.state, row.uncertain = DeliveryState.UNCERTAIN, True
        return True

    def doubt(self, tx: Transaction, rows: Rows, reason: str) -> None:
        for each in rows:
            self._doubt(tx, the(tx, each.id), reason)

    def _doubt(self, tx: Transaction, row: Delivery, reason: str) -> None:
        row.error = reason
        self._waits.over(row.id)
        channel = channel_of(tx, row)
        if self._couriers.can_find(row, channel):
            wait_for_late_acceptance(row, tx.now + self._settling())
        elif row.uncertain or not self._couriers.resends(channel):
            self._give_up(tx, row, _NOBODY_KNOWS, in_doubt=row.uncertain)
        else:
            _wait_in_doubt(row, tx.now + timedelta(seconds=back_off(row.attempts)))

    def sent(self, tx: Transaction, rows: Rows, receipt: Receipt | CaseRef | None) -> None:
        for each in rows:
            row = the(tx, each.id)
            row.state, row.error = DeliveryState.SENT, ""
            self._over(row)
            if isinstance(receipt, Receipt):
                row.remote_id = receipt.remote_id
            self._receipts.sent(tx, row, receipt)

    def settle(
        self, tx: Transaction, rows: Rows, found: Mapping[DeliveryKey, Receipt | CaseRef]
    ) -> None:
        """What was asked for has landed, or else never will: it may be sent as if it were new."""
        for row in rows:
            if row.key in found:
                self.sent(tx, [row], found[row.key])
            else:
                the(tx, row.id).state = DeliveryState.PENDING

    def broke(self, tx: Transaction, rows: Rows, reason: str) -> None:
        """We failed and do not know how far it came."""
        if self._faults[rows[0].id] >= _MOST_BREAKS:
            self.refuse(tx, rows, reason)
            return
        self._faults.update(row.id for row in rows)
        self.doubt(tx, rows, reason)

    def refuse(self, tx: Transaction, rows: Rows, reason: str) -> None:
        row = self._alone(tx, rows)
        self._faults.update(row.id for row in rows)
        refusals = self._faults[row.id]
        if self._couriers.must_arrive(row, refusals):
            pause = max(back_off(refusals), _SHORTEST_MENDING)
            row.error = reason
            row.state, row.next_at = DeliveryState.PENDING, tx.now + timedelta(seconds=pause)
            log.error(
                "delivery %s (%s) was refused and is tried again: %s", row.id, row.kind, reason
            )
        else:
            self._give_up(tx, row, reason)

    def thread_gone(self, tx: Transaction, rows: Rows, reason: str) -> None:
        row = self._alone(tx, rows)
        log.warning("delivery %s (%s): %s; a new thread is opened", row.id, row.kind, reason)
        self._receipts.thread_gone(tx, row)  # what waits in the lane goes there, this row as well
        row.state, row.error = DeliveryState.DEAD, reason
        self._over(row)

    def _alone(self, tx: Transaction, rows: Rows) -> Delivery:
        """The first row, which a refusal is about; what was in its post has not been sent."""
        for row in rows[1:]:
            the(tx, row.id).state = DeliveryState.PENDING
        for row in rows:
            self._waits.over(row.id)
        return the(tx, rows[0].id)

    def _give_up(
        self, tx: Transaction, row: Delivery, reason: str, *, in_doubt: bool = False
    ) -> None:
        row.state, row.error = DeliveryState.DEAD, reason
        self._over(row)
        log.warning("delivery %s (%s) was given up: %s", row.id, row.kind, reason)
        self._receipts.refused(tx, row, reason, in_doubt=in_doubt)

    def _over(self, row: Delivery) -> None:
        self._waits.over(row.id)
        self._faults.pop(row.id, None)


def in_doubt(tx: Reader, row: Delivery) -> Rows:
    """`row`, the first of its lane, and what may be in doubt for the same reason behind it."""
    rows = tx.first_of_lane(row.lane, _MOST_TOGETHER)
    return rows[:1] + list(takewhile(lambda r: r.state is not DeliveryState.PENDING, rows[1:]))


def wait_for_late_acceptance(row: Delivery, until: datetime) -> None:
    """The platform can be asked then, so the row is not `uncertain`: nothing comes twice."""
    row.state, row.next_at = DeliveryState.UNCERTAIN, until


def _wait_in_doubt(row: Delivery, until: datetime) -> None:
    row.state, row.next_at, row.uncertain = DeliveryState.UNCERTAIN, until, True


def channel_of(tx: Reader, row: Delivery) -> ChannelName:
    return tx.conversation_by_id(row.conversation).address.channel


def the(tx: Transaction, id: int) -> Delivery:
    row = tx.delivery(id)
    if row is None:
        raise LookupError(f"there is no delivery {id}")
    return row


def back_off(attempts: int) -> float:
    """Seconds: doubling from 0.5 to 300, a random half of it added or not."""
    pause = min(_FIRST_PAUSE * 2.0 ** max(attempts - 1, 0), _LONGEST_PAUSE)
    return pause * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
