"""Know a database that is older than what this folder has seen: a backup that was put back.

What was about to be sent when a backup was made has been sent since by the process that ran on.
So the database counts its beats (one at each start, one a minute while something is stored, one
at the end), and a file beside it keeps the last count, because nobody restores that one.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec

from core.errors import StoreUnavailable
from core.store import statements as sql
from core.store.transaction import Transaction
from core.store.witness import identity

log = logging.getLogger(__name__)

MOVED_AFTER = timedelta(minutes=5)
"""A database without its file is taken for moved until then, and for a copy from then on."""

_CURSOR = "store.beat"
_RELIVED = "store.relived"  # until when the run that is lost may have sent something
_BETWEEN_BEATS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Beat:
    """The `count`th sign of life of the store called `id`. `file` is the inode of its database;
    `open` says that the process which wrote it had not ended yet."""

    id: str
    count: int
    at: datetime
    file: int = 0
    open: bool = True


_beats = msgspec.json.Decoder(Beat)
_encode = msgspec.json.Encoder().encode


class Lineage:
    """The beats of one SQLite database, in it and beside it."""

    def __init__(self, database: Path) -> None:
        self.beside = database.with_name(database.name + ".run")
        self._database = database
        self.relived: datetime | None = None
        self._send = database.with_name(database.name + ".send-held")

    def look(self) -> None:
        """Look at what is there before anything is opened, and change nothing. Raises
        StoreUnavailable when the database is gone, or the log with its newest commits."""
        beside = self._read_beside()
        if self.beside.exists() and not (
            self._database.exists() and self._database.stat().st_size
        ):
            raise StoreUnavailable(
                f"{self._database} is missing or empty, but {self.beside.name} says that it was "
                "used here; put the database back, or delete that file to start afresh"
            )
        log = self._database.with_name(self._database.name + "-wal")
        was_killed = beside is not None and beside.open and beside.file == self._inode()
        if was_killed and _is_empty(log) and self._ends_before(beside):
            raise StoreUnavailable(
                f"{self._database} lacks its newest messages: {log.name}, which held them, is "
                f"gone; put it back, or delete {self.beside.name} to go without them"
            )

    def _ends_before(self, beside: Beat | None) -> bool:
        # Immutable, so that not even a log is made for the one that may still be put back.
        place = f"file:{quote(str(self._database))}?mode=ro&immutable=1"
        query = "SELECT value FROM cursors WHERE name = ?"
        try:
            with contextlib.closing(sqlite3.connect(place, uri=True)) as connection:
                row = connection.execute(query, (_CURSOR,)).fetchone()
        except sqlite3.OperationalError:
            row = None  # no tables yet
        except sqlite3.DatabaseError:
            return False  # which the opening will say better
        stored = _decoded(row[0] if row else None)
        return stored is None or (beside is not None and stored.count < beside.count)

    def begin(self, tx: Transaction) -> tuple[str, Beat]:
        """Hold what may have been sent since. Gives what there is to tell the admin, "" for
        nothing, and the first beat of this run."""
        stored, beside = _decoded(tx.cursor(_CURSOR)), self._read_beside()
        why = _behind(stored, beside, tx.now)
        if why:
            _hold(tx)
            tx.set_cursor(_RELIVED, _end_of(beside, tx.now).isoformat())
        elif self._send.exists():
            _release(tx)
        relived = tx.cursor(_RELIVED)
        self.relived = datetime.fromisoformat(relived) if relived else None
        known = [beat for beat in (stored, beside) if beat is not None]
        name = known[0].id if known else secrets.token_hex(8)
        count = max((beat.count for beat in known), default=0)
        return self._told(tx, why), _beaten(tx, Beat(name, count, tx.now))

    def beat(self, tx: Transaction) -> Beat:
        """The next beat. Raises LookupError when nothing began."""
        last = _decoded(tx.cursor(_CURSOR))
        if last is None:
            raise LookupError(f"the database has no {_CURSOR}")
        return _beaten(tx, last)

    def note(self, beat: Beat, *, open: bool = True) -> None:
        """Write `beat` beside the database. Only after its commit: the file must never know more
        than the database. A file that stays behind does no harm."""
        part = self.beside.with_name(self.beside.name + ".part")
        with contextlib.suppress(OSError):
            part.touch(0o600)
            part.write_bytes(_encode(replace(beat, open=open, file=self._inode())))
            part.replace(self.beside)

    def begun(self) -> None:
        """After the commit of `begin`: the wish to send has been fulfilled."""
        try:
            self._send.unlink(missing_ok=True)
        except OSError as error:  # a folder, say
            told = "%s cannot be deleted (%s): delete it, or each start sends whatever is held"
            log.warning(told, self._send, error.strerror)

    def _told(self, tx: Transaction, why: str) -> str:
        held = int(tx.execute(sql.HELD_COUNT).scalar_one())
        if not held:
            return why
        count = f"{held} message{'s' * (held > 1)} to customers"
        cure = f"to send {'it' if held == 1 else 'them'} all the same: touch {self._send}; restart"
        reason = f"{why}; " if why else ""
        return f"{reason}{count} may have been sent before and stay held ({cure})"

    def _read_beside(self) -> Beat | None:
        try:
            return _decoded(self.beside.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    def _inode(self) -> int:
        found = identity(self._database)
        return found[1] if found else 0


def _is_empty(log: Path) -> bool:
    """Whoever only looks into the database leaves an empty log in the place of none."""
    return not log.exists() or not log.stat().st_size


def _decoded(text: str | None) -> Beat | None:
    try:
        return _beats.decode(text) if text else None
    except msgspec.MsgspecError:
        return None


def _beaten(tx: Transaction, last: Beat) -> Beat:
    beat = replace(last, count=last.count + 1, at=tx.now)
    tx.set_cursor(_CURSOR, _encode(beat).decode())
    return beat


def _behind(stored: Beat | None, beside: Beat | None, now: datetime) -> str:
    """Why the database cannot be trusted to know what was sent; "" when it can."""
    if beside is None:
        if stored is None or now - stored.at < MOVED_AFTER:
            return ""
        return f"the database came here without its last run; it ends at {_time(stored)}"
    if stored is None:
        return "the database is not the one that was used here"
    if stored.id != beside.id:
        return "the database is not the one that was used here"
    if stored.count < beside.count:
        return f"the database ends at {_time(stored)}, but was used here until {_time(beside)}"
    return ""


def _end_of(beside: Beat | None, now: datetime) -> datetime:
    """Until when the run that is lost may have sent something: one that was killed may have lived
    on after its last beat, and of one elsewhere nothing is known."""
    if beside is None:
        return now
    return beside.at + _BETWEEN_BEATS if beside.open else beside.at


def _time(beat: Beat) -> str:
    return f"{beat.at:%Y-%m-%d %H:%M} UTC"


def _hold(tx: Transaction) -> None:
    """Customers' rows wait for a word from the admin. The desk's are looked up before they are
    sent: it can be asked, and a case whose thread is held would keep its customer waiting."""
    tx.execute(sql.HOLD_FOR_CUSTOMERS)
    tx.execute(sql.DOUBT_FOR_DESK, {"now": tx.now})


def _release(tx: Transaction) -> None:
    tx.execute(sql.RELEASE_HELD, {"now": tx.now})
    tx.wake()
