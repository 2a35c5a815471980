"""The statements of every message, run past SQLAlchemy, which would take longer than they do.

It writes each of them once, in the words of its dialect; on SQLite the driver itself runs them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update

from core.messages import ConversationId
from core.store import statements as sql

Find = Callable[[ConversationId, int], str | None]
Many = Callable[[str, list[tuple[Any, ...]]], object]

_EXTERNAL_ID = "SELECT external_id FROM messages WHERE conversation_id = ? AND external_key = ?"


@lru_cache(maxsize=64)
def written(statement: Insert | Update, columns: Sequence[str], dialect: Dialect) -> str:
    """`statement` in SQL, for rows of `columns`."""
    return str(statement.compile(dialect=dialect, column_keys=list(columns) or None))


def insert(
    many: Many,
    dialect: Dialect,
    statement: Insert,
    columns: Sequence[str],
    waiting: list[tuple[Any, ...]],
) -> None:
    """Write the rows that wait, if there are any; then none does."""
    if waiting:
        many(written(statement, columns, dialect), waiting)
        waiting.clear()


def writer(connection: Connection) -> Many:
    """How to run such a statement for many rows."""
    driver = _sqlite(connection)
    return connection.exec_driver_sql if driver is None else driver.executemany


def finder(connection: Connection) -> Find:
    """How to ask for a message's key."""
    driver = _sqlite(connection)
    if driver is not None:
        return _Driver(driver).find

    def find(conversation: ConversationId, key: int) -> str | None:
        wanted = {"conversation": conversation, "hash": key}
        found: str | None = connection.execute(sql.EXTERNAL_ID, wanted).scalar()
        return found

    return find


def _sqlite(connection: Connection) -> sqlite3.Connection | None:
    driver: Any = connection.connection.driver_connection
    return driver if isinstance(driver, sqlite3.Connection) else None


class _Driver:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, conversation: ConversationId, key: int) -> str | None:
        found = self._connection.execute(_EXTERNAL_ID, (conversation, key)).fetchone()
        return None if found is None else found[0]
