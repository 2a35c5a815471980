"""Somebody in a real browser, on the pages of a shop that has the chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web as http
from playwright.async_api import Browser, Frame, Page, expect

from core.messages import Address
from core.metrics import Metrics
from core.ports import Route
from core.web import WebServer
from tests.web.desk import Desk, desk

SHOP = """<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>
<script src="/widget.js" async data-title="The Tea House"></script>"""


async def shop(request: http.Request) -> http.Response:
    return http.Response(text=SHOP, content_type="text/html")


class Visitor:
    """Somebody on the shop's page with the chat open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def chat(self) -> Frame:
        return next(frame for frame in self.page.frames if "/widget/frame" in frame.url)

    async def open(self) -> None:
        await self.page.wait_for_function("window.frontdesk")
        await self.page.evaluate("frontdesk.open()")
        await self.ready()

    async def ready(self) -> None:
        frame = self.page.frame_locator("iframe")
        await expect(frame.get_by_text("Hello! How can we help?")).to_be_visible()

    async def write(self, text: str) -> None:
        await self.chat.fill("textarea", text)
        await self.chat.press("textarea", "Enter")

    async def sees(self, *texts: str) -> None:
        """These bubbles, in this order, and no others."""
        await expect(self.chat.locator(".line:not(.greeting) > .bubble")).to_have_text(list(texts))


@asynccontextmanager
async def visiting(browser: Browser, folder: Path) -> AsyncIterator[tuple[Desk, Visitor]]:
    async with desk(folder, name="Bot", extra=(Route("GET", "/", shop),)) as web:
        context = await browser.new_context(locale="en-GB")
        visitor = Visitor(await context.new_page())
        await visitor.page.goto(web.origin)
        await visitor.open()
        yield web, visitor
        assert visitor.errors == []
        await context.close()


def whereabouts(web: Desk) -> Address:
    [address] = web.memory.talks
    return address


@asynccontextmanager
async def another_site(chat: int) -> AsyncIterator[str]:
    """A shop on an origin of its own that embeds the chat of port `chat`."""
    page = SHOP.replace("/widget.js", f"http://127.0.0.1:{chat}/widget.js")

    async def embedding(request: http.Request) -> http.Response:
        return http.Response(text=page, content_type="text/html")

    server = WebServer("localhost", 0, [Route("GET", "/", embedding)], _ready, Metrics())
    await server.start()
    try:
        yield f"http://localhost:{server.port}"
    finally:
        await server.stop()


async def _ready() -> dict[str, bool]:
    return {"ready": True}
