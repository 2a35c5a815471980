"""Bring a database to the shape that this version works with, or say why that cannot be.

A new database is made as it must be at once. Alembic is imported only for an older one: it costs
more time than the rest of the start, and memory for as long as the process lives.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    inspect,
    text,
)

from core.errors import NewerDatabase, StoreUnavailable
from core.migrations import REVISIONS
from core.tables import metadata

_STORED = text("SELECT version_num FROM alembic_version")
# As alembic makes it, so that it finds its own.
_VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32), nullable=False))
_VERSIONS.append_constraint(PrimaryKeyConstraint("version_num", name="alembic_version_pkc"))


@dataclass(frozen=True, slots=True)
class Steps:
    """The folder of the steps' files, and their names, oldest first."""

    folder: Path
    revisions: tuple[str, ...]


def bring_up(connection: Connection, path: Path | None, steps: Steps | None = None) -> None:
    """Take the missing steps in one transaction, so that a crash leaves all or none.

    A SQLite file at `path` is copied first: the copy is what the former version can go back to.
    Raises NewerDatabase or StoreUnavailable. `connection` must be the only one that writes.
    """
    revisions = steps.revisions if steps else REVISIONS
    with connection.begin():
        stored = _revision(connection)
        if stored == revisions[-1]:
            return
        if stored is None and steps is None:
            _create(connection)
            return
        if stored is not None and stored not in revisions:
            raise NewerDatabase(
                f"the database has schema {stored}, this version knows {revisions[-1]} at most; "
                "install the newer version again, or restore a backup made with this one"
            )
        if stored is not None and path is not None:
            _copy(path, path.with_name(f"{path.name}.schema-{stored}"))
        _upgrade(connection, steps)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(_STORED)
    return revision


def _create(connection: Connection) -> None:
    metadata.create_all(connection)
    _VERSIONS.create(connection)
    connection.execute(_VERSIONS.insert(), {"version_num": REVISIONS[-1]})


def _copy(database: Path, copy: Path) -> None:
    """A whole copy appears under its name at once, readable for us alone."""
    part = copy.with_name(copy.name + ".part")
    try:
        part.unlink(missing_ok=True)
        part.touch(0o600)
        with (
            contextlib.closing(sqlite3.connect(database)) as source,
            contextlib.closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
        part.replace(copy)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(
            f"the database needs a step to a new schema, and no copy of it can be made: {error}"
        ) from error


def _upgrade(connection: Connection, steps: Steps | None) -> None:
    if steps is not None:
        _take_steps(connection, steps.folder)
        return
    with importlib.resources.as_file(importlib.resources.files("core.migrations")) as folder:
        _take_steps(connection, folder)


def _take_steps(connection: Connection, folder: Path) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])
    context = MigrationContext.configure(
        connection,
        opts={"fn": lambda stored, _context: steps._upgrade_revs("head", stored)},
    )
    with Operations.context(context):
        context.run_migrations()
