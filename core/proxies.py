"""Believe a reverse proxy about where a request came from, and nobody else."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SCHEMES = ("http", "https")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?\Z")
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP")


@dataclass(frozen=True, slots=True)
class Seen:
    """How a visitor sees us, and who they are. `remote` is an IP address, "" when unknown."""

    scheme: str
    host: str
    remote: str


def is_loopback(remote: str) -> bool:
    address = _address(remote)
    return address is not None and address.is_loopback


def was_forwarded(headers: Mapping[str, str]) -> bool:
    """True when some proxy, trusted or not, says that it passed the request on."""
    return any(name in headers for name in _FORWARDED)


class Proxies:
    """The proxies we trust, as addresses and networks ("10.0.0.0/8")."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._networks = [ipaddress.ip_network(network, strict=False) for network in trusted]

    def original(self, seen: Seen, headers: Mapping[str, str]) -> Seen:
        """`seen` as it was before our own proxies passed the request on."""
        if not self._trusts(seen.remote):
            return seen
        scheme = _last(headers.get("X-Forwarded-Proto", "")).lower()
        host = _last(headers.get("X-Forwarded-Host", ""))
        return Seen(
            scheme if scheme in _SCHEMES else seen.scheme,
            host if _HOST.match(host) else seen.host,
            self._visitor(headers.get("X-Forwarded-For", ""), seen.remote),
        )

    def place(self, direct: str, remote: str) -> str:
        """Whose share of the limits a request counts against, "" where nobody can tell.

        `direct` is the peer of the connection, `remote` the visitor as `original` found them. An
        IPv6 customer owns a whole /64. A direct peer on this machine or in a private network may
        be a proxy that nobody told us of: its one address stands for all visitors.
        """
        address = _address(remote)
        if address is None or self._trusts(remote):
            return ""
        if not (self._trusts(direct) or address.is_global):
            return ""
        if isinstance(address, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(address)

    def _trusts(self, remote: str) -> bool:
        address = _address(remote)
        return address is not None and any(address in network for network in self._networks)

    def _visitor(self, chain: str, nearest: str) -> str:
        # Each proxy adds the address it saw at the end; the first we do not trust is the visitor.
        remote = nearest
        for hop in reversed(chain.split(",")):
            address = _address(hop.strip())
            if address is None:
                return remote
            remote = str(address)
            if not self._trusts(remote):
                return remote
        return remote


def _last(values: str) -> str:
    return values.rpartition(",")[2].strip()


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
