"""The door to the socket: who may come in, how many, and how everybody is asked to leave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable

from aiohttp import web

from connectors.web.crowd import Crowd
from connectors.web.origins import Origins
from connectors.web.outlet import Outlet, Round
from connectors.web.session import Session, Shared
from connectors.web.strangers import Strangers
from core.web import PLACE

log = logging.getLogger(__name__)

_RETRY_SECONDS = 5
_SETTLE_SECONDS = 3.0
_COMEBACKS_PER_SECOND = 500.0


class Gate:
    """Upgrades requests to sockets and runs their sessions.

    `limit`: sockets in all; `each`: those of one address. `heartbeat`: seconds between pings; a
    peer that is silent for half of it more is gone.
    `patience`: seconds a browser may refuse to read. `taken` is the number of sockets; `grew` is
    called with it at each one more.
    """

    def __init__(
        self,
        origins: Origins,
        limit: int,
        each: int,
        *,
        frame_bytes: int,
        heartbeat: float,
        patience: float,
    ) -> None:
        self._origins = origins
        self._limit = limit
        self._crowd = Crowd("chats", each)
        self._strangers = Strangers()
        self._frame_bytes = frame_bytes
        self._heartbeat = heartbeat
        self._patience = patience
        self._round = Round()
        self._shared: Shared | None = None
        self.taken = 0
        self.grew: Callable[[int], None] = _no_news
        self._sessions: set[Session] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def open(self, shared: Shared) -> None:
        self._shared = shared

    async def handle(self, request: web.Request) -> web.StreamResponse:
        # Thousands of these wait at once, so all of them wait in this one call.
        shared = self._admitted(request)
        place = self._enter(request.get(PLACE, ""))
        try:
            socket = self._socket()
            await socket.prepare(request)
            if request.transport is None:
                return socket
            outlet = Outlet(socket, request.transport, self._patience, self._round)
            session = Session(shared, socket, outlet, place)
            self._sessions.add(session)
            try:
                await session.run()
            finally:
                self._sessions.discard(session)
                await _end(outlet)
                _untie(request, socket)
            return socket
        finally:
            self._leave(place)

    def _admitted(self, request: web.Request) -> Shared:
        origin = request.headers.get("Origin")
        if not self._origins.admits(origin, request.scheme, request.host):
            self._name_stranger(origin or "")
            raise web.HTTPForbidden(text="this page may not use the chat\n")
        if self._shared is None or self.taken >= self._limit:
            raise web.HTTPServiceUnavailable(
                text="no free connection\n", headers={"Retry-After": str(_RETRY_SECONDS)}
            )
        return self._shared

    def _name_stranger(self, origin: str) -> None:
        if self._strangers.is_news(origin):
            log.warning(
                "a page of %.100r may not use the chat; if it should, set server.public_url, "
                "server.trusted_proxies or channels.web.allowed_origins",
                origin,
            )

    def _enter(self, place: str) -> str:
        """`_leave` must follow."""
        if not self._crowd.enter(place):
            raise web.HTTPTooManyRequests(
                text="too many connections\n", headers={"Retry-After": str(_RETRY_SECONDS)}
            )
        self.taken += 1
        self._empty.clear()
        self.grew(self.taken)
        return place

    def _leave(self, place: str) -> None:
        self.taken -= 1
        if not self.taken:
            self._empty.set()
        self._crowd.leave(place)

    def _socket(self) -> web.WebSocketResponse:
        return web.WebSocketResponse(
            heartbeat=self._heartbeat,
            timeout=self._patience,
            autoping=False,  # a pong to a browser that does not read would block our reading
            compress=False,
            max_msg_size=self._frame_bytes,
            writer_limit=0,
        )

    async def close(self) -> None:
        """Ask every browser to come back in a while, spread out; returns when all are
        gone, or when the stubborn had their time."""
        self._shared = None
        spread = 1.0 + len(self._sessions) / _COMEBACKS_PER_SECOND
        await asyncio.gather(
            *(
                session.restart(_SETTLE_SECONDS, random.uniform(0.5, 0.5 + spread))  # noqa: S311
                for session in list(self._sessions)
            )
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), 2 * self._patience)


async def _end(outlet: Outlet) -> None:
    """Say goodbye where that is wanted and possible."""
    try:
        if outlet.closing:
            await outlet.done()
    finally:
        outlet.leave()
        await outlet.done()


def _no_news(_taken: int) -> None:
    return


def _untie(request: web.Request, socket: web.WebSocketResponse) -> None:
    """aiohttp ties its protocol, the response and the error that ended it into rings, which only
    the garbage collector would undo; after a crowd that is a hundred megabytes."""
    request.protocol._data_received_cb = None
    error: BaseException | None = socket.exception()
    while error is not None:
        error.__traceback__ = None
        error = error.__context__
