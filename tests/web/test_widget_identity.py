"""The widget in a real browser, on a site that says who its customers are."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web as http
from playwright.async_api import Browser, BrowserContext
from pydantic import SecretStr

from connectors.web.identity import Customer
from connectors.web.settings import WebSettings
from core.messages import Address
from core.ports import Route
from tests.web.desk import WEB, Desk, desk, until
from tests.web.memory import BOT, NOON
from tests.web.site import SECRET, signed
from tests.web.visitor import SHOP, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANN = Address(WEB, "web", Customer("4711").peer)


@asynccontextmanager
async def site(folder: Path, customer: str = "") -> AsyncIterator[Desk]:
    """A shop whose pages name `customer` in the tag itself; they ask `/who` when told to."""

    async def page(request: http.Request) -> http.Response:
        tag = f'async data-identity="{signed(customer)}"' if customer else "async"
        return http.Response(text=SHOP.replace("async", tag), content_type="text/html")

    async def who(request: http.Request) -> http.Response:
        now = running.memory.now.timestamp()
        return http.Response(text=signed(exp=now + 60, jti=str(request.query_string)))

    settings = WebSettings(identity_secret=SecretStr(SECRET))
    routes = (Route("GET", "/", page), Route("GET", "/who", who))
    async with desk(folder, settings=settings, extra=routes) as running:
        yield running


async def arrive(
    web: Desk,
    context: BrowserContext,
    sent: list[str | bytes] | None = None,
    before: str = "1",
) -> Visitor:
    """Somebody with the chat open; `sent` gets every frame that the browser sends, `before` runs
    in the page before the chat is loaded."""
    visitor = Visitor(await context.new_page())
    if sent is not None:
        keep = sent.append
        visitor.page.on(
            "websocket", lambda socket: socket.on("framesent", lambda frame: keep(frame))
        )
    await visitor.page.goto(web.origin)
    await visitor.page.wait_for_function("window.frontdesk")
    await visitor.page.evaluate(before)
    await visitor.open()
    return visitor


async def log_in(visitor: Visitor) -> None:
    await visitor.page.evaluate(
        "frontdesk.identify(async () => (await fetch('/who?' + crypto.randomUUID())).text())"
    )


async def test_a_customer_finds_the_conversation_in_another_browser_and_nobody_else_does(
    browser: Browser, tmp_path: Path
) -> None:
    """A10, A11: not after logging out, not after a reload, not in the browser's storage."""
    async with site(tmp_path) as web:
        laptop, phone = await browser.new_context(), await browser.new_context()
        ann = await arrive(web, laptop)
        await ann.write("before")
        await ann.sees("before")
        await log_in(ann)
        await ann.sees()
        await ann.write("mine")
        await ann.sees("mine")
        elsewhere = await arrive(web, phone)
        await log_in(elsewhere)
        await elsewhere.sees("mine")
        web.memory.say(ANN, BOT, "to both")
        await ann.sees("mine", "to both")
        await elsewhere.sees("mine", "to both")

        await ann.page.evaluate("frontdesk.identify(null)")
        await ann.sees("before")
        await elsewhere.page.reload()
        await elsewhere.ready()
        await elsewhere.sees()
        kept = await elsewhere.chat.evaluate("JSON.stringify({...localStorage})")
        assert "eyJ" not in kept  # how every JWT begins
        assert ann.errors == elsewhere.errors == []
        await laptop.close()
        await phone.close()


async def test_a_page_that_names_its_customer_never_shows_another_chat_first(
    browser: Browser, tmp_path: Path
) -> None:
    async with site(tmp_path, "4711") as web:
        context = await browser.new_context()
        sent: list[str | bytes] = []
        ann = await arrive(web, context, sent)
        await ann.write("hello")
        await ann.sees("hello")
        await ann.page.reload()
        await ann.ready()
        await ann.sees("hello")
        late = """frontdesk.identify(async () => {
            await new Promise((done) => setTimeout(done, 300));
            return (await fetch("/who?late")).text(); }) && 1"""
        await (await arrive(web, context, sent, late)).sees("hello")
        hellos = [json.loads(frame) for frame in sent if "hello" in json.loads(frame)["type"]]
        assert [bool(hello["identity"]) for hello in hellos] == [True, True, True]
        assert list(web.memory.talks) == [ANN]
        assert await ann.chat.evaluate("localStorage.length") == 0
        await context.close()


async def test_a_page_is_asked_again_who_is_there_when_the_pass_has_ended(
    browser: Browser, tmp_path: Path
) -> None:
    async with site(tmp_path) as web:
        context = await browser.new_context()
        ann = await arrive(web, context)
        await log_in(ann)
        await ann.write("one")
        await ann.sees("one")
        web.memory.now = NOON + timedelta(hours=13)
        await web.reopen()
        web.memory.say(ANN, BOT, "good morning")
        await ann.sees("one", "good morning")
        await ann.write("two")
        await until(lambda: web.memory.talks[ANN].lines[-1].text == "two")
        assert list(web.memory.talks) == [ANN]
        await context.close()


async def test_a_customer_whom_nobody_vouches_for_is_an_ordinary_visitor(
    browser: Browser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A11: the chat goes on, with the visitor's own conversation."""
    async with site(tmp_path) as web:
        context = await browser.new_context()
        visitor = await arrive(web, context)
        await visitor.write("mine")
        await visitor.sees("mine")
        for bad in ("'garbage'", "() => 'garbage'", "() => Promise.reject(1)", "() => null"):
            await visitor.page.evaluate(f"frontdesk.identify({bad})")
            await visitor.sees("mine")
        await visitor.write("still me")
        await visitor.sees("mine", "still me")
        assert "the token is no JWT of ours" in caplog.text
        assert len(web.memory.talks) == 1
        assert visitor.errors == []
        await context.close()


async def test_the_chat_works_where_the_browser_keeps_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    """A17: third-party storage is blocked, as browsers do it in a frame of another site."""
    blocked = """for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name,
            { get() { throw new DOMException("blocked", "SecurityError"); } });"""
    async with site(tmp_path) as web:
        context = await browser.new_context()
        await context.add_init_script(blocked)
        visitor = await arrive(web, context)
        await visitor.write("hello")
        await visitor.sees("hello")
        await log_in(visitor)
        await visitor.sees()
        await visitor.write("mine")
        await visitor.sees("mine")
        assert await context.cookies() == []
        assert visitor.errors == []
        await context.close()
