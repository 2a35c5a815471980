"""One tab's socket from its first frame to its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSMessage, WSMsgType, web

from connectors.web import inbound, outbound
from connectors.web.crowd import Pace
from connectors.web.feed import Feed
from connectors.web.frames import (
    ClientFrame,
    Hello,
    Ping,
    Pong,
    Press,
    SeenUpTo,
    TypingNow,
    Write,
)
from connectors.web.hub import Hub
from connectors.web.identity import Unverified
from connectors.web.inbound import BadFrame
from connectors.web.intake import RETRY_SECONDS, Intake, Visit
from connectors.web.outlet import BROKEN, NOT_TEXT, POLICY, RESTARTING, TRY_LATER, Outlet
from connectors.web.reception import Guest, Reception
from connectors.web.settings import WebLimits, WebSettings
from core.errors import StoreUnavailable
from core.messages import Address, ChannelName
from core.notices import ConversationView
from core.ports import Inbox, Services
from core.tasks import Tasks

CHANNEL = ChannelName("web")
_SMALL_FRAMES = 200
_SMALL_FRAMES_PER_SECOND = 10.0
_SOFT_ERRORS = 1
_TEXT = WSMsgType.TEXT
_LAST = frozenset(
    (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
)  # of a socket's messages


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sockets of the channel share. `name` is the bot's."""

    settings: WebSettings
    limits: WebLimits
    services: Services
    inbox: Inbox
    reception: Reception
    hub: Hub
    pace: Pace
    tasks: Tasks
    name: str = ""
    hello_seconds: float = 10.0


class Refusal(Exception):
    """The socket must close with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Patience:
    """How many frames that cost the visitor nothing we put up with: a burst, then a trickle."""

    __slots__ = ("_at", "_burst", "_left", "_now", "_per_second")

    def __init__(self, burst: float, per_second: float, now: Callable[[], float]) -> None:
        self._burst = burst
        self._per_second = per_second
        self._now = now
        self._left = burst
        self._at = now()

    def spend(self) -> bool:
        now = self._now()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        self._left -= 1
        return self._left >= 0


class Session:
    """Speaks the protocol over one prepared WebSocket."""

    __slots__ = (
        "_broken",
        "_feed",
        "_intake",
        "_outlet",
        "_patience",
        "_place",
        "_shared",
        "_socket",
    )

    def __init__(
        self, shared: Shared, socket: web.WebSocketResponse, outlet: Outlet, place: str = ""
    ) -> None:
        """`place`: whose share of the limits the visitor's messages count against."""
        self._shared = shared
        self._socket = socket
        self._outlet = outlet
        self._place = place
        self._broken = 0
        self._patience = Patience(_SMALL_FRAMES, _SMALL_FRAMES_PER_SECOND, time.monotonic)
        self._feed: Feed | None = None
        self._intake: Intake | None = None

    async def run(self) -> None:
        """Returns when the visitor is gone or must go; the outlet is told why. Never raises."""
        # Thousands of these wait at once, so they wait in as few calls as can be.
        try:
            intake = await self._begin()
            while intake is not None:
                message = await self._socket.receive()
                # Nearly every frame is a message that can be taken at once.
                if message.type is _TEXT:
                    frame = self._parsed(message.data)
                elif message.type in _LAST:
                    break
                else:
                    frame = self._read(message)
                if frame is not None and not (type(frame) is Write and intake.take(frame)):
                    await self._obey(frame, intake)
        except Refusal as refusal:
            self._outlet.close(refusal.code, str(refusal).encode())
        finally:
            if self._feed is not None:
                self._shared.hub.remove(self._feed)

    async def restart(self, seconds: float, retry_after: float) -> None:
        """End politely: answer what is under way, then ask the browser to come back later."""
        if self._intake is not None:
            await self._intake.settle(seconds)
        self._outlet.close(RESTARTING, f"retry_after={retry_after:.1f}".encode())

    async def _begin(self) -> Intake | None:
        """None when the visitor is gone."""
        hello = await self._hello()
        if hello is not None:
            self._intake = await self._welcome(hello)
        return self._intake

    async def _hello(self) -> Hello | None:
        try:
            async with asyncio.timeout(self._shared.hello_seconds):
                frame = await self._first()
        except TimeoutError:
            raise Refusal(POLICY, "no hello") from None
        if frame is None or isinstance(frame, Hello):
            return frame
        self._fault("bad_frame", "the first frame must be hello", getattr(frame, "id", None))
        raise Refusal(POLICY, "no hello")

    async def _welcome(self, hello: Hello) -> Intake:
        shared = self._shared
        guest = await self._receive_guest(hello)
        address = Address(CHANNEL, CHANNEL, guest.peer)
        feed = Feed(address, shared.services.transcript, self._outlet, shared.tasks)
        # Before the transcript is read, so that nothing falls between it and the live notices.
        if not shared.hub.add(feed):
            self._fault("rate_limited", "too many tabs", after=60.0)
            raise Refusal(TRY_LATER, "too many tabs")
        self._feed = feed
        try:
            view = await shared.services.transcript.view(address) or ConversationView()
            self._greet(guest.token, view, hello)
            await feed.begin(hello.last_seq if guest.returning else 0, view)
        except StoreUnavailable:
            raise self._away() from None
        return Intake(
            Visit.of(hello, guest.customer, self._place),
            feed,
            self._outlet,
            shared.inbox,
            shared.services,
            shared.tasks,
            shared.pace,
            shared.limits.message_chars,
        )

    async def _receive_guest(self, hello: Hello) -> Guest:
        try:
            return await self._shared.reception.receive(hello)
        except Unverified as why:
            self._fault("unauthorized", str(why))
            raise Refusal(POLICY, "unauthorized") from None
        except StoreUnavailable:
            raise self._away() from None

    def _away(self) -> Refusal:
        self._fault("unavailable", "try again", after=RETRY_SECONDS)
        return Refusal(TRY_LATER, "store unavailable")

    def _greet(self, token: str, view: ConversationView, hello: Hello) -> None:
        language = inbound.language_of(hello)
        shared = self._shared
        frame = outbound.welcome(
            token, view, shared.settings, shared.limits, language, shared.name
        )
        self._outlet.put(outbound.encoded(frame))

    async def _obey(self, frame: ClientFrame, intake: Intake) -> None:
        match frame:
            case Write():
                if not await intake.write(frame):
                    self._spend()
            case Press():
                if not await intake.press(frame):
                    self._spend()
            case SeenUpTo():
                self._spend()
                await intake.seen(frame)
            case Ping():
                self._spend()
                self._outlet.put(outbound.encoded(Pong()))
            case TypingNow():
                self._spend()
            case Hello():
                self._spend()
                self._fault("bad_frame", "hello comes once")

    async def _first(self) -> ClientFrame | None:
        """The first frame, None when the socket is closed."""
        while (message := await self._socket.receive()).type not in _LAST:
            if (frame := self._read(message)) is not None:
                return frame
        return None

    def _read(self, message: WSMessage) -> ClientFrame | None:
        """The frame in `message`, None when there is nothing to obey."""
        match message.type:
            case WSMsgType.TEXT:
                return self._parsed(message.data)
            case WSMsgType.PING:
                self._spend()
                self._outlet.put_pong(bytes(message.data))
            case WSMsgType.PONG:
                self._spend()
            case _:
                raise Refusal(NOT_TEXT, "text frames only")
        return None

    def _parsed(self, raw: str) -> ClientFrame | None:
        try:
            return inbound.parse(raw)
        except BadFrame as bad:
            self._spend()
            self._fault("bad_frame", str(bad), bad.id)
            self._broken += bad.broken
            if self._broken > _SOFT_ERRORS:
                raise Refusal(BROKEN, "not JSON") from None
            return None

    def _spend(self) -> None:
        if not self._patience.spend():
            raise Refusal(POLICY, "too many frames")

    def _fault(
        self, code: str, message: str, id: str | None = None, *, after: float | None = None
    ) -> None:
        self._outlet.put(outbound.encoded(outbound.fault(code, message, id, after)))
