"""A database of any released version is brought up to date, or is left as it was."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import NewerDatabase, StoreUnavailable
from core.migrations import REVISIONS
from core.store import Store
from core.store.database import locate
from tests.store.clock import Clock
from tests.store.killed_upgrades import look, upgrade
from tests.store.shop import ANNA, write
from tests.store.test_schema import differences

DUMPS = {path.stem: path for path in (Path(__file__).with_name("schemas")).glob("*.sql")}
ROWS = 20_000


def load(revision: str, path: Path, rows: int = 0) -> None:
    """The database that a release left behind, with `rows` more messages."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMPS[revision].read_text(encoding="utf-8"))
        many = ((seq, f"message {seq}") for seq in range(1000, 1000 + rows))
        connection.executemany(
            "INSERT INTO messages (conversation_id, seq, author_kind, author_name, text, "
            "external_id, answered_by, at) VALUES (1, ?, 'customer', '', ?, '', '', 0)",
            many,
        )
        connection.commit()
        connection.execute("PRAGMA journal_mode=WAL")


def test_every_released_schema_is_kept_here() -> None:
    """O02: a step without its dump is a release nobody tries to upgrade from."""
    assert tuple(sorted(DUMPS)) == REVISIONS


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_released_database_of_real_size_is_brought_up_to_date(
    revision: str, tmp_path: Path
) -> None:
    """O02: everything in it is still there, and can be gone on with."""
    path = tmp_path / "frontdesk.db"
    load(revision, path, ROWS)
    store = await Store.open(f"sqlite:///{path}", now=Clock())
    conversation = await store.read(lambda reader: reader.conversation(ANNA))
    assert conversation is not None
    told = await store.read(lambda reader: reader.messages(conversation.id, limit=10**6))
    assert len(told) == ROWS + 2
    assert [message.text for message in told[:2]] == ["hello", "你好 👋"]
    assert (await store.write(lambda unit: write(unit, "more"))).seq == conversation.last_seq + 1
    await store.close()
    database = locate(f"sqlite:///{path}")
    assert await database.read(differences) == []
    await database.close()


async def test_a_step_to_a_new_schema_leaves_a_whole_copy_of_the_old_one(tmp_path: Path) -> None:
    """O02: readable for us alone; the former version starts with it again."""
    path, copy = tmp_path / "frontdesk.db", tmp_path / "frontdesk.db.schema-0001"
    load("0001", path, 100)
    before = look(path)
    await upgrade(path)
    assert look(path)["version"] == "9002"
    assert look(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with pytest.raises(NewerDatabase, match=r"schema 9002.*restore a backup"):
        await Store.open(f"sqlite:///{path}", now=Clock())
    copy.replace(path)
    for suffix in ("-wal", "-shm", ".run"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    await (await Store.open(f"sqlite:///{path}", now=Clock())).close()


async def test_a_new_database_is_not_copied(tmp_path: Path) -> None:
    await upgrade(tmp_path / "frontdesk.db")
    assert not list(tmp_path.glob("*.schema-*"))


async def test_without_room_for_the_copy_no_step_is_taken(tmp_path: Path) -> None:
    """O02: the reason is said, and the database stays as it was."""
    path = tmp_path / "frontdesk.db"
    load("0001", path)
    before = look(path)
    (tmp_path / "frontdesk.db.schema-0001.part").mkdir()  # nothing can be written there
    with pytest.raises(StoreUnavailable, match="no copy of it can be made"):
        await upgrade(path)
    assert look(path) == before


async def test_a_kill_at_any_statement_of_an_upgrade_leaves_all_of_it_or_nothing(
    tmp_path: Path,
) -> None:
    """C19: the old schema with every row, or the new one; the next start finishes."""
    path = tmp_path / "frontdesk.db"
    load("0001", path, 500)
    before = look(path)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.store.killed_upgrades", str(path), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    states = [json.loads(line) for line in done.stdout.splitlines()]
    numbers = [state.pop("number") for state in states]
    assert len(states) > 12
    assert states[:-1] == [before] * (len(states) - 1)
    assert (states[-1]["version"], states[-1]["rows"]) == ("9002", before["rows"])
    for number in numbers[:-1]:
        await upgrade(tmp_path / str(number) / "frontdesk.db")
        assert look(tmp_path / str(number) / "frontdesk.db") == states[-1]


async def test_a_kill_while_the_first_tables_are_made_leaves_a_database_that_starts(
    tmp_path: Path,
) -> None:
    """C19: an empty file is as far as it came."""
    path = tmp_path / "frontdesk.db"
    path.touch()
    source = f"""
import asyncio, sys
from core.store import Store
from tests.store.clock import Clock
from tests.store.killed_upgrades import die_before
die_before(int(sys.argv[1]))
asyncio.run(Store.open("sqlite:///{path}", now=Clock()))
"""
    for number in ("3", "12"):
        done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", source, number])
        assert done.returncode < 0
    await (await Store.open(f"sqlite:///{path}", now=Clock())).close()
