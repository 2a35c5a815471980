"""The database itself refuses a second row for what there can only be one of.

The code looks before it writes, and one writer makes that enough. The keys are for the day on
which somebody forgets to look.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.messages import (
    Address,
    Attachment,
    AttachmentKind,
    Author,
    AuthorKind,
    CaseRef,
    ChannelName,
    DeliveryKey,
)
from core.records import DeliveryKind, Target
from core.store import Store, Transaction, filing

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a customer has one conversation": (
        "conversations",
        {"id": 99},
        "conversations.channel, conversations.account, conversations.peer",
    ),
    "a platform's message is one line": (
        "messages",
        {"seq": 99},
        "messages.conversation_id, messages.external_key",
    ),
    "a number is one line": (
        "messages",
        {"external_key": 99},
        "messages.conversation_id, messages.seq",
    ),
    "a conversation has one open case": ("cases", {"id": 99, "thread": "9.9"}, "cases.open_key"),
    "a thread is one case": (
        "cases",
        {"id": 99, "open_key": None},
        "cases.workspace, cases.channel, cases.thread",
    ),
    "a key is one delivery": ("deliveries", {"id": 99, "part": 9}, "deliveries.key"),
    "a part is one delivery": (
        "deliveries",
        {"id": 99, "key": "another"},
        "deliveries.conversation_id, deliveries.seq, deliveries.kind, deliveries.lane, "
        "deliveries.part",
    ),
    "a picture is one file": ("files", {"id": "another"}, "files.picture_key"),
}


@pytest.mark.parametrize("key", KEYS)
async def test_a_second_row_is_refused(key: str, tmp_path: Path) -> None:
    """C03, C15, D08: whoever forgets to look first is stopped, and nothing is there twice."""
    table, changed, columns = KEYS[key]
    await fill(tmp_path / "frontdesk.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "frontdesk.db")) as database:
        with pytest.raises(sqlite3.IntegrityError) as refused:
            repeat(database, table, changed)
        assert str(refused.value) == f"UNIQUE constraint failed: {columns}"


def repeat(database: sqlite3.Connection, table: str, changed: dict[str, Any]) -> None:
    """Insert the table's row again, with other values in some columns."""
    database.row_factory = sqlite3.Row
    row = {**dict(database.execute(f"SELECT * FROM {table}").fetchone()), **changed}  # noqa: S608
    places = ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", [*row.values()])  # noqa: S608


async def fill(path: Path) -> None:
    """One row in each table."""
    store = await Store.open(f"sqlite:///{path}", now=lambda: NOW)
    try:
        await store.write(one_of_each)
    finally:
        await store.close()


def one_of_each(tx: Transaction) -> None:
    conversation = tx.open_conversation(Address(ChannelName("web"), "", "anna"))
    tx.append(conversation, Author(AuthorKind.CUSTOMER, "Anna"), "hello", external_id="m1")
    case = tx.open_case(conversation, "she asked", 1)
    case.ref = CaseRef("T1", "C1", "1.1")
    tx.add_delivery(
        conversation=conversation,
        target=Target.CUSTOMER,
        kind=DeliveryKind.REPLY,
        seq=1,
        key=DeliveryKey("k1"),
    )
    picture = Attachment(AttachmentKind.IMAGE, "face", "image/png", source="desk", remote="face")
    filing.picture(tx, picture)
