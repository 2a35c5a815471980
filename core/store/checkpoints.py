"""Move what the log has into the database, beside the commits and not inside one of them.

SQLite would do it within whichever commit makes the log a thousand pages long, and everybody who
waits for that commit would wait for the copying of four megabytes as well. Here a thread with a
connection of its own does it, a moment after there is something to move.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

log = logging.getLogger(__name__)

_PAUSE = 0.5  # seconds between two looks
_LONG = 8_192  # pages of a log that does not come to its end because somebody always writes


class Checkpoints:
    """The thread of one database. `clock` gives seconds that never go back."""

    def __init__(self, database: Path, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "store checkpoint")
        self._connection: sqlite3.Connection | None = None
        self._running = False
        self._next = clock() + _PAUSE

    def committed(self) -> None:
        """Call it after each commit; returns at once."""
        if not self._running and self._clock() >= self._next:
            self._running = True
            try:
                self._thread.submit(self._move)
            except (
                RuntimeError
            ):  # no thread can be had now: the log can wait, a commit cannot fail
                self._running = False

    def let_go(self) -> None:
        """The files are no longer those that this connection has open."""
        self._thread.submit(self._disconnect)

    def close(self) -> None:
        """Returns when nothing is under way any more."""
        self._thread.submit(self._disconnect)
        self._thread.shutdown()

    def _move(self) -> None:
        try:
            if self._checkpoint("PASSIVE") > _LONG:
                # A log grows as long as nobody pauses; now and then its writer has to wait for us,
                # so that it can begin anew. What was written meanwhile is moved before that.
                self._checkpoint("PASSIVE")
                self._checkpoint("RESTART")
        except sqlite3.Error as error:
            # Nothing is lost by it: the log keeps everything until the next time.
            log.debug("a checkpoint has to wait: %s", error)
            self._disconnect()
        finally:
            self._next = self._clock() + _PAUSE
            self._running = False

    def _checkpoint(self, mode: str) -> int:
        """How long the log is, in pages."""
        if self._connection is None:
            self._connection = sqlite3.connect(self._uri(), uri=True, timeout=0)
        (found,) = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        return int(found[1])

    def _uri(self) -> str:
        return f"{self._database.absolute().as_uri()}?mode=rw"

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
