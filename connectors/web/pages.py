"""The widget's own pages and scripts, read once and served with the headers that fence them in."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from aiohttp import web

from connectors.web import bundle
from connectors.web.bundle import slim
from connectors.web.settings import WebSettings

_TYPES = {"js": "text/javascript", "css": "text/css", "html": "text/html"}
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?\Z|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?\Z")
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, max-age=300, must-revalidate"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{socket}; "
    "img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; frame-ancestors 'self'{ancestors}"
)
_FENCE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes out, plain and packed."""

    content_type: str
    plain: bytes
    packed: bytes
    tag: str


def _asset(name: str, text: str) -> Asset:
    content = text.encode()
    return Asset(
        content_type=_TYPES[name.rpartition(".")[2]],
        plain=content,
        packed=gzip.compress(content, mtime=0),
        tag=hashlib.sha256(content).hexdigest()[:12],
    )


def read_sources() -> dict[str, str]:
    """Every source file of the widget by name."""
    folder = resources.files("connectors.web") / "static"
    return {
        item.name: item.read_text("utf-8")
        for item in folder.iterdir()
        if item.name.rpartition(".")[2] in _TYPES
    }


def _of_kind(sources: Mapping[str, str], ending: str) -> dict[str, str]:
    return {
        name.removesuffix(ending): text for name, text in sources.items() if name.endswith(ending)
    }


class Pages:
    """Serves the loader, the frame and what the frame needs."""

    def __init__(self, settings: WebSettings) -> None:
        sources = read_sources()
        loader = slim(sources.pop("loader.js"))
        frame = sources.pop("frame.html")
        self._assets = {
            "chat.js": _asset("chat.js", bundle.scripts(_of_kind(sources, ".js"))),
            "chat.css": _asset("chat.css", bundle.styles(_of_kind(sources, ".css"))),
        }
        version = "-".join(asset.tag for asset in self._assets.values())
        config = _as_script({"title": settings.title, "color": settings.color})
        self._loader = _asset("loader.js", loader.replace("__CONFIG__", config))
        self._frame = _asset("frame.html", frame.replace("__VERSION__", version))
        self._ancestors = "".join(f" {origin}" for origin in settings.allowed_origins)

    @property
    def weight(self) -> int:
        """Bytes that a visitor downloads to chat, packed."""
        files = (self._loader, self._frame, *self._assets.values())
        return sum(len(file.packed) for file in files)

    async def loader(self, request: web.Request) -> web.StreamResponse:
        # Any page may load the script; which ones may show the chat is up to frame-ancestors.
        headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
        return _serve(request, self._loader, _ASK_AGAIN, headers)

    async def frame(self, request: web.Request) -> web.StreamResponse:
        policy = _POLICY.format(socket=_socket_of(request), ancestors=self._ancestors)
        headers = {"Content-Security-Policy": policy, "Vary": "Accept-Encoding, Host"}
        return _serve(request, self._frame, "no-cache", headers)

    async def asset(self, request: web.Request) -> web.StreamResponse:
        found = self._assets.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return _serve(request, found, _FOR_EVER, {})


def _as_script(value: object) -> str:
    # "<" could end a script element and U+2028 a line, wherever somebody pastes this.
    return json.dumps(value).replace("<", "\\u003c")


def _socket_of(request: web.Request) -> str:
    # Some browsers do not count their own host's sockets as 'self'.
    if not _HOST.match(request.host):
        return ""
    scheme = "wss" if request.scheme == "https" else "ws"
    return f" {scheme}://{request.host}"


def _serve(
    request: web.Request, asset: Asset, caching: str, headers: dict[str, str]
) -> web.StreamResponse:
    common = {
        **_FENCE,
        "Cache-Control": caching,
        "ETag": f'"{asset.tag}"',
        "Vary": "Accept-Encoding",
        **headers,
    }
    if _has_it(request.headers.getall("If-None-Match", []), asset.tag):
        return web.Response(status=304, headers=common)
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return web.Response(
            body=asset.plain, content_type=asset.content_type, charset="utf-8", headers=common
        )
    common["Content-Encoding"] = "gzip"
    return web.Response(
        body=asset.packed, content_type=asset.content_type, charset="utf-8", headers=common
    )


def _has_it(headers: Sequence[str], tag: str) -> bool:
    tags = {part.strip().removeprefix("W/").strip('"') for h in headers for part in h.split(",")}
    return tag in tags
