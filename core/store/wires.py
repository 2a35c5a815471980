"""End connections to a server that says nothing any more, whatever they wait for.

To close one politely is to ask the server, and each question may wait for half a minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import event

if TYPE_CHECKING:  # PostgreSQL only, and heavy
    from sqlalchemy.ext.asyncio import AsyncEngine


class Wires:
    """The open connections of some engines."""

    def __init__(self) -> None:
        self._known: WeakSet[Any] = WeakSet()

    def watch(self, engine: AsyncEngine) -> None:
        @event.listens_for(engine.sync_engine, "connect")
        def connected(connection: Any, _record: Any) -> None:
            self._known.add(connection.driver_connection)

    def cut(self) -> None:
        """Whoever waits for an answer gets an error at once."""
        for wire in list(self._known):
            if not wire.is_closed():
                wire.terminate()
