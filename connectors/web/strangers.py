"""Finds the sites that want to show the chat and may not, so that the log can name them.

The browser shows an empty frame there and tells nobody which setting would help. Anybody can make
up such sites, so the log hears of each only once, and of few a minute.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from connectors.web.origins import plain_origin_of
from core.limits import Rates

_A_MINUTE = 10
_REMEMBERED = 1000


class Strangers:
    """Remembers whom the log has heard of."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._rates: Rates[str] = Rates(_A_MINUTE, time.monotonic)

    def is_news(self, origin: str) -> bool:
        """True at most once for each `origin`, until very many others have come."""
        if origin in self._told or self._rates.wait_for(""):
            return False
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        self._told.add(origin)
        return True


def embedder(headers: Mapping[str, str]) -> str:
    """The origin of the page that wants a frame, "" when the page is our own or nobody says."""
    if headers.get("Sec-Fetch-Site") == "same-origin":
        return ""
    if headers.get("Sec-Fetch-Dest", "iframe") not in ("iframe", "frame"):
        return ""
    return plain_origin_of(headers.get("Referer", ""))
