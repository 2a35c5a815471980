"""Socket Mode from Slack's side: tickets, envelopes, acknowledgements, and sockets that go wrong.

Pings are answered here by hand, because a stalled socket is one whose TCP connection lives on
while nothing is answered any more.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import socket
import struct
from collections.abc import Callable
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from sandbox.slack.background import Background
from sandbox.slack.delivery import Delivery, EnvelopeKind, Failed, Retries
from sandbox.slack.identity import Identity

MOST_CONNECTIONS = 10
_RESET = struct.pack("ii", 1, 0)


def reset(request: web.BaseRequest) -> None:
    """Break the connection so that the client sees a reset, not an orderly end."""
    if (transport := request.transport) is None:
        return
    if (endpoint := transport.get_extra_info("socket")) is not None:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


class Connection:
    """One WebSocket of the app. `stalled` makes it deaf and dumb while TCP stays up."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse) -> None:
        self.stalled = False
        self.ready = False
        self._request = request
        self._ws = ws

    async def send(self, body: dict[str, Any]) -> None:
        if not self.stalled and not self._ws.closed:
            await self._ws.send_str(json.dumps(body))

    async def close(self) -> None:
        await self._ws.close()

    def cut(self) -> None:
        reset(self._request)


class SocketHub:
    """The app's connections; each delivery goes to one of them in turn.

    `ping_every` is the seconds between the pings that Slack sends; `warning` the seconds between
    a warning and the end of that connection; `ticket_lasts` the life of a connection's address;
    `most` the number of connections that an app may have.
    """

    def __init__(
        self, identity: Identity, clock: Callable[[], float], background: Background
    ) -> None:
        self.ping_every = 10.0
        self.warning = 10.0
        self.ticket_lasts = 30.0
        self.most = MOST_CONNECTIONS
        self.connections: list[Connection] = []
        self._identity = identity
        self._clock = clock
        self._background = background
        self._tickets: dict[str, float] = {}
        self._turn = itertools.count()
        self._acks: dict[str, asyncio.Future[Any]] = {}

    def open(self, base_url: str) -> str:
        """A fresh WebSocket address, good for one connection."""
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = self._clock() + self.ticket_lasts
        host = base_url.replace("http", "ws", 1)
        return f"{host}/link/?ticket={ticket}&app_id={self._identity.app_id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self._tickets.pop(request.query.get("ticket", ""), 0.0) < self._clock():
            raise web.HTTPNotFound(text="This ticket is unknown, used or too old.")
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        connection = Connection(request, ws)
        if len(self.connections) >= self.most:
            await connection.send(self._goodbye("too_many_websockets"))
            await connection.close()
            return ws
        self.connections.append(connection)
        try:
            await self._serve(connection, ws)
        finally:
            self.connections.remove(connection)
        return ws

    async def deliver(self, delivery: Delivery, retries: Retries) -> Failed | None:
        connection = self._next()
        if connection is None:
            return Failed("no_connection")
        envelope_id = secrets.token_hex(16)
        ack: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._acks[envelope_id] = ack
        try:
            async with asyncio.timeout(retries.ack_within):
                await connection.send(_envelope(envelope_id, delivery))
                delivery.response = await ack
        except TimeoutError:
            return Failed("timeout")
        except ConnectionError:
            return Failed("connection_failed")
        finally:
            del self._acks[envelope_id]
        return None

    async def disconnect(self, reason: str) -> None:
        """Tell every connection that it will end (`warning`), or end it now."""
        for connection in list(self.connections):
            await connection.send(self._goodbye(reason))
            if reason == "warning":
                self._background.start(self._close_later(connection))
            else:
                connection.ready = False
                self._background.start(connection.close())

    def cut(self) -> None:
        for connection in list(self.connections):
            connection.cut()

    def stall(self, *, stalled: bool = True) -> None:
        """Leave the connections of this moment open and dead, or bring them back to life."""
        for connection in self.connections:
            connection.stalled = stalled

    def _next(self) -> Connection | None:
        ready = [c for c in self.connections if c.ready]
        return ready[next(self._turn) % len(ready)] if ready else None

    async def _serve(self, connection: Connection, ws: web.WebSocketResponse) -> None:
        await connection.send(self._hello())
        connection.ready = True
        pings = self._background.task(self._ping(connection, ws))
        try:
            async for message in ws:
                if not connection.stalled:
                    await self._received(ws, message)
        finally:
            connection.ready = False
            pings.cancel()

    async def _received(self, ws: web.WebSocketResponse, message: WSMessage) -> None:
        if message.type is WSMsgType.PING:
            await ws.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            answer = json.loads(message.data)
            ack = self._acks.get(answer.get("envelope_id", ""))
            if ack is not None and not ack.done():
                ack.set_result(answer.get("payload"))

    async def _ping(self, connection: Connection, ws: web.WebSocketResponse) -> None:
        while not ws.closed:
            await asyncio.sleep(self.ping_every)
            if not connection.stalled and not ws.closed:
                await ws.ping(b"Ping from applink-sandbox")

    async def _close_later(self, connection: Connection) -> None:
        await asyncio.sleep(self.warning)
        connection.ready = False
        await connection.close()

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {**_HOST, "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._identity.app_id},
        }

    def _goodbye(self, reason: str) -> dict[str, Any]:
        return {"type": "disconnect", "reason": reason, "debug_info": _HOST}


_HOST = {"host": "applink-sandbox"}


def _envelope(envelope_id: str, delivery: Delivery) -> dict[str, Any]:
    is_event = delivery.kind is EnvelopeKind.EVENT
    envelope: dict[str, Any] = {
        "envelope_id": envelope_id,
        "payload": delivery.payload,
        "type": delivery.kind.value,
        "accepts_response_payload": not is_event,
    }
    if is_event:
        reason = delivery.failures[-1] if delivery.failures else ""
        envelope |= {"retry_attempt": len(delivery.failures), "retry_reason": reason}
    return envelope
