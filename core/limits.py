"""Keep one customer from using up what belongs to all: a token bucket for each of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from core.messages import Address

Who = TypeVar("Who", bound=Hashable)

_REMEMBERED = 20_000
"""Buckets kept at most; whoever was silent longest has a full one again anyway."""


class Rates(Generic[Who]):
    """Allows everybody a burst of `per_minute` messages and as many a minute after that."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back, such as `time.monotonic`."""
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[Who, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_for(self, who: Who) -> float:
        """Take one message's worth. 0 when there was one, else seconds until there will be."""
        now = self._clock()
        left, since = self._buckets.pop(who, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - since) * self.per_minute / 60)
        wait = 0.0 if left >= 1 else (1 - left) * 60 / self.per_minute
        self._buckets[who] = (left - 1 if wait == 0 else left, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return wait


class CustomerRates(Rates[Address]):
    """The messages of one customer, wherever they write."""
