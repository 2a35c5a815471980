"""What one tab gets to see, in order and without a gap: the transcript first, then live notices.

Notices may be lost and pages of the transcript take time to read, so the two overlap. The rule is
simple: only a message numbered one above the last may be shown from a notice; at anything else the
transcript is read again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from connectors.web import outbound
from connectors.web.frames import Ack, Frame
from connectors.web.outlet import TRY_LATER, Outlet
from connectors.web.shown import Shown
from core.errors import StoreUnavailable
from core.messages import Address, AuthorKind, Message
from core.notices import (
    ConversationView,
    Draft,
    MessageDeleted,
    MessageEdited,
    MessageStored,
    ModeChanged,
    Notice,
    Seen,
    Typing,
)
from core.ports import Transcript
from core.tasks import Tasks

log = logging.getLogger(__name__)

_PAGE = 100
_LATER_FRAMES = 500


class Feed:
    """Merges transcript and notices for one socket. `last` is the number of the newest message
    the browser has. Messages whose ids are in `own` are acknowledged instead of shown."""

    __slots__ = (
        "_later",
        "_live",
        "_outlet",
        "_tasks",
        "_transcript",
        "_wanted",
        "address",
        "last",
        "own",
    )

    def __init__(
        self, address: Address, transcript: Transcript, outlet: Outlet, tasks: Tasks
    ) -> None:
        self.address = address
        self.own: dict[str, str] = {}
        self.last = 0
        self._transcript = transcript
        self._outlet = outlet
        self._tasks = tasks
        self._live = False
        self._wanted = 0
        self._later: list[Notice] = []

    async def begin(self, last: int, view: ConversationView) -> None:
        """Bring a browser that has everything up to `last` up to date, then go live.

        Raises StoreUnavailable.
        """
        self.last = last if last <= view.seq else 0
        self._wanted = max(self._wanted, view.seq)
        if self.last:
            for message in await self._transcript.changed(self.address, self.last):
                self._send([outbound.change(message)])
        await self._catch_up()
        if view.agent is not None:
            self._send([outbound.mode(view.mode, view.agent)])
        if view.seen:
            self._send(outbound.live(Seen(self.address, view.seen)))
        self._go_live()

    def stored(self, message: Message, shown: Shown) -> None:
        """A line was stored; `shown` gives its frames."""
        if not self._live:
            self._wanted = max(self._wanted, message.seq)
        elif message.seq == self.last + 1:
            self._next(message, shown)
        elif message.seq > self.last:
            self._wanted = message.seq
            self._reread()

    def notice(self, notice: Notice, frames: Sequence[bytes]) -> None:
        """Take a notice of anything else; `frames` are its encoded frames."""
        if not self._live:
            self._keep(notice)
        elif isinstance(notice, Draft):
            self._outlet.put_draft(frames[0])
        else:
            self._put(frames)

    def missed(self, seq: int) -> None:
        """A message numbered `seq` exists; read it if no notice has brought it."""
        if seq > self.last:
            self._wanted = max(self._wanted, seq)
            if self._live:
                self._reread()

    def _keep(self, notice: Notice) -> None:
        match notice:
            case MessageEdited() | MessageDeleted() | ModeChanged() | Seen():
                self._later.append(notice)
                if len(self._later) > _LATER_FRAMES:
                    self._outlet.cut()
            case MessageStored() | Draft() | Typing():
                return

    def _next(self, message: Message, shown: Shown) -> None:
        self.last = message.seq
        outlet = self._outlet
        if message.author.kind is not AuthorKind.CUSTOMER:
            outlet.put_draft(None)
        elif (id := self.own.pop(message.external_id, None)) is not None:
            outlet.put(outbound.encoded(Ack(id, message.seq, shown.when(message.at))))
            return
        for frame in shown.frames(message):
            outlet.put(frame)

    def _reread(self) -> None:
        self._live = False
        self._tasks.start(self._recover(), "web catch-up")

    async def _recover(self) -> None:
        try:
            await self._catch_up()
        except StoreUnavailable as error:
            log.warning("a tab is closed, its transcript cannot be read: %s", error)
            self._outlet.close(TRY_LATER, b"transcript unavailable")
            return
        self._go_live()

    async def _catch_up(self) -> None:
        shown = Shown()
        while self.last < self._wanted and not self._outlet.ended:
            page = await self._transcript.after(self.address, self.last, _PAGE)
            if not page:
                # The number is taken but cannot be read: waiting for it would never end.
                self._wanted = self.last
            for message in page:
                await self._outlet.room()
                self._next(message, shown)

    def _go_live(self) -> None:
        self._live = True
        later, self._later = self._later, []
        for notice in later:
            self._send(outbound.live(notice))

    def _send(self, frames: Iterable[Frame]) -> None:
        self._put(map(outbound.encoded, frames))

    def _put(self, frames: Iterable[bytes]) -> None:
        for frame in frames:
            self._outlet.put(frame)
