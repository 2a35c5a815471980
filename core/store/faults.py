"""Tell whose fault a failed statement is: the unit's, the moment's or the database's.

Drivers put a full disk and a malformed value into the same few classes, so the decision needs
their codes. What is not known to be the unit's own mistake counts as the database being away:
then nobody acknowledges, and the sender sends again.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import exc

from core.errors import StoreUnavailable

OF_DATABASE = (exc.SQLAlchemyError, sqlite3.Error, OSError)
"""What the database raises, asked through SQLAlchemy or, on the path of every message, not."""

_OWN = (exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.NotSupportedError)
_OWN_OF_SQLITE = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.NotSupportedError,
)
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SERIALIZATION = frozenset({"40001", "40P01", "55P03"})
_BAD_DATA = "22"


def busy(error: BaseException) -> bool:
    """Another connection was in the way: the same again may work in a moment."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF in _BUSY
    if not isinstance(error, exc.DBAPIError) or error.connection_invalidated:
        return False
    return _sqlite_code(error) in _BUSY or _sqlstate(error) in _SERIALIZATION


def unavailable(error: BaseException) -> bool:
    """The database cannot be used now, whatever the unit does."""
    if isinstance(error, exc.DBAPIError):
        return error.connection_invalidated or not _own(error)
    if isinstance(error, sqlite3.Error):
        return not isinstance(error, _OWN_OF_SQLITE)
    return isinstance(error, OSError | exc.TimeoutError | exc.PendingRollbackError)


def taken(error: BaseException) -> bool:
    """A row was refused by what must be unique or must exist."""
    return isinstance(error, exc.IntegrityError | sqlite3.IntegrityError)


def as_unavailable(error: BaseException, doing: str) -> StoreUnavailable:
    """The error for callers: what failed, in the database's own words, without the statement."""
    origin = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
    words = str(origin).strip() or type(origin).__name__
    if isinstance(origin, TimeoutError):
        words = "no answer in time"
    elif busy(error):
        words += " (another program holds it)"
    return StoreUnavailable(f"{doing}: {words}")


def _own(error: exc.DBAPIError) -> bool:
    if isinstance(error, _OWN) or _sqlstate(error).startswith(_BAD_DATA):
        return True
    # asyncpg refuses a value that does not fit its column before it is sent.
    return isinstance(error.orig and error.orig.__cause__, ValueError)


def _sqlite_code(error: exc.DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the rest says more than is needed here


def _sqlstate(error: exc.DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
