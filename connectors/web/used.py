"""Remember which of the sites' tokens have been used, as long as they would be valid, also after
a restart.

They are kept by the minute in which they are forgotten again, and the cursors' names come round:
nothing has to be cleared away, and each use writes no more than its own minute's.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from core.ports import Cursors

_MINUTE = 60
_MINUTES = 8  # in use at once: those of a token's life, this one, and one to spare


class UsedTokens:
    """`lifetime`: the seconds, less than seven minutes, for which each is remembered at least.
    Without `cursors`, in memory only."""

    def __init__(self, lifetime: float, cursors: Cursors | None = None) -> None:
        self._lifetime = lifetime
        self._cursors = cursors
        self._used: dict[int, set[str]] = {}
        self._unkept: set[int] = set()
        self._fresh: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return sum(map(len, self._used.values()))

    async def load(self) -> None:
        """What earlier runs have kept. Raises StoreUnavailable."""
        if self._cursors is None:
            return
        for place in range(_MINUTES):
            minute, _, marks = (await self._cursors.get(_name(place)) or "").partition(":")
            if minute.isdecimal():
                self._used.setdefault(int(minute), set()).update(filter(None, marks.split(",")))

    def add(self, jti: str, now: float) -> bool:
        """Whether it was not used before; it is from now on."""
        mark = base64.urlsafe_b64encode(hashlib.sha256(jti.encode()).digest()[:15]).decode()
        this = int(now) // _MINUTE
        self._used = {minute: marks for minute, marks in self._used.items() if minute >= this}
        if any(mark in marks for marks in self._used.values()):
            return False
        minute = int(now + self._lifetime) // _MINUTE
        self._used.setdefault(minute, set()).add(mark)
        self._unkept.add(minute)
        self._fresh.append((minute, mark))
        return True

    async def keep(self) -> None:
        """Durable when this returns is whatever was added before. Raises StoreUnavailable, and
        then what was added may be used once more: nobody has been shown anything for it."""
        fresh, self._fresh = self._fresh, []
        try:
            for minute, value in self._values().items():
                if self._cursors is not None:
                    await self._cursors.set(_name(minute), value)
                if self._value(minute) == value:
                    self._unkept.discard(minute)
        except BaseException:
            for minute, mark in fresh:
                self._used.get(minute, set()).discard(mark)
            raise

    def _values(self) -> Mapping[int, str]:
        return {minute: self._value(minute) for minute in sorted(self._unkept)}

    def _value(self, minute: int) -> str:
        return f"{minute}:{','.join(sorted(self._used.get(minute, ())))}"


def _name(minute: int) -> str:
    return f"web:used:{minute % _MINUTES}"
