"""What the units of one commit share, so that each row is asked for once and written in one go.

This is the path of every message. A conversation that is known is not read; the messages of all
units are inserted by one statement, and so are the changes of their conversations. A query that
could see the difference has everything written first.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect

from core.messages import Address, CaseRef, ConversationId, Message
from core.notices import Notice
from core.records import Case, Conversation
from core.store import rows
from core.store import statements as sql
from core.store.known import Kept, Known
from core.store.queued import Queued
from core.tables import instant

Find = Callable[[ConversationId, int], str | None]


class Work:
    """Lives from BEGIN to COMMIT on `connection`. `found` is what its units have read and made,
    `queued` the deliveries they add, `notices` what is told after the commit, and `wakes` whether
    it leaves something to do."""

    def __init__(self, connection: Connection, known: Known) -> None:
        self.connection = connection
        self.found: dict[ConversationId, Kept] = {}
        self.queued = Queued(connection)
        self.notices: list[Notice] = []
        self.wakes = False
        self._known = known
        self._ids: dict[Address, ConversationId] = {}
        self._threads: dict[CaseRef, ConversationId] = {}
        self._messages: list[tuple[Any, ...]] = []
        self._keys: dict[tuple[ConversationId, int], str] = {}
        self._changes: dict[ConversationId, rows.Values] = {}
        self._find = _finder(connection)

    # --- conversations ---

    def at(self, address: Address) -> Kept | None:
        id = self._ids.get(address) or self._known.at(address)
        return None if id is None else self.get(id)

    def get(self, id: ConversationId) -> Kept | None:
        return self.found.get(id) or self._known.get(id)

    def in_thread(self, ref: CaseRef) -> Kept | None:
        """The conversation with an open case in this thread that an agent has taken."""
        id = self._threads.get(ref) or self._known.in_thread(ref)
        kept = None if id is None else self.get(id)
        has_it = kept is not None and kept.claim is not None and kept.claim.ref == ref
        return kept if has_it else None

    def keep(self, record: Conversation, newest: Message | None = None) -> Kept:
        """Note how a conversation stands after what this work has written."""
        before = self.get(record.id)
        claim = None if before is None else before.claim
        kept = self.found[record.id] = Kept(rows.copied(record), newest, claim)
        self._ids[record.address] = record.id
        return kept

    def look_at(self, case: Case) -> None:
        """Note how a case stands after what this work has written."""
        kept = self.get(case.conversation)
        if kept is None:
            return
        kept.look_at(case)
        self.found[case.conversation] = kept
        if kept.claim is not None:
            self._threads[kept.claim.ref] = case.conversation

    def advance(self, kept: Kept, newest: Message, language: str) -> None:
        """`newest` is the last message of a conversation whose customer speaks `language`, and
        nothing else has changed in it.

        In place, because the record is read for the next message at once; should the commit fail,
        everything that is known is forgotten.
        """
        record = kept.record
        record.last_seq, record.updated_at, kept.newest = newest.seq, newest.at, newest
        self.found[record.id] = kept
        self.change(record.id, {"last_seq": newest.seq, "updated_at": newest.at})
        if language != record.language:
            record.language = language
            self.change(record.id, {"language": language})

    def saw(self, kept: Kept, seq: int) -> None:
        """The agents have the customer's lines up to `seq`; as `advance`, beside which it is
        called."""
        kept.record.seen_seq = seq
        self.change(kept.record.id, {"seen_seq": seq})

    def change(self, id: ConversationId, columns: rows.Values) -> None:
        """Write these columns with the next `flush`."""
        self._changes.setdefault(id, {}).update(columns)

    # --- messages ---

    def add(self, message: Message, key: int | None) -> None:
        """Insert `message` with the next `flush`."""
        self._messages.append(rows.message_row(message, key))
        if key is not None:
            self._keys[message.conversation, key] = message.external_id

    def external_id(self, conversation: ConversationId, key: int) -> str | None:
        """The id that the platform gave to the message with this key; None for no message."""
        waiting = self._keys.get((conversation, key))
        return self._find(conversation, key) if waiting is None else waiting

    # --- writing ---

    def write_for(self, tables: frozenset[str]) -> None:
        """Write what a statement about these `tables` could tell to be missing. Where it names
        none, that is anything; cases lie apart from all this, so that a look at them spoils no
        batch."""
        if not tables or "deliveries" in tables:
            self.queued.write()
        if (self._messages or self._changes) and (not tables or tables & _LINES):
            self.flush()

    def flush(self) -> None:
        """Write whatever waits."""
        messages, self._messages = self._messages, []
        changes, self._changes = self._changes, {}
        if messages:
            self.connection.exec_driver_sql(_insert(self.connection.dialect), messages)
        self.queued.write()
        alike: dict[tuple[str, ...], list[rows.Values]] = defaultdict(list)
        for id, columns in changes.items():
            alike[tuple(columns)].append({"row_id": id, **columns})
        if usual := alike.pop(_USUAL, None):
            steps = [(v["last_seq"], instant(v["updated_at"]), v["row_id"]) for v in usual]
            self.connection.exec_driver_sql(_advance(self.connection.dialect), steps)
        for values in alike.values():
            self.connection.execute(sql.SET_CONVERSATION, values)


_LINES = frozenset({"messages", "conversations"})


@lru_cache(maxsize=4)
def _insert(dialect: Dialect) -> str:
    """SQLAlchemy writes this once; to have it run it would cost more than the insert itself."""
    compiled = sql.ADD_MESSAGE.compile(dialect=dialect, column_keys=list(rows.MESSAGE_COLUMNS))
    return str(compiled)


_USUAL = ("last_seq", "updated_at")
"""The columns that a message changes where nothing else happens."""


@lru_cache(maxsize=4)
def _advance(dialect: Dialect) -> str:
    return str(sql.ADVANCE.compile(dialect=dialect))


def _finder(connection: Connection) -> Find:
    """How to ask for a key. On SQLite by the driver itself, in a third of the time: this is the
    one question that every message must ask."""
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        return _Driver(driver).find

    def find(conversation: ConversationId, key: int) -> str | None:
        wanted = {"conversation": conversation, "hash": key}
        found: str | None = connection.execute(sql.EXTERNAL_ID, wanted).scalar()
        return found

    return find


class _Driver:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, conversation: ConversationId, key: int) -> str | None:
        found = self._connection.execute(_EXTERNAL_ID, (conversation, key)).fetchone()
        return None if found is None else found[0]


_EXTERNAL_ID = "SELECT external_id FROM messages WHERE conversation_id = ? AND external_key = ?"
