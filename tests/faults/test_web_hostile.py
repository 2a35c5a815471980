"""Broken and hostile bytes at the web's door: refused fast, and nothing falls over.

B03 asks that floods of fragments be counted. The library puts fragments together before we see a
frame, so what can be promised is that they never grow beyond one frame's limit.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.web.settings import WebLimits
from tests.web.desk import SOON, Desk, desk


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as running:
        yield running


class Wire:
    """A socket whose frames are made by hand, wrong ones too."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, payload: bytes, *, opcode: int = 1, flags: int = 0x80, size: int = 0) -> None:
        """One masked frame; `size` is what its head says when that is not the truth."""
        size = size or len(payload)
        short = struct.pack("!BB", flags | opcode, 0x80 | size) if size < 126 else b""
        head = short or struct.pack("!BBQ", flags | opcode, 0xFF, size)
        self._writer.write(head + bytes(4) + payload)

    async def closed(self) -> int | None:
        """The code of the closing frame, None when the connection just ended."""
        async with asyncio.timeout(SOON):
            received = await self._reader.read()
        at = received.rfind(b"\x88")
        return int.from_bytes(received[at + 2 : at + 4]) if at >= 0 else None

    async def says(self) -> bytes:
        """Whatever comes next."""
        async with asyncio.timeout(SOON):
            return await self._reader.read(65_536)


@asynccontextmanager
async def welcomed(web: Desk) -> AsyncIterator[Wire]:
    """The wire of a visitor who has been greeted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", web.server.port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /widget/socket HTTP/1.1\r\nHost: 127.0.0.1:{web.server.port}\r\n"
        f"Origin: {web.origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    wire = Wire(reader, writer)
    wire.send(b'{"type":"hello"}')
    assert b'"welcome"' in await wire.says()
    try:
        yield wire
    finally:
        writer.close()


# --- frames --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "how"),
    [
        (b"x", {"flags": 0xC0}),
        (b"x", {"flags": 0xA0}),
        (b"x", {"opcode": 3}),
        (b"x", {"opcode": 11}),
        (b"x" * 126, {"opcode": 9}),
        (b"x", {"opcode": 9, "flags": 0}),
        (b"x", {"opcode": 0}),
    ],
    ids=["packed", "reserved", "unknown", "control", "long ping", "cut ping", "no beginning"],
)
async def test_a_frame_against_the_protocol_closes_the_socket(
    web: Desk, payload: bytes, how: dict[str, int]
) -> None:
    """B03, B04: errors of framing, and compression that nobody agreed to."""
    async with welcomed(web) as wire:
        wire.send(payload, **how)
        assert await wire.closed() == 1002


async def test_fragments_never_grow_beyond_one_frames_limit(tmp_path: Path) -> None:
    """B03, B04: a flood of fragments."""
    limits = WebLimits(socket_frame_bytes=4096)
    async with desk(tmp_path, limits=limits) as web, welcomed(web) as wire:
        wire.send(b"x" * 100, flags=0)
        for _ in range(50):
            wire.send(b"x" * 100, opcode=0, flags=0)
        assert await wire.closed() == 1009


async def test_a_frame_in_many_pieces_is_one_frame(web: Desk) -> None:
    """B03: what is allowed stays allowed."""
    async with welcomed(web) as wire:
        wire.send(b'{"type"', flags=0)
        for _ in range(1000):
            wire.send(b"", opcode=0, flags=0)
        wire.send(b':"ping"}', opcode=0)
        assert b'"pong"' in await wire.says()


async def test_five_megabytes_are_not_read_before_they_are_refused(web: Desk) -> None:
    """B04: the length alone is enough."""
    async with welcomed(web) as wire:
        wire.send(b"x" * 1000, size=5_000_000)
        assert await wire.closed() == 1009


@pytest.mark.parametrize(
    "raw",
    [
        '{"type":"ping","type":"ping"}',
        '{"type":"seen","seq":1,"seq":"x"}',
        '{"type":"seen","seq":1e400}',
        '{"type":"seen","seq":-0.0}',
        '{"type":"ping","__proto__":{"admin":true}}',
        '[{"type":"ping"}]',
        '"\\ud800"',
    ],
)
async def test_odd_json_never_closes_a_socket_the_first_time(web: Desk, raw: str) -> None:
    """B01: duplicate keys, huge numbers, lists, half a surrogate."""
    tab = await web.open()
    await tab.socket.send_str(raw)
    answer = await tab.frame()
    assert answer["type"] in ("pong", "error")
    assert "Traceback" not in json.dumps(answer)
    assert await tab.quiet()


# --- requests ------------------------------------------------------------------------------


async def raw_answer(web: Desk, request: bytes) -> bytes:
    """The beginning of what comes back, b"" when the connection just ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", web.server.port)
    writer.write(request)
    try:
        async with asyncio.timeout(SOON):
            return await reader.read(200)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def head(web: Desk, more: str = "") -> bytes:
    """The head of an upload by a visitor; what it needs to know about its body is in `more`."""
    tab = await web.open()
    return (
        f"POST /widget/files HTTP/1.1\r\nHost: 127.0.0.1:{web.server.port}\r\n"
        f"Origin: {web.origin}\r\nAuthorization: Bearer {tab.token}\r\n{more}\r\n"
    ).encode()


async def alive(web: Desk) -> bool:
    began = time.monotonic()
    async with web.client.get(f"{web.origin}/healthz") as answer:
        return answer.status == 200 and time.monotonic() - began < 1.0


async def test_ten_thousand_parts_are_not_looked_through(web: Desk) -> None:
    """B05: the first part counts, and it is no file."""
    parts = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 10_000 + b"--b--\r\n"
    more = f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(parts)}\r\n"
    assert b" 400 " in await raw_answer(web, await head(web, more) + parts)
    assert await alive(web)


@pytest.mark.parametrize(
    "beginning",
    [
        b"--b\r\nContent-Disposition: form-data; filename=\xff\xfe\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\n" + b"X-Many: 1\r\n" * 9000 + b"\r\nx\r\n--b--\r\n",
        b"--b\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n",
        b"no boundary at all",
        b"--b\r\nContent-Disposition: form-data; filename=a\r\nContent-Encoding: gzip\r\n\r\nx",
        b"--b\r\nContent-Disposition: form-data; filename=a\r\nContent-Length: -1\r\n\r\nx",
    ],
    ids=["bytes", "headers", "long header", "no part", "packed", "negative"],
)
@pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionHeader")
async def test_a_form_that_is_none_is_refused(web: Desk, beginning: bytes) -> None:
    """B01, B02, B05: never a 500, never a trace."""
    more = f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(beginning)}\r\n"
    answer = await raw_answer(web, await head(web, more) + beginning)
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 201", b"HTTP/1.1 413", b"")
    assert await alive(web)


async def test_a_flood_of_tiny_chunks_holds_nobody_up(web: Desk) -> None:
    """B05: hostile requests."""
    more = "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
    body = b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"
    assert b" 201 " in await raw_answer(web, await head(web, more) + body)
    assert await alive(web)


@pytest.mark.parametrize(
    "header",
    [
        "Cookie: " + "; ".join(f"c{n}" for n in range(1500)),
        "Cookie: " + "=;" * 4000,
        "Cookie: a=\x01\x02; \xff=b",
        "X-Long: " + "a" * 100_000,
        "\r\n".join(f"X-{n}: 1" for n in range(50_000)),
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
    ],
    ids=["many", "empty", "odd", "long", "headers", "two lengths", "two ways"],
)
async def test_hostile_headers_are_dealt_with_in_silence(
    web: Desk, header: str, caplog: pytest.LogCaptureFixture
) -> None:
    """B05: thousands of bad cookies, huge and many headers, smuggling; the log stays short."""
    request = f"GET /healthz HTTP/1.1\r\nHost: h\r\n{header}\r\n\r\n".encode("latin-1")
    answer = await raw_answer(web, request)
    assert answer[:12] in (b"HTTP/1.1 200", b"HTTP/1.1 400", b"HTTP/1.0 400", b"")
    assert len(caplog.records) <= 1
    assert await alive(web)


@pytest.mark.parametrize("path", ["/widget/frame", "/healthz", "/metrics", "/nowhere"])
async def test_a_body_of_ten_megabytes_is_refused_wherever_it_goes(web: Desk, path: str) -> None:
    """B01: and the server does not wait for its end."""
    request = f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n".encode()
    answer = await raw_answer(web, request + b"x" * 1_000_000)
    assert answer[:12] in (b"HTTP/1.1 404", b"HTTP/1.1 405", b"HTTP/1.1 413", b"")
    assert await alive(web)
