"""Notice that the machine's clock was put forward or back, and move what waits along with it.

Waits are kept as points in time, because they must outlive the process. When the clock is put
back by ten minutes, a pause of a second would last ten minutes and a second; when it is put
forward, a doubtful request would be asked about before it can have landed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.store import statements as sql
from core.store.transaction import Transaction

_TOLERANCE = timedelta(seconds=2)  # clocks are also trimmed all the time, which is no jump


@dataclass(frozen=True, slots=True)
class Jump:
    """`after` is the last time known from before the jump, which was `by` so much."""

    after: datetime
    by: timedelta


class ClockWatch:
    """Compares the clock with one that never jumps."""

    def __init__(self, now: Callable[[], datetime], steady: Callable[[], float]) -> None:
        """`steady` gives seconds, such as `time.monotonic`."""
        self._now = now
        self._steady = steady
        self._seen = (now(), steady())

    def jump(self) -> Jump | None:
        """How the clock has jumped since the last call, if it has."""
        (then, steady_then), self._seen = self._seen, (self._now(), self._steady())
        now, steady = self._seen
        off = now - then - timedelta(seconds=steady - steady_then)
        return Jump(then, off) if abs(off) > _TOLERANCE else None


def move_waits(tx: Transaction, jump: Jump) -> None:
    """Let every delivery in a pause wait as long as it would have. What became late by a jump
    forward, such as a reminder, is late also for people, and stays."""
    by = jump.by // timedelta(microseconds=1)
    if by < 0:
        tx.execute(sql.BRING_DELIVERIES_FORWARD, {"now": tx.now, "by": by})
        tx.execute(sql.BRING_CASES_FORWARD, {"now": tx.now, "by": by})
    else:  # what is due later than that was queued after the jump
        span = {"from": jump.after, "until": jump.after + jump.by}
        tx.execute(sql.PUT_DELIVERIES_OFF, {**span, "by": by})
    tx.wake()
