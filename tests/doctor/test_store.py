"""The machine's clock and limits, and the store."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from core.app import utc_now
from core.findings import Mark
from core.store import Store
from tests.doctor.clinic import Clinic, lines

SKEWS = {
    -600: r"✗ the clock is (599|600|601) s behind that of 127.0.0.1 \(let the system set it: ",
    -60: r"! the clock is (59|60|61) s behind that of 127.0.0.1 \(let",
    0: "✓ the clock agrees with that of 127.0.0.1",
    5: "✓ the clock agrees with that of 127.0.0.1",
    60: r"! the clock is (59|60|61) s ahead of that of 127.0.0.1 \(let",
    600: r"✗ the clock is (599|600|601) s ahead of that of 127.0.0.1 \(let",
}


@pytest.mark.parametrize("seconds", SKEWS)
async def test_a_clock_that_is_wrong(seconds: int, clinic: Clinic) -> None:
    shift = timedelta(seconds=seconds)

    found = await clinic.findings(lambda: datetime.now(UTC) + shift)

    assert re.match(SKEWS[seconds], lines(found, "machine")[0])


async def test_a_limit_of_open_files_that_is_too_low(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))

    assert lines(await clinic.findings(), "machine", Mark.DOUBT) == [
        "! 1,024 files may be open, which is 824 chats, not 10,000 (LimitNOFILE=10200 in "
        "systemd's unit, or a lower limits.connections)"
    ]


async def test_a_store_that_is_there_says_its_schema(clinic: Clinic) -> None:
    store = await Store.open(clinic.store_url, now=utc_now)
    await store.close()

    assert lines(await clinic.findings(), "store")[1].startswith(
        "✓ the database can be read and has schema 0"
    )


async def test_a_store_on_postgresql_says_its_schema(
    clinic: Clinic, postgres_database: str
) -> None:
    clinic.store_url = postgres_database
    assert lines(await clinic.findings(), "store") == [
        "✓ the database is empty: the first start makes its tables"
    ]
    store = await Store.open(clinic.store_url, now=utc_now)
    await store.close()
    (told,) = lines(await clinic.findings(), "store")
    assert told.startswith("✓ the database can be read and has schema 0")


async def test_a_postgresql_that_is_away(clinic: Clinic) -> None:
    clinic.store_url = "postgresql://me:pass-word@127.0.0.1:9/x"

    (told,) = lines(await clinic.findings(), "store")
    assert told.startswith("✗ the store cannot be reached")
    assert told.endswith("(store.url: 127.0.0.1)")
    assert "pass-word" not in told


SCHEMAS = {
    "0001": "! the database has the older schema 0001 (the next start copies it",
    "9999": "✗ the database has schema 9999, this version knows 0",
}


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_a_store_of_another_version(schema: str, clinic: Clinic) -> None:
    store = await Store.open(clinic.store_url, now=utc_now)
    await store.close()
    with sqlite3.connect(clinic.folder / "frontdesk.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (schema,))
    database.close()

    (told,) = lines(await clinic.findings(), "store", Mark.DOUBT, Mark.FAULT)
    assert told.startswith(SCHEMAS[schema])


async def test_a_store_that_is_no_database(clinic: Clinic) -> None:
    (clinic.folder / "frontdesk.db").write_text("hello" * 1000)

    (told,) = lines(await clinic.findings(), "store", Mark.FAULT)
    assert told.startswith("✗ the store cannot be read")
    assert told.endswith(f"(store.url: {clinic.folder}/frontdesk.db)")


async def test_a_store_in_no_folder(clinic: Clinic) -> None:
    clinic.store_url = f"sqlite:///{clinic.folder}/nowhere/frontdesk.db"

    assert lines(await clinic.findings(), "store") == [
        f"✗ there is no folder {clinic.folder}/nowhere (make it, or mend store.url)"
    ]


async def test_a_store_that_may_not_be_written(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything

    (told,) = lines(await clinic.findings(), "store", Mark.FAULT)
    assert told.startswith(f"✗ {clinic.folder} may not be written (give it to the user")


ROOM = {
    5_000_000_000: "✓ 5.0 GB are free in",
    500_000_000: "! 0.5 GB are free in",
    50_000_000: "✗ 0.1 GB are free in",
}


@pytest.mark.parametrize("free", ROOM)
async def test_the_room_on_the_disk(
    free: int, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    assert lines(await clinic.findings(), "store")[-1].startswith(ROOM[free])
