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
        self._buckets: OrderedDict[Who, list[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_for(self, who: Who) -> float:
        """Take one message's worth. 0 when there was one, else seconds until there will be."""
        now, most = self._clock(), self.per_minute
        bucket = self._buckets.get(who)
        if bucket is None:
            self._buckets[who] = [most - 1.0, now]
            if len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)
            return 0.0
        self._buckets.move_to_end(who)
        left = min(most, bucket[0] + (now - bucket[1]) * most / 60)
        bucket[1] = now
        bucket[0] = left - 1 if left >= 1 else left
        return 0.0 if left >= 1 else (1 - left) * 60 / most

    def give_back(self, who: Who) -> None:
        """What was taken last was not a message's worth after all."""
        if bucket := self._buckets.get(who):
            bucket[0] = min(self.per_minute, bucket[0] + 1)


class CustomerRates(Rates[Address]):
    """The messages of one customer, wherever they write."""
