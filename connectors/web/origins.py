"""Which pages may talk to us: browsers let any page open a socket, so the server must ask."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_DEFAULT_PORT = {"http": ":80", "https": ":443"}
_PLAIN = re.compile(r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?\Z")


def origin_of(url: str) -> str:
    """The origin of a web address, "" when it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORT or not parts.netloc:
        return ""
    host = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{host.removesuffix(_DEFAULT_PORT[parts.scheme])}"


def plain_origin_of(url: str) -> str:
    """As `origin_of`, and "" for a host that no browser writes so; fit to be shown anywhere."""
    origin = origin_of(url)
    return origin if _PLAIN.match(origin) else ""


class Origins:
    """The origins that may connect: our own, and those the settings name, letter for letter."""

    def __init__(self, public_url: str, allowed: Iterable[str], *, allow_none: bool) -> None:
        self._fixed = frozenset(filter(None, map(origin_of, (public_url, *allowed))))
        self._allow_none = allow_none

    def admits(self, origin: str | None, scheme: str, host: str) -> bool:
        """`origin` is the request's header; `scheme` and `host` say how we were reached."""
        if origin is None:
            return self._allow_none
        return origin in self._fixed or (
            bool(host) and origin == origin_of(f"{scheme}://{host}") != ""
        )
