"""The one HTTP server: health, limits, headers, and what it does to those who dawdle."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from core.metrics import Metrics
from core.ports import Route
from core.web import WebServer

TOKEN = "a-long-secret"


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def stream(request: web.Request) -> web.Response:
    total = 0
    async for chunk in request.content.iter_any():
        total += len(chunk)
    return web.json_response({"total": total})


async def where(request: web.Request) -> web.Response:
    return web.json_response(
        {"scheme": request.scheme, "host": request.host, "remote": request.remote}
    )


async def broken(request: web.Request) -> web.Response:
    raise RuntimeError("the secret inside")


ROUTES = (
    Route("POST", "/echo", echo),
    Route("POST", "/stream/{name}", stream, streams=True),
    Route("GET", "/where", where),
    Route("GET", "/broken", broken),
)


@asynccontextmanager
async def serving(
    ready: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[aiohttp.ClientSession, WebServer]]:
    async def readiness() -> Mapping[str, Any]:
        return ready if ready is not None else {"ready": True, "store": {"ok": True}}

    server = WebServer("127.0.0.1", 0, ROUTES, readiness, Metrics(), **options)
    await server.start()
    base = f"http://127.0.0.1:{server.port}"
    async with aiohttp.ClientSession(base) as client:
        try:
            yield client, server
        finally:
            await client.close()
            await server.stop()


async def test_it_says_that_it_lives_and_whether_it_is_ready() -> None:
    async with serving() as (client, _):
        async with client.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"alive": True})
        async with client.get("/readyz") as answer:
            assert answer.status == 200
            assert (await answer.json())["store"] == {"ok": True}


async def test_it_says_what_is_not_ready() -> None:
    not_ready = {"ready": False, "channels": {"slack": {"ok": False, "detail": "no answer"}}}
    async with serving(not_ready) as (client, _), client.get("/readyz") as answer:
        assert answer.status == 503
        assert await answer.json() == not_ready


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"X-Forwarded-For": "203.0.113.9"}, 403),
        ({"Forwarded": "for=203.0.113.9"}, 403),
        ({"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {TOKEN}"}, 200),
        ({"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer wrong"}, 403),
        ({"X-Forwarded-For": "127.0.0.1"}, 403),
    ],
)
async def test_metrics_are_for_this_machine_and_for_token_holders(
    headers: dict[str, str], status: int
) -> None:
    """A14: from outside."""
    async with (
        serving(metrics_token=TOKEN) as (client, _),
        client.get("/metrics", headers=headers) as answer,
    ):
        assert answer.status == status
        assert ("frontdesk_commit_seconds" in await answer.text()) == (status == 200)


@pytest.mark.parametrize("given", [{}, {"Authorization": ""}, {"Authorization": "Bearer "}])
async def test_an_empty_metrics_token_opens_nothing(given: dict[str, str]) -> None:
    """A14: from outside."""
    headers = {"X-Forwarded-For": "203.0.113.9", **given}
    async with serving() as (client, _), client.get("/metrics", headers=headers) as answer:
        assert answer.status == 403


async def test_an_error_tells_the_visitor_nothing_and_the_log_everything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """B01: broken or wrong JSON, bodies that are too large."""
    async with (
        serving() as (client, _),
        client.get("/broken", headers={"Accept": "text/html"}) as answer,
    ):
        assert (answer.status, await answer.text()) == (500, "something went wrong\n")
    assert "the secret inside" in caplog.text


async def test_every_answer_carries_the_fence() -> None:
    async with serving() as (client, _):
        for path in ("/healthz", "/nowhere", "/broken"):
            async with client.get(path) as answer:
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["Server"] == "frontdesk"


async def test_a_large_body_is_refused_except_where_it_is_streamed() -> None:
    """B01: broken or wrong JSON, bodies that are too large."""
    async with serving() as (client, _):
        async with client.post("/echo", data=bytes(1000)) as answer:
            assert len(await answer.read()) == 1000
        async with client.post("/echo", data=bytes(300_000)) as answer:
            assert answer.status == 413
        async with client.post("/stream/x", data=bytes(300_000)) as answer:
            assert await answer.json() == {"total": 300_000}


async def test_only_a_trusted_proxy_is_believed() -> None:
    """A13: a stranger cannot pretend to be a proxy."""
    headers = {
        "X-Forwarded-For": "198.51.100.1, 203.0.113.9, 127.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "chat.example",
    }
    async with (
        serving(trusted_proxies=["127.0.0.0/8"]) as (client, _),
        client.get("/where", headers=headers) as answer,
    ):
        assert await answer.json() == {
            "scheme": "https",
            "host": "chat.example",
            "remote": "203.0.113.9",
        }
    async with serving() as (client, _), client.get("/where", headers=headers) as answer:
        seen = await answer.json()
    assert (seen["scheme"], seen["remote"]) == ("http", "127.0.0.1")


async def raw(server: WebServer, *parts: bytes, every: float = 0.0) -> bytes:
    """Send `parts` with pauses between them; the first that comes back, b"" for the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(every)
        async with asyncio.timeout(5):
            return await reader.read(65536)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_half_a_head_is_cut_off() -> None:
    """L05: slow heads and bodies."""
    async with serving(patience=0.2) as (client, server):
        assert await raw(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
        assert await raw(server) == b""
        async with client.get("/healthz") as answer:
            assert answer.status == 200


async def test_a_head_that_trickles_in_is_cut_off() -> None:
    """L05: slow heads and bodies."""
    async with serving(patience=0.2) as (_, server):
        head = [bytes([byte]) for byte in b"GET /healthz HTTP/1.1\r\nHost: x"]
        assert await raw(server, *head, every=0.02) == b""


async def test_half_a_body_is_given_up() -> None:
    """L05: slow heads and bodies."""
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"
    async with serving(patience=0.2) as (_, server):
        assert (await raw(server, head)).startswith(b"HTTP/1.1 408")


async def test_a_body_that_trickles_in_is_given_up() -> None:
    """L05: a byte now and then does not buy more time."""
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    async with serving(patience=0.2) as (_, server):
        answer = await raw(server, head, *[b"x"] * 20, every=0.02)
        assert answer.startswith(b"HTTP/1.1 408")


async def test_an_idle_connection_that_was_useful_is_kept() -> None:
    async with serving(patience=0.1) as (client, _):
        for _ in range(2):
            async with client.get("/healthz") as answer:
                assert answer.status == 200
            await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 secret",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_garbage_is_refused_quietly(
    request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """B05: hostile requests."""
    async with serving() as (client, server):
        answer = await raw(server, request_bytes)
        assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.0 400", b"")
        assert b"Traceback" not in answer
        async with client.get("/healthz") as alive:
            assert alive.status == 200
    assert caplog.text == ""


async def test_a_packed_body_counts_unpacked() -> None:
    """B05: hostile requests."""
    bomb = gzip.compress(bytes(5_000_000))
    headers = {"Content-Encoding": "gzip"}
    async with (
        serving() as (client, _),
        client.post("/echo", data=bomb, headers=headers) as answer,
    ):
        assert answer.status in (400, 413)


@pytest.mark.parametrize("path", ["/echo", "/healthz", "/nothing"])
async def test_a_body_that_is_not_what_it_says_is_a_bad_request_and_no_trace(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """B01, B05: anybody can send it."""
    async with serving() as (client, _):
        for coding in ("gzip", "deflate"):
            headers = {"Content-Encoding": coding}
            async with client.request("POST", path, data=b"zzz", headers=headers) as answer:
                assert answer.status == 400
    assert caplog.text == ""


async def test_a_taken_port_is_an_error_and_leaves_nothing_behind() -> None:
    async with serving() as (_, server):
        second = WebServer("127.0.0.1", server.port, (), _never, Metrics())
        with pytest.raises(OSError, match="address already in use"):
            await second.start()
        await second.stop()


async def _never() -> Mapping[str, Any]:
    return {"ready": False}
