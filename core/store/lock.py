"""One process to one SQLite store: two would send everything twice."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from core.errors import StoreInUse, StoreUnavailable

_HEADER = b"SQLite format 3\0"


class FileLock:
    """Held from the constructor until `release`, or until the process ends however it ends."""

    def __init__(self, database: Path) -> None:
        """Raises StoreInUse when another holder lives, StoreUnavailable when there can be none."""
        if not database.parent.is_dir():
            cure = "make it, or mend store.url"
            raise StoreUnavailable(f"there is no folder {database.parent} for the store: {cure}")
        if database.is_dir():
            raise StoreUnavailable(f"{database} is a folder; store.url names a file")
        path = database.with_name(database.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(
                f"cannot open the lock file {path}: {error.strerror}"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise StoreInUse(f"{database} is in use by process {holder}; stop it first") from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        # The file stays: removing it could let two processes lock two files of one name.
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def prepare(database: Path) -> None:
    """Make sure that `database` is a SQLite file or may become one; creates it, for us alone.

    Raises StoreUnavailable for what is neither. Call it with the lock held.
    """
    try:
        size = database.stat().st_size if database.exists() else 0
        if size:
            _check_header(database)
            os.close(os.open(database, os.O_RDWR))  # SQLite would fall back to reading only
        else:
            _refuse_leftovers(database)
            os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailable(f"cannot use {database}: {error.strerror}") from error


def _check_header(database: Path) -> None:
    with database.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise StoreUnavailable(f"{database} is not a SQLite database; it was left as it is")


def _refuse_leftovers(database: Path) -> None:
    # A new file beside an old log would throw away whatever the log still holds.
    for suffix in ("-wal", "-journal"):
        leftover = database.with_name(database.name + suffix)
        if leftover.exists() and leftover.stat().st_size:
            raise StoreUnavailable(
                f"{database} is missing or empty, but its {leftover.name} is there; "
                "put the database back, or move that file away to start afresh"
            )
