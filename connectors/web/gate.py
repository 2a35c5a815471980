"""The door to the socket: who may come in, how many, and how everybody is asked to leave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random

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
    `patience`: seconds a browser may refuse to read. `taken` is the number of sockets.
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
        self._sessions: set[Session] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def open(self, shared: Shared) -> None:
        self._shared = shared

    async def handle(self, request: web.Request) -> web.StreamResponse:
        shared = self._admitted(request)
        place = request.get(PLACE, "")
        if not self._crowd.enter(place):
            raise web.HTTPTooManyRequests(
                text="too many connections\n", headers={"Retry-After": str(_RETRY_SECONDS)}
            )
        self._change(+1)
        try:
            return await self._serve(request, shared, place)
        finally:
            self._change(-1)
            self._crowd.leave(place)

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

    def _change(self, by: int) -> None:
        self.taken += by
        if self.taken:
            self._empty.clear()
        else:
            self._empty.set()

    async def _serve(self, request: web.Request, shared: Shared, place: str) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            heartbeat=self._heartbeat,
            timeout=self._patience,
            autoping=False,  # a pong to a browser that does not read would block our reading
            compress=False,
            max_msg_size=self._frame_bytes,
            writer_limit=0,
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        outlet = Outlet(socket, transport, self._patience, self._round)
        session = Session(shared, socket, outlet, place)
        self._sessions.add(session)
        try:
            await session.run()
            if outlet.closing:
                await outlet.done()
        finally:
            self._sessions.discard(session)
            outlet.leave()
            await outlet.done()
            _untie(request, socket)
        return socket

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


def _untie(request: web.Request, socket: web.WebSocketResponse) -> None:
    """aiohttp ties its protocol, the response and the error that ended it into rings, which only
    the garbage collector would undo; after a crowd that is a hundred megabytes."""
    request.protocol._data_received_cb = None
    error: BaseException | None = socket.exception()
    while error is not None:
        error.__traceback__ = None
        error = error.__context__
