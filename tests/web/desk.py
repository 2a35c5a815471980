"""A running web channel on a free port, and browsers' sockets that talk to it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from connectors.web.connector import WebConnector
from connectors.web.settings import WebLimits, WebSettings
from connectors.web.tokens import peer_of
from core.messages import Address, ChannelName
from core.metrics import Metrics
from core.ports import Route
from core.web import WebServer
from tests.web.memory import Memory, MemoryFiles, services

WEB = ChannelName("web")
SOON = 5.0


def address_of(token: str) -> Address:
    return Address(WEB, "web", peer_of(token))


class Tab:
    """One browser tab's socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.token = ""

    async def send(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def write(self, text: str, id: str = "", **more: Any) -> str:
        id = id or str(uuid.uuid4())
        await self.send(type="message", id=id, text=text, **more)
        return id

    async def frame(self) -> dict[str, Any]:
        """The next frame; fails when the socket is closed instead."""
        message = await self.socket.receive(SOON)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        found: dict[str, Any] = json.loads(message.data)
        return found

    async def frames(self, count: int) -> list[dict[str, Any]]:
        return [await self.frame() for _ in range(count)]

    async def next(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; those before it are dropped."""
        while (frame := await self.frame())["type"] != kind:
            continue
        return frame

    async def closed(self) -> int | None:
        """Read until the socket is closed; the code that the server gave."""
        while not self.socket.closed:
            message = await self.socket.receive(SOON)
            if message.type is aiohttp.WSMsgType.CLOSE:
                code: int = message.data
                return code
        return self.socket.close_code

    async def quiet(self) -> bool:
        """True when nothing is under way to this tab: a ping's answer is the very next frame."""
        await self.send(type="ping")
        return await self.frame() == {"type": "pong"}


@dataclass
class Desk:
    """The channel, the server and the memory behind them."""

    memory: Memory
    files: MemoryFiles
    connector: WebConnector
    server: WebServer
    client: aiohttp.ClientSession
    sockets: list[aiohttp.ClientWebSocketResponse] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def connect(self, **headers: str) -> Tab:
        """A socket that has not said hello."""
        return Tab(await self.socket({"Origin": self.origin, **headers}))

    async def socket(
        self, headers: dict[str, str], **options: Any
    ) -> aiohttp.ClientWebSocketResponse:
        """A bare socket, kept until the end of the test so that no collector closes it."""
        url = f"{self.origin}/widget/socket"
        socket: aiohttp.ClientWebSocketResponse = await self.client.ws_connect(
            url, headers=headers, max_msg_size=0, **options
        )
        self.sockets.append(socket)
        return socket

    async def open(self, token: str | None = None, last_seq: int = 0, **more: Any) -> Tab:
        """A socket past its welcome."""
        tab = await self.connect()
        await tab.send(type="hello", token=token, last_seq=last_seq, **more)
        tab.token = (await tab.next("welcome"))["token"]
        return tab

    async def talk(self, *texts: str) -> Tab:
        """A socket whose visitor has written `texts` already."""
        tab = await self.open()
        for text in texts or ("hello",):
            await tab.write(text)
            await tab.next("ack")
        return tab

    async def reopen(self) -> None:
        """Stop and start the channel, as a new process over the same store."""
        await self.connector.stop()
        await self.connector.start(self.memory)


@asynccontextmanager
async def desk(
    folder: Path,
    *,
    settings: WebSettings | None = None,
    limits: WebLimits | None = None,
    public_url: str = "",
    name: str = "",
    trusted_proxies: tuple[str, ...] = (),
    extra: tuple[Route, ...] = (),
    port: int = 0,
    **options: float,
) -> AsyncIterator[Desk]:
    memory, files = Memory(), MemoryFiles(folder)
    connector = WebConnector(
        settings or WebSettings(),
        services(memory, files),
        limits or WebLimits(),
        public_url,
        name,
        **options,
    )
    memory.publish = connector.publish
    server = _server(connector, extra, port, trusted_proxies)
    await connector.start(memory)
    await server.start()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        running = Desk(memory, files, connector, server, client)
        try:
            yield running
        finally:
            await asyncio.gather(*(socket.close() for socket in running.sockets))
            await client.close()
            await connector.stop()
            await server.stop()


def _server(
    connector: WebConnector, extra: tuple[Route, ...], port: int, proxies: tuple[str, ...]
) -> WebServer:
    # A test's own page takes the place of the channel's.
    routes = {(one.method, one.path): one for one in (*connector.routes(), *extra)}
    pages = list(routes.values())
    return WebServer("127.0.0.1", port, pages, _ready, Metrics(), trusted_proxies=proxies)


async def _ready() -> dict[str, Any]:
    return {"ready": True}


async def until(condition: Any, seconds: float = SOON) -> None:
    """Wait until `condition()` is true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - whatever is waited for has no event
            await asyncio.sleep(0.005)
