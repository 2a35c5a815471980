from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from connectors.telegram.connector import TelegramConnector
from connectors.telegram.settings import Receive
from connectors.telegram.webhook import MOST_BYTES, PATH, Webhook
from core.errors import BadCredentials, NotReady
from core.metrics import Metrics
from core.ports import Route
from core.web import WebServer
from sandbox.faults import Effect, Fault
from sandbox.telegram import TelegramSandbox
from tests.telegram.shop import Core, at, make, until

SECRET = "a-long_random-Word1"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATE: dict[str, Any] = {
    "update_id": 5,
    "message": {
        "message_id": 1,
        "date": 1780000000,
        "chat": {"id": 42, "type": "private"},
        "from": {"id": 42, "is_bot": False, "first_name": "Li"},
        "text": "forged?",
    },
}


@asynccontextmanager
async def serving(
    core: Core, sandbox: TelegramSandbox, *, start: bool = True
) -> AsyncIterator[tuple[TelegramConnector, str]]:
    """A connector behind a web server; and its webhook's address."""
    doors: list[Any] = []

    async def through(request: web.Request) -> web.StreamResponse:
        answer: web.StreamResponse = await doors[0](request)
        return answer

    (route,) = make(core, sandbox, receive=Receive.WEBHOOK, secret=SECRET).routes()
    async with served(replace(route, handler=through)) as server:
        url = f"http://127.0.0.1:{server.port}"
        connector = make(
            core, sandbox, receive=Receive.WEBHOOK, secret=SECRET, public_url=f"{url}/"
        )
        doors.extend(route.handler for route in connector.routes())
        try:
            if start:
                await connector.start(core)
            yield connector, url + PATH
        finally:
            await connector.stop()


@asynccontextmanager
async def served(route: Route) -> AsyncIterator[WebServer]:
    """`route` behind a server that itself would wait for a body for minutes."""

    async def readiness() -> dict[str, bool]:
        return {"ready": True}

    server = WebServer("127.0.0.1", 0, [route], readiness, Metrics(), patience=120.0)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def answer_to(port: int, *parts: bytes, secret: str, size: int = MOST_BYTES) -> bytes:
    """The first line of the answer to a request of `size` bytes, of which `parts` come slowly."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n{HEADER}: {secret}"
    writer.write(f"{head}\r\n\r\n".encode())
    answer = asyncio.create_task(reader.readline())
    try:
        for part in parts:
            writer.write(part)
            if (await asyncio.wait([answer], timeout=0.02))[0]:
                break
        return await asyncio.wait_for(answer, 5)
    finally:
        answer.cancel()
        writer.close()


async def post(url: str, *secrets: str, body: Any = UPDATE, query: str = "") -> int:
    headers = [(HEADER, secret) for secret in secrets]
    kind = {"data": BytesIO(body)} if isinstance(body, bytes) else {"json": body}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + query, headers=headers, **kind) as answer,
    ):
        return answer.status


async def test_updates_come_by_webhook_in_order(core: Core, sandbox: TelegramSandbox) -> None:
    li = sandbox.add_customer("Li")
    async with serving(core, sandbox) as (connector, url):
        assert connector.status.ok
        for number in range(5):
            sandbox.say(li, f"{number}")
        await until(lambda: core.texts == list("01234"), "the messages")
        await until(lambda: not sandbox.pending_updates, "the confirmation")
    [call] = sandbox.journal.of("setWebhook")
    assert call.arguments["url"] == url
    assert call.arguments["secret_token"] == SECRET
    assert call.arguments["allowed_updates"] == ["message", "edited_message", "callback_query"]
    assert not call.arguments.get("drop_pending_updates")
    assert sandbox.journal.of("deleteWebhook") == []


async def test_telegram_keeps_what_cannot_be_stored(core: Core, sandbox: TelegramSandbox) -> None:
    li = sandbox.add_customer("Li")
    async with serving(core, sandbox):
        core.down = True
        sandbox.say(li, "one")
        sandbox.say(li, "two")
        await until(lambda: len(core.attempts) > 1, "two attempts")
        assert sandbox.pending_updates == 2
        core.down = False
        await until(lambda: core.texts == ["one", "two"], "the messages")
        await until(lambda: not sandbox.pending_updates, "the confirmation")


async def test_a_message_is_stored_before_it_is_acknowledged(
    core: Core, sandbox: TelegramSandbox
) -> None:
    async with serving(core, sandbox) as (_, url):
        core.pause = lambda _: 0.1
        answer = asyncio.create_task(post(url, SECRET))
        await until(lambda: core.attempts, "the attempt")
        assert not answer.done()
        assert await answer == 200
        assert core.texts == ["forged?"]
        assert await post(url, SECRET) == 200
        assert core.texts == ["forged?"]


@pytest.mark.parametrize(
    "secrets",
    [(), ("",), (SECRET[:-1],), (SECRET + "1",), (SECRET.lower(),), ("é",), (SECRET[:-1] + "é",)],
    ids=["none", "empty", "prefix", "longer", "case", "not ASCII", "nearly"],
)
async def test_whoever_does_not_know_the_secret_is_refused(
    core: Core, sandbox: TelegramSandbox, secrets: tuple[str, ...]
) -> None:
    """A07: missing, wrong, a prefix, not ASCII, or in the query: 403."""
    async with serving(core, sandbox) as (_, url):
        assert await post(url, *secrets) == 403
        assert await post(url, *secrets, query=f"?secret_token={SECRET}") == 403
    assert core.attempts == []


async def test_bytes_that_are_no_text_are_no_secret(core: Core, sandbox: TelegramSandbox) -> None:
    """A07: bytes that are no text at all: 403 as well, and no trace."""
    async with serving(core, sandbox) as (_, url):
        host, _, port = url.split("/")[2].partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n{HEADER}: ".encode()
        writer.write(head + b"\xff\xfe\xc3\r\n\r\n{}")
        assert b" 403 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'"x"'])
async def test_what_cannot_be_read_is_not_sent_again(
    core: Core, sandbox: TelegramSandbox, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(core, sandbox) as (_, url):
        assert await post(url, SECRET, body=body) == 200
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("chat", [3, {"id": "7"}, {"id": 1.5}, {"id": True}, {"id": []}])
async def test_an_update_of_an_unknown_shape_is_not_sent_again(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture, chat: object
) -> None:
    chat = chat | {"type": "private"} if isinstance(chat, dict) else chat
    person = {"id": 7, "is_bot": False, "first_name": "Li"}
    message = {"message_id": 1, "date": 1_795_600_000, "from": person, "chat": chat, "text": "hi"}
    async with serving(core, sandbox) as (_, url):
        assert await post(url, SECRET, body={"update_id": 8, "message": message}) == 200
    assert "update 8" in caplog.text


async def test_an_update_that_breaks_the_core_is_brought_again_but_not_for_ever(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """As with polling: what comes after it would wait behind it."""
    core.fails = lambda _event: LookupError("?")
    async with serving(core, sandbox) as (_, url):
        assert [await post(url, SECRET, body=UPDATE) for _ in range(6)] == [500] * 4 + [200, 500]
        core.fails = lambda _event: None
        assert await post(url, SECRET, body=UPDATE) == 200
    assert core.texts == ["forged?"]
    assert "update 5 could not be taken in and is skipped" in caplog.text


async def test_a_large_update_is_taken(core: Core, sandbox: TelegramSandbox) -> None:
    """Telegram would bring it for ever, and whatever its chat says next would wait behind it."""
    body = json.dumps({**UPDATE, "more": "x" * 4_000_000}).encode()
    async with serving(core, sandbox) as (_, url):
        assert await post(url, SECRET, body=body) == 200
    assert core.texts == ["forged?"]


async def test_an_update_larger_than_any_is_skipped_and_told(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """B01: it would be brought for ever, as nothing but 200 ends it."""
    async with serving(core, sandbox) as (_, url):
        assert await post(url, SECRET, body=b" " * (MOST_BYTES + 1)) == 200
    [line] = [record for record in caplog.records if record.name.endswith("webhook")]
    assert "larger than 4 MB and is skipped" in line.message


async def test_a_strangers_body_is_not_read(core: Core, sandbox: TelegramSandbox) -> None:
    """A07: the answer is there before the first byte of the body."""
    (route,) = make(core, sandbox, receive=Receive.WEBHOOK, secret=SECRET).routes()
    async with served(route) as server:
        assert b" 403 " in await answer_to(server.port, secret="a-stranger")


async def test_a_body_that_trickles_in_is_given_up() -> None:
    """L05: a byte now and then does not buy more time."""
    webhook = Webhook(SECRET, "", patience=0.2)
    async with served(Route("POST", PATH, webhook.handle, streams=True)) as server:
        assert b" 408 " in await answer_to(server.port, *[b"x"] * 50, secret=SECRET)
        assert b" 408 " in await answer_to(server.port, b"x", secret=SECRET)


async def test_before_the_start_and_after_the_stop_telegram_is_asked_to_wait(
    core: Core, sandbox: TelegramSandbox
) -> None:
    async with serving(core, sandbox, start=False) as (connector, url):
        assert await post(url, SECRET) == 503
        await connector.start(core)
        assert await post(url, SECRET) == 200
        await connector.stop()
        assert await post(url, SECRET) == 503
    assert [event.address for event in core.events] == [at(42)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("secret", "public_url", "named"),
    [
        ("", "https://example.com", r"channels\.telegram\.webhook_secret is empty"),
        ("with space", "https://example.com", r"channels\.telegram\.webhook_secret may hold"),
        (SECRET, "", r"server\.public_url is empty"),
    ],
)
async def test_a_webhook_that_would_be_open_to_all_or_none_is_not_started(
    core: Core, sandbox: TelegramSandbox, secret: str, public_url: str, named: str
) -> None:
    """A07: without a secret there is no start."""
    connector = make(core, sandbox, receive=Receive.WEBHOOK, secret=secret, public_url=public_url)
    with pytest.raises(BadCredentials, match=named):
        await connector.start(core)
    assert not connector.status.ok
    assert len(sandbox.journal) == 0


async def test_an_address_that_telegram_refuses_is_tried_again_later(
    core: Core, sandbox: TelegramSandbox
) -> None:
    connector = make(
        core, sandbox, receive=Receive.WEBHOOK, secret=SECRET, public_url="https://example.com"
    )
    with pytest.raises(NotReady, match=r"Bad webhook"):
        await connector.start(core)
    await connector.stop()


async def test_a_webhook_is_set_again_after_telegram_was_away(
    core: Core, sandbox: TelegramSandbox
) -> None:
    sandbox.faults.add("setWebhook", Fault(Effect.RESET))
    async with serving(core, sandbox, start=False) as (connector, _):
        with pytest.raises(NotReady):
            await connector.start(core)
        await connector.start(core)
        assert connector.status.ok
