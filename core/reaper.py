"""Cut off whoever connects and then does not ask for anything.

The HTTP server waits for a request's head for ever, so a few thousand half-sent ones would use up
all connections. Whatever has sent its first head is under the server's own time limits.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

_MOST_SILENT = 200


class Connection(Protocol):
    """What is needed of the server's connections."""

    @property
    def transport(self) -> asyncio.BaseTransport | None: ...


def _nowhere(peer: str) -> str:
    return ""


class Reaper:
    """Looks at all connections every quarter of `seconds` and cuts those without a request.

    `place` says where the peer of an address is, "" when that cannot be told; one place may have
    `most` silent connections, and those above are not waited for.
    """

    def __init__(
        self,
        connections: Callable[[], Sequence[Connection]],
        seconds: float,
        place: Callable[[str], str] = _nowhere,
        most: int = _MOST_SILENT,
    ) -> None:
        self._connections = connections
        self._seconds = seconds
        self._place = place
        self._most = most
        self._served: set[object] = set()

    def serves(self, connection: object) -> None:
        """`connection` has sent a whole request head."""
        self._served.add(connection)

    async def run(self) -> None:
        """Runs until cancelled."""
        idle: dict[Connection, int] = {}
        while True:
            await asyncio.sleep(self._seconds / 4)
            connections = self._connections()
            self._served.intersection_update(connections)
            quiet = [connection for connection in connections if connection not in self._served]
            idle = {connection: idle.get(connection, 0) + 1 for connection in quiet}
            crowds: Counter[str] = Counter()
            for connection, rounds in idle.items():
                place = self._place(_peer(connection))
                crowds[place] += 1
                if rounds > 4 or (place and crowds[place] > self._most):
                    _cut(connection)


def _peer(connection: Connection) -> str:
    name = connection.transport.get_extra_info("peername") if connection.transport else None
    return str(name[0]) if isinstance(name, tuple) else ""


def _cut(connection: Connection) -> None:
    transport = connection.transport
    if isinstance(transport, asyncio.Transport):
        transport.abort()
