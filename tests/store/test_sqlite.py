from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import StoreInUse, StoreUnavailable
from core.store import Store, Transaction
from tests.store.clock import Clock
from tests.store.shop import ANNA, write


@pytest.fixture
async def store(sqlite_url: str, clock: Clock) -> AsyncIterator[Store]:
    opened = await Store.open(sqlite_url, now=clock)
    yield opened
    await opened.close()


async def test_files_are_for_our_eyes_only(store: Store, sqlite_path: Path) -> None:
    await store.write(lambda unit: write(unit, "hello"))
    for suffix in ("", "-wal", "-shm", ".lock"):
        mode = sqlite_path.with_name(sqlite_path.name + suffix).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600, suffix
    assert store.path == sqlite_path
    assert store.files_path == sqlite_path.with_name("frontdesk-files")


async def test_commits_are_on_disk_when_they_return(store: Store) -> None:
    def pragmas(unit: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [unit.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    full = 2
    assert await store.write(pragmas) == ["wal", full, 1]


async def test_readers_cannot_write(store: Store) -> None:
    insert = text("INSERT INTO cursors (name, value) VALUES ('a', 'b')")
    with pytest.raises(StoreUnavailable, match="readonly"):
        await store.read(lambda reader: reader.execute(insert) and None)


async def test_another_store_on_the_same_file_is_refused(
    store: Store, sqlite_url: str, clock: Clock
) -> None:
    """D26: the message names the process; once it has ended, the file is free."""
    with pytest.raises(StoreInUse, match=f"process {os.getpid()};"):
        await Store.open(sqlite_url, now=clock)
    await store.close()
    await (await Store.open(sqlite_url, now=clock)).close()


async def test_write_waits_while_another_program_holds_the_database(
    store: Store, sqlite_path: Path
) -> None:
    """D23: for a second."""
    with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(store.write(lambda unit: write(unit, "hello")))
        done, _ = await asyncio.wait([waiting], timeout=1)
        assert not done
        other.execute("ROLLBACK")
        assert (await waiting).seq == 1


async def test_start_waits_while_another_program_holds_the_database(
    sqlite_url: str, sqlite_path: Path, clock: Clock
) -> None:
    with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
        other.execute("CREATE TABLE something (else_ INTEGER)")
        other.execute("BEGIN EXCLUSIVE")
        opening = asyncio.ensure_future(Store.open(sqlite_url, now=clock))
        done, _ = await asyncio.wait([opening], timeout=0.3)
        assert not done
        other.execute("ROLLBACK")
        store = await opening
    await store.check_writable()
    await store.close()


async def test_full_disk_is_reported_and_forgotten_once_there_is_room(store: Store) -> None:
    """D24: SQLITE_FULL."""
    await store.write(lambda unit: write(unit, "before"))

    def fill(unit: Transaction) -> None:
        pages = unit.execute(text("PRAGMA page_count")).scalar_one()
        unit.execute(text(f"PRAGMA max_page_count = {pages}"))
        write(unit, "x" * 100_000)

    with pytest.raises(StoreUnavailable, match="full"):
        await store.write(fill)
    await store.check_writable()
    assert (await store.write(lambda unit: write(unit, "after"))).seq == 2


async def test_vanished_database_does_not_come_back_empty(store: Store, sqlite_path: Path) -> None:
    """D25: while it is used."""

    def break_off(unit: Transaction) -> None:
        sqlite_path.rename(sqlite_path.with_suffix(".gone"))
        unit.execute(text("SELECT * FROM nothing"))

    with pytest.raises(StoreUnavailable):
        await store.write(break_off)
    with pytest.raises(StoreUnavailable, match="unable to open"):
        await store.check_writable()
    sqlite_path.with_suffix(".gone").rename(sqlite_path)
    await store.check_writable()


async def test_what_is_not_a_database_is_left_alone(sqlite_path: Path, clock: Clock) -> None:
    sqlite_path.write_text("my diary\n" * 1000)
    with pytest.raises(StoreUnavailable, match="not a SQLite database"):
        await Store.open(f"sqlite:///{sqlite_path}", now=clock)
    assert sqlite_path.read_text() == "my diary\n" * 1000
    with pytest.raises(StoreUnavailable, match=r"is a folder; store\.url names a file"):
        await Store.open(f"sqlite:///{sqlite_path.parent}", now=clock)
    with pytest.raises(StoreUnavailable, match=r"there is no folder .*missing"):
        await Store.open(f"sqlite:///{sqlite_path.parent}/missing/frontdesk.db", now=clock)


async def test_damaged_database_is_refused(sqlite_path: Path, clock: Clock) -> None:
    """D25: a header that lies."""
    sqlite_path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await Store.open(f"sqlite:///{sqlite_path}", now=clock)


async def test_log_without_its_database_is_not_thrown_away(
    sqlite_path: Path, sqlite_url: str, clock: Clock
) -> None:
    """D25: at start."""
    sqlite_path.with_name("frontdesk.db-wal").write_bytes(b"precious")
    with pytest.raises(StoreUnavailable, match=r"frontdesk\.db-wal is there"):
        await Store.open(sqlite_url, now=clock)
    assert not sqlite_path.exists()


@pytest.mark.parametrize("folder", ["plain", "with space", "50% # ? ä"])
async def test_any_path_will_do(tmp_path: Path, folder: str, clock: Clock) -> None:
    path = tmp_path / folder / "frontdesk.db"
    path.parent.mkdir()
    url = f"sqlite:///{path}".replace("?", "%3F")
    store = await Store.open(url, now=clock)
    await store.check_writable()
    await store.close()
    assert path.stat().st_size > 0


async def test_relative_path_is_relative_to_the_working_folder(
    tmp_path: Path, clock: Clock
) -> None:
    relative = os.path.relpath(tmp_path / "here.db")
    store = await Store.open(f"sqlite:///{relative}", now=clock)
    assert store.path == (Path.cwd() / relative).resolve()
    assert (tmp_path / "here.db").exists()
    await store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("mysql://root:hunter2@localhost/frontdesk", "mysql: is unknown"),
        ("frontdesk.db", "is not a URL"),
    ],
)
async def test_store_url_that_cannot_be_used_says_why(url: str, words: str, clock: Clock) -> None:
    with pytest.raises(StoreUnavailable, match=words) as refused:
        await Store.open(url, now=clock)
    assert "hunter2" not in str(refused.value)


async def test_conversation_is_still_there_after_a_restart(
    store: Store, sqlite_url: str, clock: Clock
) -> None:
    await store.write(lambda unit: write(unit, "hello"))
    await store.close()
    again = await Store.open(sqlite_url, now=clock)
    found = await again.read(lambda reader: reader.conversation(ANNA))
    await again.close()
    assert found is not None
    assert found.last_seq == 1
