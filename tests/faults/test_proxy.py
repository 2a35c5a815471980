"""The proxy does to connections exactly what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.proxy import FaultProxy, Trouble

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """A server that says back what it hears; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
        except OSError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    async with echo() as port:
        proxy = FaultProxy("127.0.0.1", port)
        await proxy.start()
        yield proxy
        await proxy.close()


@asynccontextmanager
async def connected(proxy: FaultProxy) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def said(streams: Streams, text: bytes) -> bytes:
    """What comes back for `text`."""
    reader, writer = streams
    writer.write(text)
    return await asyncio.wait_for(reader.readexactly(len(text)), 5)


async def test_bytes_pass_both_ways_and_connections_are_counted(proxy: FaultProxy) -> None:
    async with connected(proxy) as one, connected(proxy) as two:
        assert await said(one, b"hello") == b"hello"
        assert await said(two, b"x" * 300_000) == b"x" * 300_000
        assert proxy.connections == 2


async def test_an_end_passes_like_any_byte(proxy: FaultProxy) -> None:
    async with connected(proxy) as (reader, writer):
        writer.write(b"bye")
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b"bye"


async def test_a_delay_holds_each_chunk_back(proxy: FaultProxy) -> None:
    proxy.trouble("to_client", Trouble(delay=0.1))
    loop = asyncio.get_running_loop()
    async with connected(proxy) as streams:
        began = loop.time()
        assert await said(streams, b"late") == b"late"
        assert loop.time() - began >= 0.1


async def test_a_stall_passes_nothing_until_it_is_over(proxy: FaultProxy) -> None:
    async with connected(proxy) as (reader, writer):
        proxy.trouble("to_server", Trouble(stall=True))
        writer.write(b"held")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(4), 0.1)
        proxy.trouble("to_server")
        assert await asyncio.wait_for(reader.readexactly(4), 5) == b"held"


async def test_a_reset_comes_after_so_many_bytes(proxy: FaultProxy) -> None:
    async with connected(proxy) as streams:
        assert await said(streams, b"before") == b"before"
        proxy.trouble("to_client", Trouble(reset_after=3))
        reader, writer = streams
        writer.write(b"after")
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.readexactly(4), 5)


async def test_a_cut_is_an_orderly_end_after_so_many_bytes(proxy: FaultProxy) -> None:
    proxy.trouble("to_client", Trouble(cut_after=3))
    async with connected(proxy) as (reader, writer):
        writer.write(b"abcdef")
        assert await asyncio.wait_for(reader.read(), 5) == b"abc"


async def test_slices_arrive_one_by_one_and_complete(proxy: FaultProxy) -> None:
    proxy.trouble("to_client", Trouble(slice=7))
    async with connected(proxy) as streams:
        text = bytes(range(256)) * 4
        assert await said(streams, text) == text


async def test_all_connections_can_be_reset_at_once(proxy: FaultProxy) -> None:
    async with connected(proxy) as one, connected(proxy) as two:
        assert await said(one, b"a") == await said(two, b"a") == b"a"
        proxy.cut_off()
        for reader, _ in (one, two):
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.readexactly(1), 5)


async def test_a_closed_proxy_has_nothing_open_and_listens_no_more(proxy: FaultProxy) -> None:
    async with connected(proxy) as streams:
        assert await said(streams, b"a") == b"a"
        await proxy.close()
        assert proxy.open_connections == 0
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(proxy.host, proxy.port)
