"""Slack's rate limits as token buckets, so that a client is told 429 when Slack would tell it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Tier(Enum):
    """Slack's tiers; the value is the calls a minute that each allows."""

    ONE = 1
    TWO = 20
    THREE = 50
    FOUR = 100
    SPECIAL = 600


@dataclass(frozen=True, slots=True)
class Rate:
    """`calls` every `seconds` on average, `burst` of them at once."""

    calls: float
    seconds: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What the stand-in enforces. `methods` overrides the tier of single methods."""

    enabled: bool = True
    posts_per_channel: Rate = Rate(1, 1.0, burst=5)
    posts_per_workspace: Rate = Rate(300, 60.0, burst=60)
    methods: Mapping[str, Rate] = field(default_factory=dict)

    @classmethod
    def off(cls) -> Limits:
        return cls(enabled=False)


class _Bucket:
    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until the next token; 0 when there is one."""
        per_second = self._rate.calls / self._rate.seconds
        self._tokens = min(self._rate.burst, self._tokens + (now - self._at) * per_second)
        self._at = now
        return max(0.0, (1 - self._tokens) / per_second)

    def take(self) -> None:
        self._tokens -= 1


class Meter:
    """Counts calls against the limits; `refused` has how often each method was over them."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.refused: Counter[str] = Counter()
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, method: str, tier: Tier, channel: str = "") -> int | None:
        """None when the call may pass, else the whole seconds for Retry-After."""
        if not self.limits.enabled:
            return None
        now = self._clock()
        buckets = [self._bucket(*key, now) for key in self._keys(method, tier, channel)]
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait > 0:
            self.refused[method] += 1
            return max(1, math.ceil(wait))
        for bucket in buckets:
            bucket.take()
        return None

    def _keys(self, method: str, tier: Tier, channel: str) -> list[tuple[str, str, Rate]]:
        if (rate := self.limits.methods.get(method)) is not None:
            return [(method, "", rate)]
        if method == "chat.postMessage":
            return [
                (method, channel, self.limits.posts_per_channel),
                (method, "*", self.limits.posts_per_workspace),
            ]
        return [(method, "", Rate(tier.value, 60.0, burst=tier.value))]

    def _bucket(self, method: str, key: str, rate: Rate, now: float) -> _Bucket:
        return self._buckets.setdefault((method, key), _Bucket(rate, now))
