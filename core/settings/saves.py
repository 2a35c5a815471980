"""Tell one save of a file from the next, by what the system says about the file."""

from __future__ import annotations

from pathlib import Path

State = tuple[str | int, ...]


def state_of(path: Path) -> State:
    """Take it before the file is read: a save in between is seen as a change next time."""
    # Mode and change time belong to it: taking away a right, or giving it back, saves nothing.
    try:
        found = path.stat()
    except OSError as error:
        return str(path), error.errno or 0
    return (
        str(path),
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_size,
        found.st_ino,
        found.st_dev,
    )
