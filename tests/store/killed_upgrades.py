"""Upgrade copies of a database, each time killed one statement later, and say how they look.

A process of its own, because it forks. Prints a line of JSON for each kill: the statement it died
before, and the schema and the rows that the file has afterwards.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from core.store.database import locate
from core.store.schema import Steps, bring_up

STEPS = Steps(Path(__file__).with_name("steps"), ("0001", "9001", "9002"))


async def upgrade(database: Path) -> None:
    found = locate(f"sqlite:///{database}")
    await found.claim()
    session = await found.writing()
    try:
        await session.prepare(lambda connection: bring_up(connection, database, STEPS))
    finally:
        await session.drop()
        await found.close()


def look(database: Path) -> dict[str, Any]:
    """The schema as SQL, and how many messages there are, whatever their shape."""
    with closing(sqlite3.connect(database)) as connection:
        schema = connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL").fetchall()
        (rows,) = connection.execute("SELECT count(*) FROM messages").fetchone()
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return {"schema": sorted(row[0] for row in schema), "rows": rows, "version": version}


def die_before(number: int) -> None:
    """SIGKILL before the `number`th statement; COMMIT counts as the last one."""
    left = number

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def killed(database: Path, number: int) -> bool:
    """Whether an upgrade in a child was killed at `number`, and did not end before that."""
    pid = os.fork()
    if pid == 0:
        die_before(number)
        asyncio.run(upgrade(database))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0


def main(original: Path, folder: Path) -> None:
    import alembic.operations
    import alembic.runtime.migration
    import alembic.script  # noqa: F401 - once here instead of in every child

    for number in range(1, 200):
        database = folder / str(number) / "frontdesk.db"
        database.parent.mkdir()
        shutil.copy(original, database)
        was_killed = killed(database, number)
        sys.stdout.write(json.dumps({"number": number, **look(database)}) + "\n")
        if not was_killed:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
