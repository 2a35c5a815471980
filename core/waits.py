"""Say in the log what deliveries wait for, once: a desk that is away has many that wait for it."""

from __future__ import annotations

import logging
from collections import defaultdict

from core.records import Delivery, Target

log = logging.getLogger(__name__)

_Why = tuple[Target, str]


class Waits:
    """One line where the first delivery begins to wait for something, one when none does."""

    def __init__(self) -> None:
        self._why: dict[int, _Why] = {}
        self._left: dict[_Why, int] = defaultdict(int)
        self._met: dict[_Why, int] = defaultdict(int)

    def begun(self, row: Delivery, pause: float, reason: str) -> None:
        """`row` waits for `reason`; it may have waited for it, or for another, before."""
        why = row.target, reason
        if self._why.get(row.id) == why:
            return
        self.over(row.id)
        self._why[row.id] = why
        self._left[why] += 1
        self._met[why] += 1
        if self._met[why] == 1:
            log.info("delivery %s (%s) waits %.1f s: %s", row.id, row.kind, pause, reason)

    def nobody(self) -> None:
        """No delivery waits for anything."""
        for id in tuple(self._why):
            self.over(id)

    def over(self, id: int) -> None:
        """Whatever this delivery waited for, it does no longer."""
        why = self._why.pop(id, None)
        if why is None:
            return
        self._left[why] -= 1
        if self._left[why]:
            return
        del self._left[why]
        met = self._met.pop(why)
        if met > 1:
            log.info("no delivery waits any longer, %s did: %s", met, why[1])
