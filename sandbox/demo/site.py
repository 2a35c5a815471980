"""The demo's part of the web server: its pages, its files and its live socket.

It answers only browsers on this machine that show its own page: whoever could reach it could
play the agents.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.demo.actions import Actions
from sandbox.demo.live import Live
from sandbox.demo.phone_scene import is_busy, phone_scene
from sandbox.demo.shelf import Shelf
from sandbox.demo.slack_scene import slack_scene
from sandbox.demo.stage import Stage
from sandbox.demo.ticker import Ticker

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "png": "image/png",
    "jpg": "image/jpeg",
    "svg": "image/svg+xml",
}
_HOME, _SHOP = "index.html", "shop.html"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' ws://{host}; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_OUR_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOK_EVERY = 0.5


class Site:
    """Pages, files and socket. `about` is told to the page once, as JSON."""

    def __init__(self, stage: Stage, ticker: Ticker, about: Mapping[str, Any]) -> None:
        self._stage = stage
        self._pages = _read_pages()
        scenes: dict[str, Callable[[], Any]] = {
            "about": lambda: about,
            "slack": lambda: slack_scene(stage),
            "phone": lambda: phone_scene(stage),
            "ticker": ticker.scene,
        }
        self._live = Live(scenes, Actions(stage).perform)
        self._watch(ticker)

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each route."""
        shelf = Shelf(self._stage)
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/", self._home),
            ("GET", "/demo/live", self._socket),
            ("GET", "/demo/shop", self._shop),
            (
                "GET",
                r"/demo/files/telegram/{chat:[0-9]{1,15}}/{message:[0-9]{1,15}}",
                shelf.telegram,
            ),
            ("GET", "/demo/files/slack/{file:F[A-Z0-9]+}", shelf.slack),
            ("GET", r"/demo/{name:[a-z_]+\.[a-z]+}", self._asset),
        ]
        return [(method, path, _guarded(handler)) for method, path, handler in routes]

    async def fade(self) -> None:
        """Take signs off the page that end by themselves, until cancelled."""
        was_busy = False
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            busy = self._live.is_watched and is_busy(self._stage)
            if busy or was_busy:
                self._live.touch("phone")
            was_busy = busy

    async def close(self) -> None:
        await self._live.close()

    def _watch(self, ticker: Ticker) -> None:
        if self._stage.slack is not None:
            self._stage.slack.on_change(lambda _: self._live.touch("slack"))
        if self._stage.telegram is not None:
            self._stage.telegram.on_change(lambda _: self._live.touch("phone"))
        ticker.on_change(lambda: self._live.touch("ticker"))

    async def _home(self, request: web.Request) -> web.StreamResponse:
        return self._page(request, _HOME)

    async def _shop(self, request: web.Request) -> web.StreamResponse:
        return self._page(request, _SHOP)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._pages or name in (_HOME, _SHOP):
            raise web.HTTPNotFound
        return self._page(request, name)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Origin") != f"{request.scheme}://{request.host}":
            raise web.HTTPForbidden(text="Only the demo's own page may connect here.\n")
        return await self._live.serve(request)

    def _page(self, request: web.Request, name: str) -> web.StreamResponse:
        body = self._pages[name]
        tag = hashlib.sha256(body).hexdigest()[:16]
        headers = {
            "Cache-Control": "no-cache",
            "ETag": f'"{tag}"',
            "Content-Security-Policy": _POLICY.format(host=request.host),
        }
        if tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        kind = _TYPES[name.rpartition(".")[2]]
        charset = "utf-8" if kind.startswith("text/") else None
        return web.Response(body=body, content_type=kind, charset=charset, headers=headers)


def _guarded(handler: Handler) -> Handler:
    async def guard(request: web.Request) -> web.StreamResponse:
        # Another site's name that leads to this machine would make its pages "ours".
        if urlsplit(f"//{request.host}").hostname not in _OUR_HOSTS:
            raise web.HTTPForbidden(text="Open the demo as http://127.0.0.1 or localhost.\n")
        return await handler(request)

    return guard


def _read_pages() -> dict[str, bytes]:
    folder = resources.files("sandbox.demo") / "page"
    return {
        item.name: item.read_bytes()
        for item in folder.iterdir()
        if item.name.rpartition(".")[2] in _TYPES
    }
