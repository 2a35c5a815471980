from __future__ import annotations

import re
import sqlite3
from contextlib import closing
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
from core.store.schema import Steps, bring_up
from core.tables import metadata
from tests.store.clock import Clock

FOLDER = Path(__file__).parents[2] / "core" / "migrations"


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


STEPS = Steps(FOLDER, REVISIONS)


async def step_by_step(url: str) -> None:
    """Make a database as an upgrade from the very first version would."""
    database = locate(url)
    await database.claim()
    session = await database.writing()
    await session.prepare(lambda connection: bring_up(connection, None, STEPS))
    await session.drop()
    await database.close()


@pytest.mark.parametrize("stepwise", [True, False], ids=["steps", "at once"])
async def test_every_way_leads_to_the_tables_that_the_code_works_with(
    store_url: str, clock: Clock, stepwise: bool
) -> None:
    if stepwise:
        await step_by_step(store_url)
    for _start in range(2):
        await (await Store.open(store_url, now=clock)).close()
    database = locate(store_url)
    try:
        assert await database.read(differences) == []
    finally:
        await database.close()


async def test_a_new_database_is_to_the_letter_what_the_steps_make(
    tmp_path: Path, clock: Clock
) -> None:
    await step_by_step(f"sqlite:///{tmp_path}/steps.db")
    await (await Store.open(f"sqlite:///{tmp_path}/once.db", now=clock)).close()
    assert shape(tmp_path / "steps.db") == shape(tmp_path / "once.db")


Shape = tuple[str, frozenset[str], str]


def shape(database: Path) -> tuple[set[Shape], str]:
    with closing(sqlite3.connect(database)) as connection:
        made = connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")
        schema = {_normal(sql) for (sql,) in made}
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return schema, version


def _normal(sql: str) -> Shape:
    """The order in which a table's constraints are named makes no difference to it."""
    first, last = sql.index("("), sql.rindex(")")
    before, body, after = sql[:first], sql[first + 1 : last], sql[last + 1 :]
    parts = re.split(r",(?![^()]*\))", body)
    return before.strip(), frozenset(" ".join(part.split()) for part in parts), after.strip()


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
