"""What one tab gets to see, in order and without a gap: the transcript first, then live notices.

Notices may be lost and pages of the transcript take time to read, so the two overlap. The rule is
simple: only a message numbered one above the last may be shown from a notice; at anything else the
transcript is read again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from connectors.web import outbound
from connectors.web.frames import Frame
from connectors.web.outlet import TRY_LATER, Outlet
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

    def notice(self, notice: Notice, frames: Callable[[], Iterable[bytes]]) -> None:
        """Take one notice; `frames` gives its encoded frames, made once for all tabs."""
        if not self._live:
            self._keep(notice)
        elif isinstance(notice, MessageStored):
            self._stored(notice.message, frames)
        elif isinstance(notice, Draft):
            self._outlet.put_draft(next(iter(frames())))
        else:
            self._put(frames())

    def missed(self, seq: int) -> None:
        """A message numbered `seq` exists; read it if no notice has brought it."""
        if seq > self.last:
            self._wanted = max(self._wanted, seq)
            if self._live:
                self._reread()

    def _keep(self, notice: Notice) -> None:
        match notice:
            case MessageStored(message=message):
                self._wanted = max(self._wanted, message.seq)
            case MessageEdited() | MessageDeleted() | ModeChanged() | Seen():
                self._later.append(notice)
                if len(self._later) > _LATER_FRAMES:
                    self._outlet.cut()
            case Draft() | Typing():
                return

    def _stored(self, message: Message, frames: Callable[[], Iterable[bytes]]) -> None:
        if message.seq <= self.last:
            return
        if message.seq > self.last + 1:
            self._wanted = message.seq
            self._reread()
        elif self._is_own(message):
            self._acknowledge(message)
        else:
            self._show(message, frames())

    def _is_own(self, message: Message) -> bool:
        return message.author.kind is AuthorKind.CUSTOMER and message.external_id in self.own

    def _acknowledge(self, message: Message) -> None:
        self.last = message.seq
        self._send([outbound.ack(self.own.pop(message.external_id), message)])

    def _show(self, message: Message, frames: Iterable[bytes]) -> None:
        self.last = message.seq
        if message.author.kind is not AuthorKind.CUSTOMER:
            self._outlet.put_draft(None)
        self._put(frames)

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
        while self.last < self._wanted and not self._outlet.ended:
            page = await self._transcript.after(self.address, self.last, _PAGE)
            if not page:
                # The number is taken but cannot be read: waiting for it would never end.
                self._wanted = self.last
            for message in page:
                await self._outlet.room()
                if self._is_own(message):
                    self._acknowledge(message)
                else:
                    self._show(message, map(outbound.encoded, outbound.said(message)))

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
