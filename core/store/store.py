"""The store: one writer, a few readers, and whoever wants to hear of a commit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from core.errors import StoreUnavailable
from core.notices import Notice
from core.store import faults, schema
from core.store.clock import ClockWatch, move_waits
from core.store.database import Database, locate, patiently
from core.store.lineage import Beat, Lineage
from core.store.reader import ExternalKey, Reader
from core.store.transaction import Transaction
from core.store.units import Awaited, Unit
from core.store.work import Work
from core.store.writer import Batch, Writer
from core.tables import clean

log = logging.getLogger(__name__)

T = TypeVar("T")

_BEAT_EVERY = 60.0  # seconds: a backup that is put back may be this much older unnoticed
_CLOCK_EVERY = 0.5
_LAST_BEAT = 2.0  # seconds that a stop waits for it
_LAST_ANSWER = 3.0  # seconds that it waits for a server


def external_key(external_id: str) -> int:
    """A platform's id as a signed 64-bit number, which makes for a small index."""
    return int.from_bytes(blake2b(external_id.encode(), digest_size=8).digest(), signed=True)


class Store:
    """The database of one frontdesk. All methods belong to one event loop.

    `path` is the SQLite file, None on PostgreSQL. `files_path` is the folder for files beside
    it, None on PostgreSQL. `keep_files` is how long new files are kept. `commit_seconds` is
    called after each commit with the seconds since its BEGIN. The last two may be set at any time.
    `notice` is what an admin and the agents should know about the past of the database, such as
    messages that are held after a backup was put back; mostly "".
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        keep_files: timedelta,
        external_key: ExternalKey,
    ) -> None:
        """Use `Store.open`."""
        self.path = database.path
        self.keep_files = keep_files
        self.notice = ""
        self.commit_seconds: Callable[[float], None] = _ignore
        self._database = database
        self._now = now
        self._external_key = external_key
        self._writer: Writer | None = None
        self._beating: asyncio.Task[None] | None = None
        self._last_beat: Beat | None = None
        self._stored_something = False
        self._subscribers: list[Callable[[Sequence[Notice]], None]] = []
        self._workers: list[Callable[[], None]] = []
        self._senders: list[Callable[[Collection[str]], None]] = []

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        now: Callable[[], datetime],
        keep_files: timedelta = timedelta(days=30),
        external_key: ExternalKey = external_key,
    ) -> Store:
        """Open `sqlite:///path` or `postgresql://…`, bringing its schema up to date.

        Raises StoreInUse, NewerDatabase or StoreUnavailable, each with a text for the admin.
        """
        database = locate(url)
        store = cls(database, now, keep_files, external_key)
        try:
            await store._start()
        except BaseException:
            await database.close()
            raise
        return store

    async def _start(self) -> None:
        await self._database.claim()
        session = await self._database.writing()
        try:
            bring_up = partial(schema.bring_up, path=self.path)
            await patiently(lambda: session.prepare(bring_up), patience=self._database.patience)
            self._database.sync_folder()
        except Exception as error:
            await session.drop()
            if faults.unavailable(error):
                doing = "the database cannot be brought up to date"
                raise faults.as_unavailable(error, doing) from error
            raise
        self._writer = Writer(self._database, session, self._begin, self._committed)
        if self._database.lineage is not None:
            await self._begin_beating(self._database.lineage)

    async def _begin_beating(self, lineage: Lineage) -> None:
        try:
            self.notice, beat = await self.write(lineage.begin)
        except BaseException:
            await self._writer_closed()
            raise
        self._last_beat = beat
        lineage.note(beat)
        lineage.begun()
        if self.notice:
            log.warning("%s", self.notice)
        self._beating = asyncio.get_running_loop().create_task(self._keep_beating(lineage))

    async def _keep_beating(self, lineage: Lineage) -> None:
        while True:
            await asyncio.sleep(_BEAT_EVERY)
            await self._beat(lineage)

    async def _beat(self, lineage: Lineage) -> None:
        if not self._stored_something:
            return
        with contextlib.suppress(StoreUnavailable):  # the next beat does as well
            beat = self._last_beat = await self.write(lineage.beat)
            lineage.note(beat)
            self._stored_something = False

    @property
    def relived(self) -> datetime | None:
        """What was written until then may have been answered by a run that a backup has undone;
        None when there was none."""
        lineage = self._database.lineage
        return None if lineage is None else lineage.relived

    @property
    def files_path(self) -> Path | None:
        return self.path and self.path.with_name(f"{self.path.stem}-files")

    def hurry(self) -> None:
        """The end is near: whoever waits for another program to let go of the database waits a
        second at most from now on, and is told StoreUnavailable."""
        self._running().hurry()

    async def close(self) -> None:
        """Finish every unit that waits, then let go of the database. A server that has stopped
        answering is not waited for. Safe to call twice."""
        await self._end_beating()
        enough = asyncio.get_running_loop().call_later(_LAST_ANSWER, self._database.cut)
        await self._writer_closed()
        await self._database.close()
        enough.cancel()

    async def follow_clock(self) -> None:
        """Until cancelled: when the machine's clock jumps, what waits keeps its pause."""
        watch = ClockWatch(self._now, time.monotonic)
        while True:
            await asyncio.sleep(_CLOCK_EVERY)
            jump = watch.jump()
            if jump is None:
                continue
            seconds = f"{jump.by.total_seconds():+.0f} s"
            log.warning("the clock has jumped by %s: check this machine's clock", seconds)
            try:
                await self.write(partial(move_waits, jump=jump))
            except StoreUnavailable as error:
                log.warning("what waits could not follow the clock: %s", error)

    async def _end_beating(self) -> None:
        beating, self._beating = self._beating, None
        lineage = self._database.lineage
        if beating is None or lineage is None:
            return
        beating.cancel()
        await asyncio.wait([beating])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_BEAT):
                await self._beat(lineage)
        if self._last_beat is not None:
            lineage.note(self._last_beat, open=False)

    async def _writer_closed(self) -> None:
        if self._writer is not None:
            await self._writer.close()

    def key_of(self, external_id: str) -> int:
        """The key under which a message with this id is found."""
        return self._external_key(clean(external_id))

    async def write(
        self, unit: Callable[[Transaction], T], quick: Callable[[Work], T | None] | None = None
    ) -> T:
        """Run `unit` in a transaction; its result, once it is on disk. `quick` may give the same
        on a shorter way, see `core.store.units.Unit`.

        Units run in the order of the calls. `unit` may be run again, see `core.store.transaction`.
        Whatever it raises comes back to this caller alone and nothing of it is stored. Raises
        StoreUnavailable when the database refuses: call again later. (When the connection is lost
        during the commit itself, the unit may have been stored all the same.)
        """
        waiting = Awaited(unit, quick)
        self._running().submit(waiting)
        result, error = await waiting.future
        if error is not None:
            raise error
        value: T = result
        return value

    def hand_in(self, unit: Unit) -> None:
        """As `write`, without a task that waits: the unit itself is told, in the order of the
        calls and after the notices. Raises StoreUnavailable when the store is closed."""
        self._running().submit(unit)

    async def read(self, query: Callable[[Reader], T]) -> T:
        """Run `query` on a snapshot that has every commit so far. Raises StoreUnavailable."""
        self._running()
        return await self._database.read(
            lambda connection: query(Reader(connection, self._now(), self._external_key))
        )

    def subscribe(self, listener: Callable[[Sequence[Notice]], None]) -> None:
        """`listener` gets the notices of each commit, in commit order, on the event loop, before
        the writers' calls return. It must not block."""
        self._subscribers.append(listener)

    def on_work(self, listener: Callable[[], None]) -> None:
        """`listener` is called after each commit that left something to do (see
        `Transaction.wake`), after the notices and before the writers' calls return."""
        self._workers.append(listener)

    def on_marks(self, listener: Callable[[Collection[str]], None]) -> None:
        """`listener` is told the lanes to which a commit has added nothing but marks, where it
        left nothing else to do."""
        self._senders.append(listener)

    async def check_writable(self) -> None:
        """Commit something small. Raises StoreUnavailable when that fails."""
        await self.write(lambda unit: unit.set_cursor("store.checked", unit.now.isoformat()))

    def _running(self) -> Writer:
        if self._writer is None:
            raise StoreUnavailable("the store is not open")
        return self._writer

    def _begin(self, work: Work) -> Transaction:
        return Transaction(work, self._now(), self._external_key, self.keep_files)

    def _committed(self, batch: Batch) -> None:
        self._stored_something = True
        if batch.notices:
            for subscriber in self._subscribers:
                _call(subscriber, batch.notices)
        for call in batch.later:
            _call(call)
        if batch.wakes:
            for worker in self._workers:
                _call(worker)
        elif marked := batch.work.queued.marked:
            for sender in self._senders:
                _call(sender, marked)
        _call(self.commit_seconds, batch.seconds)


def _call(listener: Callable[..., None], *values: object) -> None:
    try:
        listener(*values)
    except Exception:
        log.exception("a listener of the store failed")


def _ignore(_seconds: float) -> None:
    return None
