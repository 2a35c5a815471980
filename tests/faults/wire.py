"""What the kernel knows of one connection, asked of it directly.

Only the service's side can tell when a browser that never reads has had all that fits between the
two, and when it was given up. /proc/net/tcp knows as well, but takes a third of a second for ten
thousand connections, on a core that the service needs.
"""

from __future__ import annotations

import math
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

_SOCK_DIAG = 4  # the netlink family, and below it the kernel's names without their prefixes
_BY_FAMILY, _REQUEST, _ERROR = 20, 1, 2
_ESTABLISHED, _LISTEN = 1, 10
_ANY_STATE, _NO_COOKIE = 0xFFFFFFFF, b"\xff" * 8
_HEADER = struct.Struct("=IHHII")
_QUERY = struct.Struct("=BBBBI")
_LOOPBACK = socket.inet_aton("127.0.0.1").ljust(16, b"\0")
_STATE_AT, _WAITING_AT = 17, 76  # bytes from the beginning of an answer


@dataclass(frozen=True, slots=True)
class Line:
    """One end of a connection: whether it still is one, and how many bytes have not been taken by
    the other end."""

    open: bool
    waiting: int


GONE = Line(open=False, waiting=0)


class Wire:
    """Knows the connections on this machine's 127.0.0.1. `close` after use."""

    def __init__(self) -> None:
        self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)

    def look(self, port: int, far: int) -> Line:
        """The end at `port` of the connection to `far`, both ports. Raises OSError."""
        ports = struct.pack("!HH", port, far)
        wanted = _QUERY.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ANY_STATE)
        wanted += ports + _LOOPBACK * 2 + bytes(4) + _NO_COOKIE
        size = _HEADER.size + len(wanted)
        self._kernel.send(_HEADER.pack(size, _BY_FAMILY, _REQUEST, 0, 0) + wanted)
        answer = self._kernel.recv(8192)
        if _HEADER.unpack_from(answer)[1] == _ERROR:
            return GONE
        state = answer[_STATE_AT]
        # Of a connection that is no more, the kernel shows who listens at its port.
        waiting = 0 if state == _LISTEN else struct.unpack_from("=I", answer, _WAITING_AT)[0]
        return Line(state == _ESTABLISHED, waiting)

    def close(self) -> None:
        self._kernel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Watch:
    """Looks at the connections from `port` to each of `far`."""

    def __init__(self, wire: Wire, port: int, far: Sequence[int]) -> None:
        self._wire = wire
        self._port = port
        self._lines = {number: Line(open=True, waiting=0) for number in far}
        self._full = dict.fromkeys(far, time.monotonic())  # when the last byte went there
        self._cut: dict[int, float] = {}

    def look(self) -> bool:
        """Once more; False when all are cut off."""
        for far in self._lines.keys() - self._cut.keys():
            line, now = self._wire.look(self._port, far), time.monotonic()
            if not line.open:
                self._cut[far] = now
            elif line.waiting != self._lines[far].waiting:
                self._full[far] = now
            self._lines[far] = line
        return len(self._cut) < len(self._lines)

    def stayed(self) -> list[float]:
        """Of each: the seconds from when it was full until it was cut off."""
        return [
            self._cut[far] - full if far in self._cut else math.inf
            for far, full in self._full.items()
        ]

    def kept(self) -> int:
        """Bytes that wait for those who are cut off."""
        return sum(self._wire.look(self._port, far).waiting for far in self._cut)
