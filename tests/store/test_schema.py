from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from core.errors import NewerDatabase
from core.migrations import REVISIONS
from core.store import Store
from core.store.database import locate
from core.tables import metadata
from tests.store.clock import Clock

FOLDER = Path(__file__).parents[2] / "core" / "migrations"


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_steps_lead_to_the_tables_that_the_code_works_with(
    store_url: str, clock: Clock
) -> None:
    for _start in range(2):
        await (await Store.open(store_url, now=clock)).close()
    database = locate(store_url)
    try:
        assert await database.read(differences) == []
    finally:
        await database.close()


def test_every_step_is_listed_in_its_order() -> None:
    steps = ScriptDirectory(str(FOLDER), version_locations=[str(FOLDER / "versions")])
    found = [step.revision for step in steps.walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


async def test_newer_database_is_refused_and_left_as_it_is(store_url: str, clock: Clock) -> None:
    """O02: by the older program, on every database."""
    store = await Store.open(store_url, now=clock)
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await store.write(lambda unit: unit.execute(newer) and None)
    await store.close()
    for _start in range(2):
        with pytest.raises(NewerDatabase, match="schema 9999"):
            await Store.open(store_url, now=clock)
