"""The log is moved into the database beside the commits."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from core.store import Store, Transaction
from core.store.checkpoints import Checkpoints
from tests.store.clock import Clock
from tests.store.shop import write


def moved(path: Path) -> int:
    """How many messages are in the database itself, whatever its log may have."""
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as database:
        try:
            return int(database.execute("SELECT count(*) FROM messages").fetchone()[0])
        except sqlite3.DatabaseError:  # read in the middle of a page being written
            return 0


async def test_what_is_committed_reaches_the_database_without_any_commit_moving_it(
    sqlite_url: str, sqlite_path: Path, clock: Clock
) -> None:
    store = await Store.open(sqlite_url, now=clock)

    def pages(unit: Transaction) -> object:
        return unit.execute(text("PRAGMA wal_autocheckpoint")).scalar()

    assert await store.write(pages) == 0
    async with asyncio.timeout(10):
        while moved(sqlite_path) < 3:
            await store.write(lambda unit: write(unit, "hello"))
            await asyncio.sleep(0.01)
    await store.close()


async def test_a_log_does_not_grow_for_ever_while_somebody_always_writes(
    sqlite_url: str, sqlite_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.checkpoints._LONG", 50)
    monkeypatch.setattr("core.store.checkpoints._PAUSE", 0.0)
    store = await Store.open(sqlite_url, now=clock)
    log = sqlite_path.with_name(sqlite_path.name + "-wal")
    for _ in range(400):
        await store.write(lambda unit: write(unit, "x" * 4_000))
    assert log.stat().st_size < 400 * 3 * 4_096
    await store.close()


def test_a_database_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    """D25."""
    times = iter([0.0, 1.0, 1.0])
    checkpoints = Checkpoints(tmp_path / "gone.db", lambda: next(times))
    checkpoints.committed()
    checkpoints.close()
    assert not list(tmp_path.iterdir())
