"""Many callers, one commit: waiting for the disk once serves everybody who waits.

There is one writer, so units never meet each other halfway. Whatever waits when it is free goes
into one transaction; nothing is delayed to make a batch bigger.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from core.errors import StoreInUse, StoreUnavailable
from core.notices import Notice
from core.store import faults
from core.store.database import Database, patiently
from core.store.known import Known
from core.store.session import Session
from core.store.transaction import Transaction
from core.store.units import Awaited, Unit
from core.store.witness import FilesChanged
from core.store.work import Work

log = logging.getLogger(__name__)

_BATCH = 1000  # bounds what must run again when one unit fails
_LAST_PATIENCE = 1.0  # seconds that whoever waits for a lock has left in a hurry
_WARY = 50_000  # units before the next commit may have to run again for somebody's repeat

Outcome = tuple[Any, Exception | None]
"""What a unit returned, or what it raised."""


@dataclass(slots=True)
class Batch:
    """What became of units that were committed together: what to tell, in the order of the units,
    what to call afterwards, and the seconds that all of it took from BEGIN on."""

    work: Work
    outcomes: list[Outcome] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    later: list[Callable[[], None]] = field(default_factory=list)
    wakes: bool = False
    seconds: float = 0.0

    def add(self, outcome: Outcome, transaction: Transaction) -> None:
        self.outcomes.append(outcome)
        if outcome[1] is None:
            self.notices += transaction.notices
            self.later += transaction.later
            self.wakes |= transaction.wakes


class Writer:
    """Runs units in the order of `submit`, as many to a commit as are waiting."""

    def __init__(
        self,
        database: Database,
        session: Session,
        begin: Callable[[Work], Transaction],
        committed: Callable[[Batch], None],
    ) -> None:
        """`begin` makes a unit's transaction; `committed` is called after each commit, before
        the callers of its units go on. It must not raise."""
        self._database = database
        self._session: Session | None = session
        self._begin = begin
        self._known = Known()
        self._committed = committed
        self._waiting: deque[Unit] = deque()
        self._news = asyncio.Event()
        self._closing = False
        self._in_a_hurry_from: float | None = None
        self._wary = 0
        self._work: Work | None = None
        self._task = asyncio.get_running_loop().create_task(self._run(), name="store writer")

    def submit(self, unit: Unit) -> None:
        """Raises StoreUnavailable when there will be no commit any more."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        self._waiting.append(unit)
        self._news.set()

    def hurry(self) -> None:
        """From now on nobody waits long for whoever holds the database."""
        if self._in_a_hurry_from is None:
            self._in_a_hurry_from = time.monotonic() + _LAST_PATIENCE

    async def close(self) -> None:
        """Run what waits, then stop."""
        self._closing = True
        self._news.set()
        await self._task
        await self._drop_session()

    async def _run(self) -> None:
        while self._waiting or not self._closing:
            await self._news.wait()
            if self._waiting:
                await self._serve(self._take())
            elif not self._closing:
                self._news.clear()

    def _take(self) -> list[Unit]:
        taken: list[Unit] = []
        while self._waiting and len(taken) < _BATCH:
            unit = self._waiting.popleft()
            if not (isinstance(unit, Awaited) and unit.future.done()):  # nobody expects it
                taken.append(unit)
        return taken

    async def _serve(self, batch: Sequence[Unit]) -> None:
        """Commit the batch; where a unit spoils it, each of its units by itself."""
        error = await self._commit(batch)
        if error is None:
            return
        if len(batch) == 1 or isinstance(error, StoreUnavailable):
            for unit in batch:
                _tell(unit, None, error)
            return
        for unit in batch:
            if (own := await self._commit([unit])) is not None:
                _tell(unit, None, own)

    async def _commit(self, batch: Sequence[Unit]) -> Exception | None:
        """None once all is on disk and everybody knows; else why nothing of it is."""
        error = await self._try(batch)
        if self._wary or error is None or not faults.taken(error):
            return error
        # Some message on the short way was no news. Whoever repeats on purpose must not make
        # every commit run twice, so the next ones are all looked for.
        self._wary = _WARY
        return await self._try(batch)

    async def _try(self, batch: Sequence[Unit]) -> Exception | None:
        try:
            attempt = partial(self._attempt, batch)
            done = await patiently(attempt, self._may_wait, self._database.patience)
        except Exception as error:
            return await self._why_not(error)
        self._wary = max(0, self._wary - len(batch))
        self._committed(done)
        for unit, outcome in zip(batch, done.outcomes, strict=True):
            _tell(unit, *outcome)
        return None

    def _may_wait(self, error: Exception) -> bool:
        hurried = self._in_a_hurry_from
        return faults.busy(error) and (hurried is None or time.monotonic() < hurried)

    async def _why_not(self, error: Exception) -> Exception:
        """The error for the callers of a batch of which nothing was stored."""
        try:
            raise error
        except StoreInUse as error:
            return StoreUnavailable(str(error))  # taken over while our connection was lost
        except FilesChanged as error:
            log.error("%s", error)
            await self._rescue()
            return error
        except Exception as error:
            if not _refused(error):
                return error
            log.warning("%s", faults.as_unavailable(error, "the database refused a commit"))
            await self._drop_session()
            return faults.as_unavailable(error, "the database cannot be written")

    async def _attempt(self, batch: Sequence[Unit]) -> Batch:
        if self._session is None:
            if self._in_a_hurry_from is not None:
                raise StoreUnavailable("the store is being closed")
            self._session = await self._database.writing()
        began = time.perf_counter()
        try:
            done = await self._session.run(lambda connection: self._run_units(connection, batch))
        except BaseException as error:
            self._forget(error)
            raise
        self._work = None
        self._known.learn(done.work.found)
        self._database.committed()
        done.seconds = time.perf_counter() - began
        return done

    def _forget(self, error: BaseException) -> None:
        """Nobody can be sure any more what the units have changed in what is known."""
        work, self._work = self._work, None
        if work is not None and faults.taken(error):
            self._known.forget_some(work.found)
        else:
            self._known.forget()

    def _run_units(self, connection: Connection, batch: Sequence[Unit]) -> Batch:
        work = self._work = Work(connection, self._known, wary=bool(self._wary))
        done = Batch(work)
        work.notices = done.notices
        for unit in batch:
            if (result := unit.quick(work)) is not None:
                done.outcomes.append((result, None))
            else:
                transaction = self._begin(work)
                done.add(_outcome(unit, transaction), transaction)
        work.flush()
        self._database.check_files(connection)
        return done

    async def _rescue(self) -> None:
        if self._session is not None:
            await self._database.rescue(self._session)
        await self._drop_session()

    async def _drop_session(self) -> None:
        """A new connection is the surest way out of whatever state the last one is in."""
        session, self._session = self._session, None
        if session is not None:
            await session.drop()


def _outcome(unit: Unit, transaction: Transaction) -> Outcome:
    """Raises what makes the whole transaction worthless.

    A unit that gave up before it wrote anything has only itself to answer for.
    """
    try:
        result = unit.run(transaction)
        transaction.flush()
    except faults.OF_DATABASE:
        raise
    except Exception as error:
        if transaction.wrote:
            raise
        return None, error
    return result, None


def _refused(error: Exception) -> bool:
    return faults.unavailable(error) or faults.busy(error)


def _tell(unit: Unit, result: Any, error: Exception | None) -> None:
    try:
        unit.done(result, error)
    except Exception:
        log.exception("who handed in a unit could not be told what became of it")
