"""Notice that the files under our hands are no longer those that the next start will find.

A process goes on writing to a file that somebody deleted or replaced, and every commit succeeds:
what it acknowledges then is gone with the process. So the names are looked at before each commit.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from core.errors import StoreUnavailable

Identity = tuple[int, int]


def identity(path: Path) -> Identity | None:
    """Which file has this name now; None for none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class FilesChanged(StoreUnavailable):
    """The database's files are not those that this connection writes to."""


class Witness:
    """Knows the database's file from the constructor on, and each connection's log."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._log = database.with_name(database.name + "-wal")
        self._seen = identity(database)

    def check(self, connection: MutableMapping[Any, Any]) -> None:
        """Raises FilesChanged. Call it within a transaction; `connection` is a dictionary that
        lives as long as the connection."""
        if identity(self._database) != self._seen:
            raise FilesChanged(_changed(self._database))
        log = identity(self._log)
        if log is None or connection.setdefault("log", log) != log:
            raise FilesChanged(_changed(self._log))


def _changed(path: Path) -> str:
    return f"{path} was deleted or replaced while it was in use; put it back, or restart"
