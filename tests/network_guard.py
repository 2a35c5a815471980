"""No test may reach beyond this machine, not even by accident or in a swallowed exception.

An audit hook sees every connection and look-up of this process, blocking or asyncio, whatever the
thread or the library. It does not see the processes that a test starts, nor C code that opens
sockets without Python (none here does).
"""

from __future__ import annotations

import socket
import sys
from ipaddress import IPv6Address, ip_address

LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
SENDERS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class NetworkUseRefused(Exception):
    """No OSError on purpose: code that tries again after network errors must not hide it."""


class NetworkGuard:
    """Refuses, and remembers what it refused until `forget` hands it over."""

    def __init__(self) -> None:
        self._refused: list[str] = []

    def forget(self) -> list[str]:
        refused, self._refused = self._refused, []
        return refused

    def start(self) -> None:
        """For the rest of the process: Python has no way to take an audit hook back."""

        # A plain function and one look into a set: the interpreter calls it for every event.
        def hear(event: str, arguments: tuple[object, ...]) -> None:
            if event in LOOK_UPS:
                self._check_host(arguments[0], f"the look-up of {arguments[0]!r}")
            elif event in SENDERS:
                self._check_address(*arguments)

        sys.addaudithook(hear)

    def _check_address(self, sock: object, address: object) -> None:
        # A datagram socket that is connected sends to no address of its own.
        if getattr(sock, "family", None) == socket.AF_UNIX or address is None:
            return
        host = address[0] if isinstance(address, tuple) and address else address
        self._check_host(host, f"a connection to {address!r}")

    def _check_host(self, host: object, what: str) -> None:
        if not stays_here(host):
            self._refused.append(what)
            raise NetworkUseRefused(
                f"refused {what}: tests may use loopback and unix sockets only"
            )


def stays_here(host: object) -> bool:
    """True for loopback, and for no host at all or the wildcard, which servers listen on."""
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified
