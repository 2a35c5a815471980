"""Read a store's past beside the frontdesk that writes it, and change nothing.

The running service needs not be asked and keeps its lock: a SQLite file is opened for reading
only, and a transaction of PostgreSQL is read-only too. One reading sees one snapshot, and brings
it conversation by conversation, so that a store of any size fits into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Table,
    case,
    event,
    exc,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.errors import NewerDatabase, StoreUnavailable
from core.messages import ConversationId, Message
from core.migrations import REVISIONS
from core.records import Conversation
from core.store import faults
from core.store.database import real_path
from core.store.rows import to_conversation, to_message
from core.tables import answers, conversations, expenses, messages

T = TypeVar("T")

_BUSY = 5.0  # seconds to wait for a writer that has the whole file
_AT_ONCE = 2_000  # messages that are read in one go, unless one conversation has more
_MOST_IDS = 500  # conversations in one statement

_SIZES = (
    select(messages.c.conversation_id, func.count().label("lines"))
    .group_by(messages.c.conversation_id)
    .order_by(messages.c.conversation_id)
)
_VERSION = text("SELECT version_num FROM alembic_version")


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as it is now, and its whole transcript. `reach` says of the answers that
    were paid for, by `seq`, up to which line they go."""

    conversation: Conversation
    lines: Sequence[Message]
    reach: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Paid:
    """What `count` calls of one `kind` cost: a source of answers, or why there was none."""

    kind: str
    count: int
    input_tokens: int
    output_tokens: int
    micro_usd: int


class Past:
    """One snapshot of the store; lives as long as the reading that it was made for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sizes(self, since: datetime | None = None) -> dict[ConversationId, int]:
        """How many lines each conversation has that has one from `since` on."""
        query = _SIZES
        if since is not None:
            newest = func.max(case((messages.c.at >= since, 1), else_=0))
            query = _SIZES.having(newest == 1)
        return {row.conversation_id: row.lines for row in self._connection.execute(query)}

    def talks(self, sizes: dict[ConversationId, int]) -> Iterator[Talk]:
        """These conversations, in the order of their ids."""
        for ids in _batches(sizes):
            known = self._connection.execute(
                select(conversations).where(conversations.c.id.in_(ids))
            )
            by_id = {row.id: to_conversation(row) for row in known}
            reach = self._reach(ids)
            lines = self._connection.execute(
                select(messages)
                .where(messages.c.conversation_id.in_(ids))
                .order_by(messages.c.conversation_id, messages.c.seq)
            )
            for id, rows in groupby(lines, lambda row: row.conversation_id):
                yield Talk(by_id[id], [to_message(row) for row in rows], reach.get(id, {}))

    def paid(self, since: datetime | None = None) -> tuple[list[Paid], list[Paid]]:
        """What was paid from `since` on: for answers, and for what became none."""
        return (
            self._paid(answers, answers.c.source, since),
            self._paid(expenses, expenses.c.reason, since),
        )

    def _paid(self, table: Table, kind: Column[Any], since: datetime | None) -> list[Paid]:
        query = select(
            kind.label("kind"),
            func.count().label("calls"),
            *(
                func.sum(table.c[name]).label(name)
                for name in ("input_tokens", "output_tokens", "cost_micro_usd")
            ),
        ).group_by(kind)
        if since is not None:
            query = query.where(table.c.at >= since)
        return [
            # PostgreSQL adds up integers to what Python calls a Decimal.
            Paid(
                row.kind,
                row.calls,
                int(row.input_tokens),
                int(row.output_tokens),
                int(row.cost_micro_usd),
            )
            for row in self._connection.execute(query.order_by(kind))
        ]

    def _reach(self, ids: Sequence[ConversationId]) -> dict[ConversationId, dict[int, int]]:
        found: dict[ConversationId, dict[int, int]] = {}
        query = select(answers.c.conversation_id, answers.c.seq, answers.c.question_upto)
        for row in self._connection.execute(query.where(answers.c.conversation_id.in_(ids))):
            found.setdefault(row.conversation_id, {})[row.seq] = row.question_upto
        return found


def _batches(sizes: dict[ConversationId, int]) -> Iterator[list[ConversationId]]:
    batch: list[ConversationId] = []
    lines = 0
    for id in sorted(sizes):
        if batch and (lines + sizes[id] > _AT_ONCE or len(batch) == _MOST_IDS):
            yield batch
            batch, lines = [], 0
        batch.append(id)
        lines += sizes[id]
    if batch:
        yield batch


async def read_past(url: str, query: Callable[[Past], T]) -> T:
    """What `query` makes of the store at `url`. It runs on the event loop, which is its own.

    Raises StoreUnavailable or NewerDatabase, each with a text for the admin.
    """
    return await _read(url, lambda connection: query(_checked(connection)))


async def read_schema(url: str) -> str | None:
    """The revision of the store at `url`, None when it has no tables. Raises StoreUnavailable."""
    return await _read(url, _revision)


async def _read(url: str, query: Callable[[Connection], T]) -> T:
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(query)
    except exc.DBAPIError as error:
        raise _placed(error, "the store cannot be read", engine.url) from error
    except OSError as error:
        raise _placed(error, "the store cannot be reached", engine.url) from error
    finally:
        await engine.dispose()


def _placed(error: Exception, what: str, url: URL) -> StoreUnavailable:
    where = unquote(f"{url.database}".removeprefix("file:")) if url.host is None else url.host
    return StoreUnavailable(f"{faults.as_unavailable(error, what)} (store.url: {where})")


def _checked(connection: Connection) -> Past:
    """Raises when the tables are not those that this version knows."""
    stored = _revision(connection)
    if stored is None:
        raise StoreUnavailable("the store has no tables yet: nothing was ever stored there")
    if stored not in REVISIONS:
        raise NewerDatabase(
            f"the store has schema {stored}, this version knows {REVISIONS[-1]} at most; "
            "use the version that wrote it"
        )
    if stored != REVISIONS[-1]:
        raise StoreUnavailable(
            f"the store has the older schema {stored}; `frontdesk run` of this version brings it "
            "up to date, once, when it starts"
        )
    return Past(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    stored: str | None = connection.scalar(_VERSION)
    return stored


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise StoreUnavailable("store.url is not a URL such as sqlite:///frontdesk.db") from error
    return _sqlite(parsed) if parsed.drivername == "sqlite" else _postgres(parsed)


def _sqlite(url: URL) -> AsyncEngine:
    path = real_path(url.database or "")
    if path.is_dir():
        raise StoreUnavailable(f"{path} is a folder; store.url names a file")
    if not path.is_file():
        raise StoreUnavailable(
            f"there is no store at {path} (store.url): is this the folder where frontdesk runs?"
        )
    place = URL.create(
        "sqlite+aiosqlite",
        database=f"file:{quote(str(path))}",
        query={"uri": "true", "mode": "ro"},
    )
    options = {"timeout": _BUSY, "isolation_level": None}
    engine = create_async_engine(place, connect_args=options, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")  # one snapshot for all that follows

    return engine


def _postgres(url: URL) -> AsyncEngine:
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    options: dict[str, Any] = {
        "timeout": 10,
        "server_settings": {"default_transaction_read_only": "on"},
    }
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query),
        connect_args=options,
        hide_parameters=True,
        isolation_level="REPEATABLE READ",
    )
