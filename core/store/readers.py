"""Connections that only read, each query on a snapshot of its own.

SQLite is asked in a few threads, a whole query at a time. Its asynchronous driver would make two
trips to a thread for every statement, and brings the half of SQLAlchemy that nothing else needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import Connection, Engine

if TYPE_CHECKING:  # PostgreSQL only, and heavy
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")


class Readers(Protocol):
    """Raises whatever the driver says."""

    async def read(self, query: Callable[[Connection], T]) -> T: ...

    async def let_go(self) -> None:
        """Close what is open and idle; the next query opens a connection anew."""
        ...

    async def close(self) -> None: ...


class LocalReaders:
    """SQLite, in this process. `count` queries run at once, the others wait."""

    def __init__(self, engine: Engine, count: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(count, "store reader")

    async def read(self, query: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._ask, query)

    def _ask(self, query: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return query(connection)

    async def let_go(self) -> None:
        self._engine.dispose()

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()


class RemoteReaders:
    """A server, by a driver that waits for it without blocking."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(self, query: Callable[[Connection], T]) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(query)

    async def let_go(self) -> None:
        await self._engine.dispose()

    async def close(self) -> None:
        await self._engine.dispose()
