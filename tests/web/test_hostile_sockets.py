"""What strangers, broken clients and slow readers may cost: a socket of their own at most."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
import zlib
from pathlib import Path

import aiohttp
import pytest

from connectors.web.session import Patience
from connectors.web.settings import WebLimits, WebSettings
from tests.web.desk import SOON, Desk, Tab, address_of, desk, until
from tests.web.memory import BOT


async def refused(web: Desk, headers: dict[str, str]) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await web.socket(headers)
    return caught.value.status


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "https://shop.example.evil.io", "http://shop.example", ""],
)
async def test_a_foreign_page_is_refused_before_the_upgrade(tmp_path: Path, origin: str) -> None:
    """A08: the origin decides, before the upgrade."""
    async with desk(
        tmp_path, settings=WebSettings(allowed_origins=("https://shop.example",))
    ) as web:
        assert await refused(web, {"Origin": origin}) == 403


async def test_a_client_without_an_origin_is_refused_unless_allowed(
    web: Desk, tmp_path: Path
) -> None:
    """A08: the origin decides, before the upgrade."""
    assert await refused(web, {}) == 403
    async with desk(tmp_path, settings=WebSettings(allow_no_origin=True)) as open_to_all:
        await open_to_all.socket({})


async def test_allowed_pages_and_the_public_address_come_in(tmp_path: Path) -> None:
    settings = WebSettings(allowed_origins=("https://shop.example",))
    async with desk(tmp_path, settings=settings, public_url="https://chat.example/") as web:
        await web.connect(Origin="https://shop.example")
        await web.connect(Origin="https://chat.example")


@pytest.mark.parametrize(("trusted", "status"), [(("127.0.0.1",), 101), ((), 403)])
async def test_only_a_trusted_proxy_may_say_how_we_are_reached(
    tmp_path: Path, trusted: tuple[str, ...], status: int
) -> None:
    """A13: a stranger cannot pretend to be a proxy."""
    headers = {
        "Origin": "https://chat.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "chat.example",
    }
    async with desk(tmp_path, trusted_proxies=trusted) as web:
        if status == 403:
            assert await refused(web, headers) == status
        else:
            await web.connect(**headers)


async def test_one_connection_too_many_is_told_to_come_later(tmp_path: Path) -> None:
    """L01: over the limit."""
    async with desk(tmp_path, limits=WebLimits(connections=2)) as web:
        first, _ = await web.open(), await web.open()
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await web.connect()
        assert caught.value.status == 503
        assert caught.value.headers is not None
        assert "Retry-After" in caught.value.headers
        assert web.connector.connections == 2
        await first.socket.close()
        await until(lambda: web.connector.connections == 1)
        await web.open()


async def test_a_plain_request_is_no_socket(web: Desk) -> None:
    async with web.client.get(
        f"{web.origin}/widget/socket", headers={"Origin": web.origin}
    ) as answer:
        assert answer.status == 400
    assert web.connector.connections == 0


async def test_whoever_does_not_say_hello_is_closed(tmp_path: Path) -> None:
    async with desk(tmp_path, hello_seconds=0.05) as web:
        tab = await web.connect()
        assert await tab.closed() == 1008


async def test_the_first_frame_must_be_hello(web: Desk) -> None:
    tab = await web.connect()
    id = await tab.write("hi")
    error = await tab.frame()
    assert (error["code"], error["id"]) == ("bad_frame", id)
    assert await tab.closed() == 1008


async def test_one_broken_frame_is_forgiven_two_are_not(web: Desk) -> None:
    """B01: broken or wrong JSON, bodies that are too large."""
    tab = await web.open()
    await tab.socket.send_str('{"type":')
    assert (await tab.frame())["code"] == "bad_frame"
    assert await tab.quiet()
    await tab.socket.send_str('{"type":"ping","deep":' + "[" * 10_000)
    assert await tab.closed() == 1007


@pytest.mark.parametrize("raw", ["[]", '{"type":"shout"}', '{"type":"seen","seq":"1"}', "7"])
async def test_a_frame_that_is_none_of_ours_is_refused_and_survived(web: Desk, raw: str) -> None:
    """B01: broken or wrong JSON, bodies that are too large."""
    tab = await web.open()
    await tab.socket.send_str(raw)
    error = await tab.frame()
    assert (error["type"], error["code"], error["id"]) == ("error", "bad_frame", None)
    assert "Traceback" not in json.dumps(error)
    assert await tab.quiet()


async def test_a_second_hello_changes_nothing(web: Desk) -> None:
    """A09: what a visitor holds decides, never what is asked for."""
    other, tab = await web.talk("secret"), await web.open()
    await tab.send(type="hello", token=other.token)
    assert (await tab.frame())["code"] == "bad_frame"
    assert await tab.quiet()


async def test_a_binary_frame_closes_the_socket(web: Desk) -> None:
    """B03: frames against the rules, floods of control frames."""
    tab = await web.open()
    await tab.socket.send_bytes(b"\x00")
    assert await tab.closed() == 1003


async def test_text_that_is_no_utf8_closes_the_socket(web: Desk) -> None:
    """B02: text that is no UTF-8, half a surrogate pair."""
    tab = await web.open()
    await tab.socket.send_frame(b"\xff\xfe", aiohttp.WSMsgType.TEXT)
    assert await tab.closed() == 1007


async def test_a_frame_over_the_limit_closes_the_socket(web: Desk) -> None:
    """B04: a frame over the limit."""
    tab = await web.open()
    await tab.socket.send_str("x" * 70_000)
    assert await tab.closed() == 1009


async def test_compression_is_never_agreed_to(web: Desk) -> None:
    """B04: without it a small frame cannot become a large one."""
    socket = await web.socket({"Origin": web.origin}, compress=15)
    assert not socket.compress
    packed = zlib.compress(b"x" * 1000)
    await socket.send_frame(packed, aiohttp.WSMsgType.TEXT)
    assert await Tab(socket).closed() == 1007


@pytest.mark.parametrize("opcode", [aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG])
async def test_a_flood_of_pings_closes_the_socket(web: Desk, opcode: aiohttp.WSMsgType) -> None:
    """B03: frames against the rules, floods of control frames."""
    tab = await web.open()
    for _ in range(300):
        await tab.socket.send_frame(b"x", opcode)
    assert await tab.closed() == 1008


async def test_a_ping_of_the_protocol_is_answered(web: Desk) -> None:
    socket = await web.socket({"Origin": web.origin}, autoping=False)
    await socket.ping(b"there?")
    pong = await socket.receive(SOON)
    assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"there?")


def test_patience_comes_back_with_time() -> None:
    now = [0.0]
    patience = Patience(3, 1.0, lambda: now[0])
    assert [patience.spend() for _ in range(4)] == [True, True, True, False]
    now[0] = 2.0
    assert [patience.spend() for _ in range(2)] == [True, False]


async def test_the_hundredth_tab_is_enough(web: Desk) -> None:
    """A12: one token in many tabs."""
    first = await web.talk()
    tabs = [await web.open(first.token, last_seq=1) for _ in range(99)]
    late = await web.connect()
    await late.send(type="hello", token=first.token)
    error = await late.frame()
    assert (error["code"], error["retry_after"]) == ("rate_limited", 60.0)
    web.memory.say(address_of(first.token), BOT, "to all")
    for tab in (first, *tabs):
        assert (await tab.frame())["text"] == "to all"


async def deaf_socket(web: Desk, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A browser that says hello and never reads again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", web.server.port, limit=1024)
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /widget/socket HTTP/1.1\r\nHost: 127.0.0.1:{web.server.port}\r\n"
        f"Origin: {web.origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    writer.write(head.encode())
    await reader.readuntil(b"\r\n\r\n")
    hello = json.dumps({"type": "hello", "token": token, "last_seq": 1}).encode()
    writer.write(bytes([0x81, 0x80 | len(hello)]) + bytes(4) + hello)
    return reader, writer


async def test_a_browser_that_does_not_read_is_cut_off_and_others_never_wait(
    tmp_path: Path,
) -> None:
    """L03: a slow reader."""
    async with desk(tmp_path, patience=0.3) as web:
        tab = await web.talk()
        _, writer = await deaf_socket(web, tab.token)
        await until(lambda: web.connector.connections == 2)
        where, slowest, sent = address_of(tab.token), 0.0, 0
        while web.connector.connections == 2:
            began = time.monotonic()
            web.memory.say(where, BOT, "x" * 60_000)
            await tab.frame()
            slowest, sent = max(slowest, time.monotonic() - began), sent + 1
            assert sent < 2000
        assert slowest < 0.25
        writer.close()


async def test_a_peer_that_vanished_is_noticed(tmp_path: Path) -> None:
    """L04: half open."""
    async with desk(tmp_path, heartbeat=0.1) as web:
        _, writer = await deaf_socket(web, "")
        await until(lambda: web.connector.connections == 1)
        await until(lambda: web.connector.connections == 0, 1.0)
        writer.close()
