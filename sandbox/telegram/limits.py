"""Telegram's flood limits: bursts are forgiven, a steady stream above the rate is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.telegram.chat import Chat
from sandbox.telegram.refusal import too_many_requests


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages a bot may send. A burst is how many may come at once after a rest."""

    chat_per_second: float = 1.0
    chat_burst: int = 5
    overall_per_second: float = 30.0
    overall_burst: int = 30
    group_per_minute: int = 20


class FloodGate:
    """Counts messages against the limits; None lets everything through."""

    def __init__(self, limits: Limits | None, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._buckets: dict[object, _Bucket] = {}

    def admit(self, chat: Chat, messages: int = 1) -> None:
        """Count `messages` to `chat`; raises Refusal (429) and counts nothing when too many."""
        if self._limits is None:
            return
        now = self._clock()
        buckets = list(self._for(chat, self._limits))
        wait = max(bucket.wait(now, messages) for bucket in buckets)
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        for bucket in buckets:
            bucket.tokens -= messages

    def _for(self, chat: Chat, limits: Limits) -> list[_Bucket]:
        buckets = [
            self._bucket("all", limits.overall_per_second, limits.overall_burst),
            self._bucket(chat.id, limits.chat_per_second, limits.chat_burst),
        ]
        if not chat.is_private:
            a_minute = limits.group_per_minute
            buckets.append(self._bucket(("group", chat.id), a_minute / 60, a_minute))
        return buckets

    def _bucket(self, key: object, rate: float, size: int) -> _Bucket:
        return self._buckets.setdefault(key, _Bucket(rate, size, float(size), self._clock()))


@dataclass(slots=True)
class _Bucket:
    rate: float
    size: int
    tokens: float
    filled_at: float

    def wait(self, now: float, wanted: int) -> float:
        """Seconds until `wanted` messages may go; an album larger than the burst needs it full."""
        self.tokens = min(self.size, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        return (min(wanted, self.size) - self.tokens) / self.rate
