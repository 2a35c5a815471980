"""Connections as this project wants them, whatever the drivers' defaults are.

SQLite: write-ahead log, every commit on disk before it returns, one writer that takes its lock
at BEGIN. PostgreSQL: one writing connection that proves, by an advisory lock, to be the only one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    QueuePool,
    create_engine,
    event,
    exc,
    make_url,
    text,
)

from core.errors import StoreInUse, StoreUnavailable
from core.store import faults, lock
from core.store.checkpoints import Checkpoints
from core.store.lineage import Lineage
from core.store.readers import LocalReaders, Readers, RemoteReaders
from core.store.session import LocalSession, RemoteSession, Session
from core.store.wires import Wires
from core.store.witness import Witness

if TYPE_CHECKING:  # PostgreSQL only, and heavy
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds to wait for another connection to get out of the way, unless a sqlite: URL says
`?timeout=…`."""

_BUSY_TIMEOUT = 5.0
# Our own checkpoints are soon out of the way, another program perhaps not.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.1
_SQLITE_READERS = 2
_POSTGRES_READERS = 4
_POSTGRES_TIMEOUTS = {"timeout": 10, "command_timeout": 30}
_LET_GO = 2.0  # seconds until the server has noticed that the last process died

# Any number does, as long as it is the same in every frontdesk.
_CLAIM = text("SELECT pg_try_advisory_lock(719885386)")
_HOLDER = text(
    "SELECT min(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 719885386 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # More than this of the log's file is cut off by the commit that begins it anew, and cutting
    # takes as long as fifty commits. So it is more than `core.store.checkpoints` lets it become.
    "PRAGMA journal_size_limit=134217728",
    "PRAGMA wal_autocheckpoint=0",  # see core.store.checkpoints
)


class Database:
    """The engines of one database. `path` is its file, None when it is not a file, and then it
    has no `lineage` either. `patience` is in seconds."""

    def __init__(
        self,
        writer: Engine | AsyncEngine,
        readers: Readers,
        path: Path | None,
        patience: float = PATIENCE,
        wires: Wires | None = None,
    ) -> None:
        self.path = path
        self._wires = wires
        self.patience = patience
        self.lineage = Lineage(path) if path is not None else None
        self._witness: Witness | None = None
        self._writer = writer
        self._readers = readers
        self._lock: lock.FileLock | None = None
        self._checkpoints: Checkpoints | None = None

    async def claim(self) -> None:
        """Keep other processes out of the file. Raises StoreInUse or StoreUnavailable."""
        if self.path is None or self.lineage is None:
            return
        path = self.path
        self._lock = lock.FileLock(path)
        self.lineage.look()
        lock.prepare(path)
        try:
            busy = min(self.patience, _BUSY_TIMEOUT)
            ahead = partial(asyncio.to_thread, _write_ahead, path, busy)
            await patiently(ahead, patience=self.patience)
        except sqlite3.Error as error:
            raise faults.as_unavailable(error, f"cannot use {self.path}") from error
        self._witness = Witness(path)
        self._checkpoints = Checkpoints(path, time.monotonic)

    async def writing(self) -> Session:
        """A new connection that writes. Raises StoreInUse or StoreUnavailable."""
        try:
            if isinstance(self._writer, Engine):
                return LocalSession(self._writer)
            return await _claimed_session(self._writer)
        except StoreInUse:
            raise
        except Exception as error:
            raise faults.as_unavailable(error, "the database cannot be opened") from error

    def check_files(self, connection: Connection) -> None:
        """Call it before a commit. Raises FilesChanged when nobody would find it again."""
        if self._witness is not None:
            self._witness.check(connection.info)

    def committed(self) -> None:
        """Call it after each commit; returns at once."""
        if self._checkpoints is not None:
            self._checkpoints.committed()

    async def rescue(self, session: Session) -> None:
        """Put what is only in a log that lost its name into the database, then let go of it."""
        with contextlib.suppress(exc.SQLAlchemyError, OSError):
            await session.prepare(_empty_log)
        if self._checkpoints is not None:
            self._checkpoints.let_go()
        await self._readers.let_go()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on a snapshot. Raises StoreUnavailable, or what `query` raises."""
        try:
            return await self._readers.read(query)
        except Exception as error:
            if faults.unavailable(error) or faults.busy(error):
                raise faults.as_unavailable(error, "the database cannot be read") from error
            raise

    def sync_folder(self) -> None:
        """Put the files' names on disk too: a commit in a file without a name is lost."""
        if self.path is not None:
            folder = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)

    def cut(self) -> None:
        """A server has had its time; whoever still waits for it is told so."""
        if self._wires is not None:
            self._wires.cut()

    async def close(self) -> None:
        checkpoints, self._checkpoints = self._checkpoints, None
        if checkpoints is not None:
            await asyncio.to_thread(checkpoints.close)
        await self._readers.close()
        if isinstance(self._writer, Engine):
            self._writer.dispose()
        else:
            await self._writer.dispose()
        if self._lock is not None:
            self._lock.release()


def locate(url: str) -> Database:
    """The database behind a `store.url`. Raises StoreUnavailable when it is none of ours."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise StoreUnavailable("store.url is not a URL such as sqlite:///frontdesk.db") from error
    match parsed.drivername:
        case "sqlite":
            return _sqlite(parsed)
        case "postgresql" | "postgres":
            return _postgres(parsed)
        case other:
            raise StoreUnavailable(f"store.url: {other}: is unknown; use sqlite or postgresql")


async def patiently(
    attempt: Callable[[], Awaitable[T]],
    again: Callable[[Exception], bool] = faults.busy,
    patience: float = PATIENCE,
) -> T:
    """What `attempt` returns, tried for `patience` seconds while something is in its way."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    pause = _FIRST_PAUSE
    while True:
        try:
            return await attempt()
        except Exception as error:
            if not again(error) or loop.time() > deadline:
                raise
        await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311
        pause = min(2 * pause, _LONGEST_PAUSE)


def real_path(name: str) -> Path:
    """SQLite follows links, and the lock must not differ. Raises StoreUnavailable."""
    try:
        return Path(name).resolve()
    except (OSError, RuntimeError) as error:  # a link to itself
        cure = "mend the link, or store.url"
        raise StoreUnavailable(f"{name} leads nowhere ({error}): {cure}") from None


def _sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        raise StoreUnavailable("store.url: name a file, as in sqlite:///frontdesk.db")
    path = real_path(url.database)
    patience = _patience(url)
    busy = min(patience, _BUSY_TIMEOUT)
    # Mode rw never creates: a database that vanished must not come back empty.
    place = URL.create(
        "sqlite",
        database=f"file:{quote(str(path))}",
        query={"uri": "true", "mode": "rw"},
    )
    # The writer blocks the event loop, so it does not wait for a lock; `patiently` does.
    writer = create_engine(
        place,
        connect_args={"timeout": 0, "isolation_level": None, "check_same_thread": False},
        hide_parameters=True,
        poolclass=NullPool,
    )
    readers = create_engine(
        place,
        connect_args={"timeout": busy, "isolation_level": None, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=_SQLITE_READERS,
        max_overflow=0,
        hide_parameters=True,
    )
    _on_connect(writer, _PRAGMAS)
    _on_connect(
        readers,
        (*_PRAGMAS, f"PRAGMA busy_timeout={int(busy * 1000)}", "PRAGMA query_only=ON"),
    )
    _on_begin(writer, "BEGIN IMMEDIATE")
    _on_begin(readers, "BEGIN")
    return Database(writer, LocalReaders(readers, _SQLITE_READERS), path, patience)


def _patience(url: URL) -> float:
    try:
        return float(str(url.query.get("timeout", PATIENCE)))
    except ValueError:
        raise StoreUnavailable("store.url: timeout is a number of seconds") from None


def _postgres(url: URL) -> Database:
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    place = url.set(drivername="postgresql+asyncpg", query=query)
    writer = _engine(place, _POSTGRES_TIMEOUTS, poolclass=NullPool)
    readers = _engine(
        place,
        _POSTGRES_TIMEOUTS,
        pool_size=_POSTGRES_READERS,
        max_overflow=0,
        isolation_level="REPEATABLE READ",
    )
    wires = Wires()
    wires.watch(writer)
    wires.watch(readers)
    return Database(writer, RemoteReaders(readers), None, wires=wires)


def _engine(place: URL, arguments: Mapping[str, Any], **options: Any) -> AsyncEngine:
    from sqlalchemy.ext.asyncio import create_async_engine

    # Parameters stay out of error texts: they are what customers wrote.
    return create_async_engine(
        place, connect_args=dict(arguments), hide_parameters=True, **options
    )


def _on_connect(engine: Engine, statements: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()


def _on_begin(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


def _write_ahead(path: Path, busy: float) -> None:
    # By itself, because the journal's mode cannot change inside a transaction.
    with contextlib.closing(sqlite3.connect(path, timeout=busy)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _empty_log(connection: Connection) -> None:
    connection.rollback()
    cursor = connection.connection.cursor()  # past SQLAlchemy, which would begin a transaction
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cursor.close()


async def _claimed_session(engine: AsyncEngine) -> Session:
    session = RemoteSession(connection := engine.connect())
    try:
        _ = await connection.start()
        await patiently(lambda: _claim_postgres(connection), _claimed, _LET_GO)
    except BaseException:
        await session.drop()
        raise
    return session


async def _claim_postgres(connection: AsyncConnection) -> None:
    taken = await connection.scalar(_CLAIM)
    holder = None if taken else await connection.scalar(_HOLDER)
    await connection.rollback()
    if not taken:
        raise StoreInUse(
            f"another frontdesk uses this database (its server process is {holder}); stop it first"
        )


def _claimed(error: Exception) -> bool:
    return isinstance(error, StoreInUse)
