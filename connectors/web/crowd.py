"""Keep one place on the Internet from using up what belongs to all visitors.

Whoever gets a new token has a new customer's share of messages, so what one address takes is
counted as well. An empty place stands for nobody's and is never refused.
"""

from __future__ import annotations

import logging
import time
from collections import Counter

from core.limits import Rates

log = logging.getLogger(__name__)


class Crowd:
    """How many of one kind of thing (chats, uploads) each place has at once, at most `most`."""

    def __init__(self, what: str, most: int) -> None:
        self._what = what
        self._most = most
        self._inside: Counter[str] = Counter()
        self._full: set[str] = set()

    def enter(self, place: str) -> bool:
        """False when the place has its share already; else `leave` must follow."""
        if place and self._inside[place] >= self._most:
            self._tell(place)
            return False
        self._inside[place] += 1
        return True

    def leave(self, place: str) -> None:
        self._inside[place] -= 1
        if not self._inside[place]:
            del self._inside[place]
            self._full.discard(place)

    def _tell(self, place: str) -> None:
        if place not in self._full:
            self._full.add(place)
            log.warning(
                "%s has %d %s at once and gets no more; if it is a proxy, name it in "
                "server.trusted_proxies",
                place,
                self._most,
                self._what,
            )


class Pace:
    """How many messages and files a minute each place may send."""

    def __init__(self, per_minute: int) -> None:
        self._rates: Rates[str] = Rates(per_minute, time.monotonic)

    def wait_for(self, place: str) -> float:
        """0 when one more may come, else seconds until then."""
        return self._rates.wait_for(place) if place else 0.0
