"""Look at a store without opening it for good: another process may be at work in it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from core.errors import NewerDatabase, StoreUnavailable
from core.findings import Finding, Mark, Patient
from core.migrations import REVISIONS
from core.store.database import locate
from core.store.history import read_schema

_PART = "store"
_LITTLE, _TOO_LITTLE = 1_000_000_000, 100_000_000  # bytes that are free on the disk
_GIVE = "give it to the user that runs frontdesk"


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    """See `Examination`."""
    url = patient.settings.store.url
    try:
        path = locate(url).path
        if path is not None:
            for finding in _place(path):
                yield finding
        if path is None or path.exists():
            yield _version(await read_schema(url))
    except (StoreUnavailable, NewerDatabase) as error:
        yield Finding(Mark.FAULT, _PART, str(error))


def holder(url: str) -> str:
    """The process that has this store open, "" when there is none or nobody can say."""
    try:
        path = locate(url).path
        lock = os.open(f"{path}.lock", os.O_RDONLY | os.O_CLOEXEC) if path is not None else -1
    except (OSError, StoreUnavailable):
        return ""
    if lock < 0:
        return ""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
    finally:
        os.close(lock)
    return ""


def is_file(url: str) -> bool:
    """Whether `holder` can tell of this store: it can where the store is a file of ours."""
    try:
        return locate(url).path is not None
    except StoreUnavailable:
        return False


def _place(path: Path) -> list[Finding]:
    folder = path.parent
    if not folder.is_dir():
        cure = "make it, or mend store.url"
        return [_fault(f"there is no folder {folder}", cure)]
    files = (folder, path, path.with_name(f"{path.stem}-files"))
    found = [
        _fault(f"{one} may not be written", _GIVE)
        for one in files
        if one.exists() and not os.access(one, os.R_OK | os.W_OK)
    ]
    if not path.exists():
        what = f"{path} is not there yet"
        found.append(Finding(Mark.FINE, _PART, f"{what}: the first start makes it"))
    return [*found, _room(folder)]


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    what = f"{free / 1e9:,.1f} GB are free in {folder}"
    if free < _TOO_LITTLE:
        return _fault(what, "make room now: what cannot be stored is not acknowledged")
    if free < _LITTLE:
        return Finding(Mark.DOUBT, _PART, what, "make room, or let files.keep be shorter")
    return Finding(Mark.FINE, _PART, what)


def _version(stored: str | None) -> Finding:
    if stored is None:
        return Finding(Mark.FINE, _PART, "the database is empty: the first start makes its tables")
    if stored == REVISIONS[-1]:
        return Finding(Mark.FINE, _PART, f"the database can be read and has schema {stored}")
    if stored in REVISIONS:
        what = f"the database has the older schema {stored}"
        return Finding(
            Mark.DOUBT, _PART, what, "the next start copies it and brings it up to date"
        )
    what = f"the database has schema {stored}, this version knows {REVISIONS[-1]} at most"
    return _fault(what, "install the newer version again")


def _fault(what: str, cure: str) -> Finding:
    return Finding(Mark.FAULT, _PART, what, cure)
