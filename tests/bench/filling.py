"""Fill a store quickly with a past: conversations and their messages, in the real schema."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite

from connectors.web.tokens import Tokens, peer_of
from core.app import utc_now
from core.messages import Address, Author, AuthorKind, ChannelName, ConversationId, Message
from core.store import Store, StoredCursors, lines, rows
from core.store.store import external_key
from core.tables import conversations, messages

_WEB = ChannelName("web")
_AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
_TEXT = "hello, could you tell me whether the large terracotta pots are in stock again please"
_KEY = "web.token_key"


async def token_key(store: Store) -> str:
    """The key of visitors' tokens; made here when the store is new."""
    cursors = StoredCursors(store)
    if not await cursors.get(_KEY):
        await cursors.set(_KEY, Tokens.new_key())
    return await cursors.get(_KEY) or ""


def visitors(key: str, count: int) -> list[str]:
    tokens = Tokens(key)
    return [tokens.issue() for _ in range(count)]


async def fill(path: Path, people: int, each: int) -> list[str]:
    """A new store at `path` where each of `people` has written `each` messages, half of them
    answers; the visitors' tokens."""
    store = await Store.open(f"sqlite:///{path}", now=utc_now)
    try:
        tokens = visitors(await token_key(store), people)
    finally:
        await store.close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-200000")
        connection.execute("BEGIN")
        _insert(connection, conversations, _conversations(tokens, each))
        _insert(connection, messages, _messages(people, each))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return tokens


def _insert(
    connection: sqlite3.Connection, table: Table, values: Iterator[Mapping[str, Any]]
) -> None:
    """The first of `values` says which columns there are; all come as the driver wants them."""
    first = next(values)
    columns = ", ".join(f'"{name}"' for name in first)
    marks = ", ".join(f":{name}" for name in first)
    sql = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'  # noqa: S608
    connection.execute(sql, first)
    connection.executemany(sql, values)


def _bound(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` as the table's own types hand them to the driver."""
    dialect = sqlite.dialect()
    bound = {}
    for name, value in values.items():
        process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        bound[name] = process(value) if process else value
    return bound


def _conversations(tokens: Sequence[str], each: int) -> Iterator[Mapping[str, Any]]:
    address = Address(_WEB, _WEB, "")
    plain = rows.conversation_values(rows.new_conversation(address, _AT))
    template = _bound(conversations, plain) | {"last_seq": each}
    for number, token in enumerate(tokens, 1):
        yield template | {"id": number, "peer": peer_of(token)}


def _messages(people: int, each: int) -> Iterator[Mapping[str, Any]]:
    """Customer and bot take turns."""
    asked = _line(AuthorKind.CUSTOMER, "00000000-0000-4000-8000-000000000000")
    said = _line(AuthorKind.BOT, "")
    for conversation in range(1, people + 1):
        for seq in range(1, each + 1):
            where = {"conversation_id": conversation, "seq": seq}
            if seq % 2:
                id = f"{conversation:08x}-{seq:04x}-4000-8000-000000000000"
                yield {**asked, **where, "external_id": id, "external_key": external_key(id)}
            else:
                yield {**said, **where}


def _line(kind: AuthorKind, external_id: str) -> dict[str, Any]:
    message = Message(
        conversation=ConversationId(1),
        seq=1,
        author=Author(kind, "" if kind is AuthorKind.CUSTOMER else "Fern & Clay"),
        text=_TEXT,
        at=_AT,
        external_id=external_id,
        answered_by="" if kind is AuthorKind.CUSTOMER else "rule:stock",
    )
    key = external_key(external_id) if external_id else None
    return dict(zip(lines.MESSAGE_COLUMNS, lines.message_row(message, key), strict=True))


def counted(path: Path) -> dict[str, int]:
    """How many messages there are of each kind of author."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT author_kind, count(*) FROM messages GROUP BY 1")
        return dict(found.fetchall())


def write_tokens(path: Path, tokens: Sequence[str]) -> Path:
    path.write_text(json.dumps(list(tokens)))
    return path
