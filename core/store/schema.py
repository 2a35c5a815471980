"""Bring a database to the shape that this version works with, or say why that cannot be.

Alembic is imported only when there is a step to take: it costs more than the rest of the start.
"""

from __future__ import annotations

import importlib.resources

from sqlalchemy import Connection, inspect, text

from core.errors import NewerDatabase
from core.migrations import REVISIONS

_STORED = text("SELECT version_num FROM alembic_version")


def bring_up(connection: Connection) -> None:
    """Take the missing steps in one transaction, so that a crash leaves all or none.

    Raises NewerDatabase. `connection` must be the only one that writes.
    """
    with connection.begin():
        stored = _revision(connection)
        if stored == REVISIONS[-1]:
            return
        if stored is not None and stored not in REVISIONS:
            raise NewerDatabase(
                f"the database has schema {stored}, this version knows {REVISIONS[-1]} at most; "
                "install the newer version again, or restore a backup made with this one"
            )
        _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(_STORED)
    return revision


def _upgrade(connection: Connection) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with importlib.resources.as_file(importlib.resources.files("core.migrations")) as folder:
        steps = ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])
        context = MigrationContext.configure(
            connection,
            opts={"fn": lambda stored, _context: steps._upgrade_revs("head", stored)},
        )
        with Operations.context(context):
            context.run_migrations()
