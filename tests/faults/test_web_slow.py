"""Browsers that do not read, do not answer or do not finish, and what that costs the others."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.faults.proxy import FaultProxy, Trouble
from tests.web.desk import Desk, Tab, address_of, desk, until
from tests.web.memory import BOT
from tests.web.test_hostile_sockets import deaf_socket

STALLED = Trouble(stall=True)


async def test_a_handful_of_deaf_browsers_is_cut_off_while_the_others_read_on(
    tmp_path: Path,
) -> None:
    """L03: each gone within its patience, nobody else waits, and nothing piles up for them."""
    async with desk(tmp_path, patience=0.3) as web:
        tab = await web.talk()
        deaf = [await deaf_socket(web, tab.token) for _ in range(8)]
        await until(lambda: web.connector.connections == 9)
        where, slowest, sent = address_of(tab.token), 0.0, 0
        while web.connector.connections > 1:
            began = time.monotonic()
            web.memory.say(where, BOT, "x" * 60_000)
            await tab.frame()
            slowest, sent = max(slowest, time.monotonic() - began), sent + 1
            assert sent < 2000
        assert slowest < 0.3
        await tab.write("still here")
        await tab.next("ack")
        for _, writer in deaf:
            writer.close()


async def test_a_deaf_browser_for_whom_little_waits_is_cut_off_as_well(tmp_path: Path) -> None:
    """L03: by the clock, long before a heartbeat would notice."""
    async with desk(tmp_path, patience=0.3) as web:
        tab = await web.talk()
        _, writer = await deaf_socket(web, tab.token)
        await until(lambda: web.connector.connections == 2)
        while all(s._outlet._bytes < 200_000 for s in web.connector._gate._sessions):
            web.memory.say(address_of(tab.token), BOT, "x" * 60_000)
            await tab.frame()
        await until(lambda: web.connector.connections == 1)
        assert await tab.quiet()
        writer.close()


async def test_a_deaf_browser_gets_no_more_than_a_bounded_queue(tmp_path: Path) -> None:
    """L03, I8: however patient, it is cut when a megabyte waits for it."""
    async with desk(tmp_path, patience=60.0) as web:
        tab = await web.talk()
        _, writer = await deaf_socket(web, tab.token)
        await until(lambda: web.connector.connections == 2)
        where, sent = address_of(tab.token), 0
        while web.connector.connections == 2:
            web.memory.say(where, BOT, "x" * 60_000)
            await tab.frame()
            sent += 1
            assert sent < 500
        writer.close()


@asynccontextmanager
async def proxied(web: Desk) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy("127.0.0.1", web.server.port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()


async def through(web: Desk, proxy: FaultProxy) -> Tab:
    url = f"{proxy.url}/widget/socket"
    socket = await web.client.ws_connect(url, headers={"Origin": proxy.url})
    web.sockets.append(socket)
    tab = Tab(socket)
    await tab.send(type="hello", token=None)
    tab.token = (await tab.next("welcome"))["token"]
    return tab


async def test_half_open_sockets_are_gone_after_two_heartbeats(tmp_path: Path) -> None:
    """L04: a network that drops everything in silence."""
    async with desk(tmp_path, heartbeat=0.4) as web, proxied(web) as proxy:
        for _ in range(40):
            await through(web, proxy)
        near = await web.talk()
        hearing = asyncio.create_task(near.frame())  # whoever reads answers heartbeats as well
        proxy.trouble("to_server", STALLED)
        proxy.trouble("to_client", STALLED)
        began = asyncio.get_running_loop().time()
        await until(lambda: web.connector.connections == 1)
        # Twice would be 0.8 s; the rest is for a busy machine.
        assert asyncio.get_running_loop().time() - began < 3
        web.memory.say(address_of(near.token), BOT, "still there?")
        assert (await hearing)["text"] == "still there?"


async def test_a_browser_that_answers_heartbeats_and_says_nothing_is_kept(tmp_path: Path) -> None:
    """L04: half open."""
    async with desk(tmp_path, heartbeat=0.2, hello_seconds=5.0) as web:
        socket = await web.socket({"Origin": web.origin}, autoping=False)
        for _ in range(4):
            assert (await socket.receive(5)).type is aiohttp.WSMsgType.PING
            await socket.pong()
        assert web.connector.connections == 1


@pytest.mark.parametrize("size", ["1000", ""])
async def test_an_upload_that_stands_still_is_given_up(tmp_path: Path, size: str) -> None:
    """L05: half a body."""
    async with desk(tmp_path, idle=0.2) as web:
        assert (await uploading(web, size, [b"5\r\nhello\r\n"])).startswith(b"HTTP/1.1 408")


async def test_an_upload_of_a_byte_at_a_time_is_given_up(tmp_path: Path) -> None:
    """L05: a body that trickles in, although it never stands still."""
    async with desk(tmp_path, idle=0.2) as web:
        assert (await uploading(web, "1000", [b"x"] * 1000)).startswith(b"HTTP/1.1 408")


async def test_a_form_whose_first_part_never_begins_is_given_up(tmp_path: Path) -> None:
    """L05: slow."""
    async with desk(tmp_path, idle=0.2) as web:
        kind = "multipart/form-data; boundary=b"
        assert (await uploading(web, "1000", [b"--b\r\nX"], kind)).startswith(b"HTTP/1.1 408")


async def uploading(
    web: Desk, size: str, parts: list[bytes], kind: str = "application/octet-stream"
) -> bytes:
    """Send a head and `parts`, a byte's pause apart, until an answer comes."""
    tab = await web.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", web.server.port)
    length = f"Content-Length: {size}" if size else "Transfer-Encoding: chunked"
    writer.write(
        f"POST /widget/files HTTP/1.1\r\nHost: 127.0.0.1:{web.server.port}\r\n"
        f"Origin: {web.origin}\r\nAuthorization: Bearer {tab.token}\r\n"
        f"Content-Type: {kind}\r\n{length}\r\n\r\n".encode()
    )
    answer = asyncio.create_task(reader.read(4096))
    for part in parts:
        writer.write(part)
        done, _ = await asyncio.wait([answer], timeout=0.02)
        if done:
            break
    async with asyncio.timeout(5):
        found = await answer
    writer.close()
    return found


async def test_a_few_hundred_browsers_come_at_once(tmp_path: Path) -> None:
    """L01: all are welcomed, by a server that goes on answering."""
    async with desk(tmp_path) as web:
        tabs = await asyncio.gather(*(web.open() for _ in range(300)))
        assert web.connector.connections == 300
        assert len({tab.token for tab in tabs}) == 300
        async with web.client.get(f"{web.origin}/healthz") as answer:
            assert answer.status == 200


async def test_a_few_hundred_browsers_come_back_and_miss_nothing(tmp_path: Path) -> None:
    """L02: 20 lines each were written while the channel was away."""
    async with desk(tmp_path) as web:
        tabs = await asyncio.gather(*(web.talk(f"visitor {n}") for n in range(200)))
        await web.connector.stop()
        for tab in tabs:
            for number in range(20):
                web.memory.say(address_of(tab.token), BOT, f"{tab.token} {number}")
        await web.connector.start(web.memory)
        again = await asyncio.gather(*(web.open(tab.token, last_seq=1) for tab in tabs))
        for tab in again:
            frames = await tab.frames(20)
            assert [f["seq"] for f in frames] == list(range(2, 22))
            assert {f["text"].partition(" ")[0] for f in frames} == {tab.token}


async def test_all_are_asked_to_come_back_at_different_times(tmp_path: Path) -> None:
    """L02: a restart must not be followed by a storm."""
    async with desk(tmp_path) as web:
        tabs = await asyncio.gather(*(web.open() for _ in range(100)))
        await web.connector.stop()
        asked = set()
        for tab in tabs:
            message = await tab.socket.receive(5)
            assert message.type is aiohttp.WSMsgType.CLOSE
            asked.add(json.dumps(message.extra))
        assert len(asked) > 5
