"""The one connection that writes, and the only way to write through it: work, then a commit.

SQLite is asked right on the event loop: a statement takes microseconds there, while a trip to
another thread and back takes ten times that. Only the commit, which waits for the disk, has a
thread, and the loop serves everybody else meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import Connection, Engine, exc

if TYPE_CHECKING:  # PostgreSQL only, and heavy
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class Session(Protocol):
    """A connection that writes. One call at a time. Raises whatever the driver says."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, once it is on disk; when it raises, nothing of it is stored."""
        ...

    async def prepare(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns; it begins and commits by itself, and may take long."""
        ...

    async def drop(self) -> None:
        """Get rid of the connection in whatever state it is, even one that never opened."""
        ...


class LocalSession:
    """SQLite, in this process."""

    def __init__(self, engine: Engine) -> None:
        self._thread = ThreadPoolExecutor(1, "store commit")
        try:
            self._connection = engine.connect()
        except BaseException:
            self._thread.shutdown()
            raise

    async def run(self, work: Callable[[Connection], T]) -> T:
        transaction = self._connection.begin()
        try:
            result = work(self._connection)
            await self._aside(transaction.commit)
        except BaseException:
            # A connection that cannot even roll back is dropped by the caller.
            with contextlib.suppress(exc.SQLAlchemyError, OSError):
                transaction.rollback()
            raise
        return result

    async def prepare(self, work: Callable[[Connection], T]) -> T:
        return await self._aside(lambda: work(self._connection))

    async def drop(self) -> None:
        with contextlib.suppress(exc.SQLAlchemyError, OSError):
            await self._aside(self._connection.invalidate)
        with contextlib.suppress(exc.SQLAlchemyError, OSError):
            self._connection.close()
        self._thread.shutdown()

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class RemoteSession:
    """A server, by a driver that waits for it without blocking."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def run(self, work: Callable[[Connection], T]) -> T:
        def transact(connection: Connection) -> T:
            with connection.begin():
                return work(connection)

        return await self._connection.run_sync(transact)

    async def prepare(self, work: Callable[[Connection], T]) -> T:
        return await self._connection.run_sync(work)

    async def drop(self) -> None:
        with contextlib.suppress(exc.SQLAlchemyError, OSError):
            await self._connection.invalidate()
        with contextlib.suppress(exc.SQLAlchemyError, OSError):
            await self._connection.close()
