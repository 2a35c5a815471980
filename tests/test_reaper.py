"""Whoever connects and says nothing is not waited for, least of all many from one place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.reaper import Reaper
from tests.web.desk import until


class Line(asyncio.Protocol):
    """The server's end of one connection."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self.transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._lines.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._lines.remove(self)


@asynccontextmanager
async def connected(count: int) -> AsyncIterator[list[Line]]:
    """The open lines of `count` peers that say nothing."""
    lines: list[Line] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(lines), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    peers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    await until(lambda: len(lines) == count)
    try:
        yield lines
    finally:
        for _, writer in peers:
            writer.close()
        server.close()
        await until(lambda: not lines)


@asynccontextmanager
async def reaping(reaper: Reaper) -> AsyncIterator[None]:
    task = asyncio.create_task(reaper.run())
    try:
        yield
    finally:
        task.cancel()


async def test_one_place_has_few_silent_connections_and_those_that_asked_do_not_count() -> None:
    """L05: the cap of connections for one address."""
    async with connected(6) as lines:
        busy = lines[5]
        reaper = Reaper(lambda: list(lines), 2.0, lambda peer: f"around {peer}", most=3)
        reaper.serves(busy)
        oldest = lines[:3]
        async with reaping(reaper):
            await until(lambda: len(lines) == 4)
        assert lines == [*oldest, busy]


async def test_where_nobody_can_tell_the_place_only_time_counts() -> None:
    """L05, A13: all visitors may come through one proxy."""
    async with connected(5) as lines:
        began = asyncio.get_running_loop().time()
        async with reaping(Reaper(lambda: list(lines), 0.2, lambda peer: "", most=1)):
            await until(lambda: not lines)
        assert asyncio.get_running_loop().time() - began >= 0.2
