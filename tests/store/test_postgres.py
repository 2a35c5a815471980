from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from core.errors import StoreUnavailable
from core.store import Store, Transaction
from tests.faults.proxy import FaultProxy, Trouble
from tests.store.clock import Clock
from tests.store.shop import ANNA, write


async def cut_off(url: str) -> None:
    """End every other session in the database, as a restart of the server does."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


async def recovered(store: Store, unit_text: str) -> int:
    for _attempt in range(10):
        try:
            return (await store.write(lambda unit: write(unit, unit_text))).seq
        except StoreUnavailable:
            await asyncio.sleep(0.05)
    raise AssertionError("the store did not come back")


async def test_lost_connection_is_reported_and_made_again(
    postgres_database: str, clock: Clock
) -> None:
    store = await Store.open(postgres_database, now=clock)
    await store.write(lambda unit: write(unit, "one"))
    await store.read(lambda reader: reader.heads(1))
    await cut_off(postgres_database)
    with pytest.raises(StoreUnavailable):
        await store.write(lambda unit: write(unit, "lost"))
    assert await recovered(store, "two") == 2
    with pytest.raises(StoreUnavailable):
        await store.read(lambda reader: reader.heads(1))
    assert await store.read(lambda reader: reader.heads(1)) == []
    await store.close()


async def test_read_only_server_is_reported_and_forgotten_once_it_takes_writes(
    postgres_database: str, clock: Clock
) -> None:
    store = await Store.open(postgres_database, now=clock)
    admin = await asyncpg.connect(postgres_database)
    name = await admin.fetchval("SELECT current_database()")
    await admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await cut_off(postgres_database)
    for _attempt in range(2):
        with pytest.raises(StoreUnavailable):
            await store.write(lambda unit: write(unit, "hello"))
    await admin.close()
    admin = await asyncpg.connect(postgres_database)
    await admin.execute("SET default_transaction_read_only = off")
    await admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    await admin.close()
    assert await recovered(store, "hello") == 1
    await store.close()


async def test_server_that_is_stuck_delays_no_end(postgres_database: str, clock: Clock) -> None:
    """C21: each of these would wait for half a minute, and so would every close."""
    place = urlsplit(postgres_database)
    proxy = FaultProxy("127.0.0.1", place.port or 5432)
    await proxy.start()
    url = postgres_database.replace(f":{place.port}/", f":{proxy.port}/")
    store = await Store.open(url, now=clock)
    await asyncio.gather(*(store.read(lambda tx: tx.pending_counts()) for _ in range(4)))
    proxy.trouble("to_client", Trouble(stall=True))
    waiting = [asyncio.ensure_future(store.check_writable())]
    await asyncio.sleep(0)  # the writer takes the first, the second waits behind it
    waiting.append(asyncio.ensure_future(store.check_writable()))
    await asyncio.sleep(0)
    store.hurry()
    async with asyncio.timeout(10):
        await store.close()
    for outcome in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(outcome, StoreUnavailable)
    proxy.trouble("to_client")
    await proxy.close()


async def test_value_that_does_not_fit_is_the_units_own_fault(
    postgres_database: str, clock: Clock
) -> None:
    store = await Store.open(postgres_database, now=clock)

    def too_long(unit: Transaction) -> None:
        unit.set_cursor("x" * 300, "1")

    def too_large(unit: Transaction) -> None:
        unit.open_conversation(ANNA).seen_seq = 10**30

    for unit in (too_long, too_large):
        with pytest.raises(DBAPIError, match=r"too long|int64 range") as refused:
            await store.write(unit)
        assert "xxx" not in str(refused.value)
    await store.close()


async def test_server_that_is_not_there_is_reported_without_the_password(clock: Clock) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        await Store.open("postgresql://me:hunter2@127.0.0.1:1/frontdesk", now=clock)
    assert "hunter2" not in str(refused.value)


async def test_files_have_no_place_of_their_own(postgres_database: str, clock: Clock) -> None:
    store = await Store.open(postgres_database, now=clock)
    assert store.path is None
    assert store.files_path is None
    await store.close()
