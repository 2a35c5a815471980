"""The database's files are deleted, replaced or lost, while the service runs or before it starts.

A process keeps writing to a file that has no name any more, and every commit succeeds; so what is
looked for here is a refusal, before anybody hears "got it".
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import StoreInUse, StoreUnavailable
from core.store import Store
from core.store.history import read_past
from tests.scenarios.house import House
from tests.store.clock import Clock
from tests.store.shop import ANNA, texts, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "frontdesk.db"


async def opened(path: Path, clock: Clock | None = None) -> Store:
    return await Store.open(f"sqlite:///{path}", now=clock or Clock())


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    store = await opened(path)
    yield store
    await store.close()


async def said(store: Store) -> list[str]:
    def look(reader):  # type: ignore[no-untyped-def]
        conversation = reader.conversation(ANNA)
        return texts(reader.messages(conversation.id)) if conversation else []

    return await store.read(look)


async def test_a_deleted_database_acknowledges_nothing_and_may_be_put_back(
    tmp_path: Path,
) -> None:
    """D25: the customer hears `unavailable`, never an ack for what the next start cannot find."""
    house = House(tmp_path)
    await house.open(slack=False, gpt=False)
    database, kept = tmp_path / "frontdesk.db", tmp_path / "kept"
    try:
        async with house.visitor() as visitor:
            await visitor.say("hello")
            os.link(database, kept)
            database.unlink()
            assert (await visitor.say("shipping"))["code"] == "unavailable"
            assert not (await house.service.readiness())["ready"]
            os.link(kept, database)
            assert (await visitor.say("shipping"))["type"] == "ack"
            await visitor.hears("Shipping takes 3 days.")
    finally:
        await house.close()


async def test_a_database_replaced_in_use_is_not_written_to(store: Store, path: Path) -> None:
    """D25: neither the old file, which nobody finds again, nor the new one, which is another."""
    await store.write(lambda unit: write(unit, "one"))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(f"{path}.new")) as copy:
        source.backup(copy)
    path.with_name("frontdesk.db.new").rename(path)
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match=r"frontdesk\.db was deleted or replaced"):
            await store.write(lambda unit: write(unit, "two"))
    await store.close()
    again = await opened(path)
    assert await said(again) == ["one"]
    await again.close()


async def test_a_log_deleted_in_use_loses_nothing_that_was_acknowledged(
    store: Store, path: Path
) -> None:
    """D25: what only the deleted log held is put into the database; then writing goes on."""
    for number in range(5):
        await store.write(lambda unit, number=number: write(unit, str(number)))  # type: ignore[misc]
    assert len(await said(store)) == 5  # a reader keeps the log open as well
    path.with_name("frontdesk.db-wal").unlink()
    with pytest.raises(StoreUnavailable, match=r"frontdesk\.db-wal was deleted"):
        await store.write(lambda unit: write(unit, "refused"))
    await store.write(lambda unit: write(unit, "5"))
    killed = path.parent / "killed"
    killed.mkdir()
    for name in ("frontdesk.db", "frontdesk.db-wal"):
        shutil.copy(path.with_name(name), killed / name)  # as a kill would leave them
    again = await opened(killed / "frontdesk.db")
    assert await said(again) == ["0", "1", "2", "3", "4", "5"]
    await again.close()


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
async def test_a_database_that_is_gone_at_start_does_not_come_back_empty(
    left: str, path: Path
) -> None:
    """D25: the start is refused with a reason and a way on."""
    await (await opened(path)).close()
    path.unlink()
    if left == "an empty file":
        path.touch()
    for _start in range(2):
        with pytest.raises(StoreUnavailable, match=r"missing or empty.*frontdesk\.db\.run says"):
            await opened(path)
    path.with_name("frontdesk.db.run").unlink()
    await (await opened(path)).close()


async def _written_and_not_moved(path: Path) -> dict[str, bytes]:
    """The files of a store with one message, all of which is in the log: half a second after the
    start it may be moved, so on a busy machine more than one try may be needed."""
    for _ in range(50):
        store = await opened(path)
        await store.write(lambda unit: write(unit, "in the log"))
        files = {name: path.with_name(name).read_bytes() for name in ("frontdesk.db", LOG, RUN)}
        await store.close()
        if b"CREATE TABLE messages" not in files["frontdesk.db"]:
            return files
        for left in path.parent.glob("frontdesk.db*"):
            left.unlink()
    raise AssertionError("the log is always moved at once")


@pytest.mark.parametrize("looked", [False, True])
async def test_a_log_lost_after_a_kill_is_missed_at_the_next_start(
    looked: bool, path: Path
) -> None:
    """D25: the newest messages were in it, so the start is refused until somebody decides, also
    when somebody has looked into the store meanwhile, which leaves an empty log."""
    files = await _written_and_not_moved(path)
    path.write_bytes(files["frontdesk.db"])  # as a kill would leave it, with the log gone
    path.with_name(RUN).write_bytes(files[RUN])
    if looked:
        with pytest.raises(StoreUnavailable, match="no tables yet"):  # they were in the log
            await read_past(f"sqlite:///{path}", lambda past: past.sizes())
    for _start in range(2):
        with pytest.raises(StoreUnavailable, match=r"lacks its newest messages.*db-wal"):
            await opened(path)
        assert path.read_bytes() == files["frontdesk.db"]
        assert path.with_name(LOG).exists() is looked
    path.with_name(LOG).write_bytes(files[LOG])
    again = await opened(path)
    assert await said(again) == ["in the log"]
    await again.close()


LOG, RUN = "frontdesk.db-wal", "frontdesk.db.run"


async def test_a_database_behind_a_link_is_one_store_under_both_its_names(tmp_path: Path) -> None:
    """A volume is often linked to from where the service runs."""
    (tmp_path / "volume").mkdir()
    link = tmp_path / "frontdesk.db"
    link.symlink_to(tmp_path / "volume" / "real.db")
    for _ in range(2):  # it is made by the first
        store = await opened(link)
        await store.write(lambda tx: tx.set_cursor("seen", "yes"))
        with pytest.raises(StoreInUse):
            await opened(tmp_path / "volume" / "real.db")
        await store.close()
    assert link.is_symlink()
    assert [path.name for path in tmp_path.iterdir()].count("frontdesk.db.lock") == 0


async def test_a_link_that_leads_to_itself_is_refused_with_its_cure(path: Path) -> None:
    path.symlink_to(path)
    with pytest.raises(StoreUnavailable, match="mend the link, or"):
        await opened(path)


async def test_a_killed_process_with_its_log_starts_without_a_word(path: Path) -> None:
    """D25: an ordinary crash is not taken for a loss."""
    store = await opened(path)
    await store.write(lambda unit: write(unit, "hello"))
    killed = path.parent / "killed"
    killed.mkdir()
    for file in path.parent.glob("frontdesk.db*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, killed / file.name)
    await store.close()
    again = await opened(killed / "frontdesk.db")
    assert (again.notice, await said(again)) == ("", ["hello"])
    await again.close()


async def test_a_killed_database_that_was_looked_into_starts_without_a_word(path: Path) -> None:
    """D25: any other program puts the log into the database and deletes it; nothing is lost."""
    store = await opened(path)
    await store.write(lambda unit: write(unit, "in the log"))
    files = {name: path.with_name(name).read_bytes() for name in ("frontdesk.db", LOG, RUN)}
    await store.close()
    for name, content in files.items():
        path.with_name(name).write_bytes(content)
    with closing(sqlite3.connect(path)) as looking:
        looking.execute("SELECT text FROM messages").fetchall()
    assert not path.with_name(LOG).exists()

    again = await opened(path)

    assert (again.notice, await said(again)) == ("", ["in the log"])
    await again.close()


async def test_another_database_in_the_place_of_ours_is_noticed(path: Path) -> None:
    """D25: it is used, but what it thinks it still has to send is not believed."""
    await (await opened(path)).close()
    elsewhere = path.with_name("other.db")
    await (await opened(elsewhere)).close()
    elsewhere.rename(path)
    store = await opened(path)
    assert store.notice == "the database is not the one that was used here"
    await store.close()
    again = await opened(path)
    assert again.notice == ""
    await again.close()


@pytest.mark.parametrize("damage", [0, 100])
async def test_a_damaged_database_is_refused_and_left_as_it_is(damage: int, path: Path) -> None:
    """D25: a broken header, and a broken page behind a good one."""
    await (await opened(path)).close()
    content = bytearray(path.read_bytes())
    content[damage : damage + 60] = b"\xff" * 60
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match=r"not a (SQLite )?database|malformed"):
        await opened(path)
    assert path.read_bytes()[:200] == content[:200]
