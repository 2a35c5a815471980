"""The widget's own pages and scripts, each with the headers that fence it in."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Mapping

from aiohttp import web

from connectors.web import bundle
from connectors.web.assets import Asset, asset, read_sources, serve
from connectors.web.bundle import slim
from connectors.web.origins import Origins
from connectors.web.settings import WebSettings
from connectors.web.strangers import Strangers, embedder

log = logging.getLogger(__name__)

_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?\Z|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?\Z")
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, max-age=300, must-revalidate"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{socket}; "
    "img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; frame-ancestors 'self'{ancestors}"
)


def _of_kind(sources: Mapping[str, str], ending: str) -> dict[str, str]:
    return {
        name.removesuffix(ending): text for name, text in sources.items() if name.endswith(ending)
    }


class Pages:
    """Serves the loader, the frame and what the frame needs, and `more` beside that."""

    def __init__(self, settings: WebSettings, more: Mapping[str, Asset]) -> None:
        sources = {k: v for k, v in read_sources().items() if not k.startswith("home.")}
        loader = slim(sources.pop("loader.js"))
        frame = sources.pop("frame.html")
        spoken = {k: sources.pop(k) for k in list(sources) if k.startswith("words-")}
        self._words = {name: asset(name, slim(text)) for name, text in spoken.items()}
        self._assets = {
            "chat.js": asset("chat.js", bundle.scripts(_of_kind(sources, ".js"))),
            "chat.css": asset("chat.css", bundle.styles(_of_kind(sources, ".css"))),
        }
        version = _version((*self._assets.values(), *self._words.values()))
        config = _as_script({"title": settings.title, "color": settings.color})
        self._loader = asset("loader.js", loader.replace("__CONFIG__", config))
        self._frame = asset("frame.html", frame.replace("__VERSION__", version))
        self._ancestors = "".join(f" {origin}" for origin in settings.allowed_origins)
        self._more = more
        self._allowed = Origins("", settings.allowed_origins, allow_none=True)
        self._strangers = Strangers()

    @property
    def weight(self) -> int:
        """Bytes that a visitor downloads to chat in English, packed."""
        files = (self._loader, self._frame, *self._assets.values())
        return sum(len(file.packed) for file in files)

    @property
    def heaviest_words(self) -> int:
        """Bytes that another language takes on top, packed."""
        return max(len(file.packed) for file in self._words.values())

    async def loader(self, request: web.Request) -> web.StreamResponse:
        # Any page may load the script; which ones may show the chat is up to frame-ancestors.
        headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
        return serve(request, self._loader, _ASK_AGAIN, headers)

    async def frame(self, request: web.Request) -> web.StreamResponse:
        self._name_stranger(request)
        policy = _POLICY.format(socket=_socket_of(request), ancestors=self._ancestors)
        headers = {"Content-Security-Policy": policy, "Vary": "Accept-Encoding, Host"}
        return serve(request, self._frame, "no-cache", headers)

    def _name_stranger(self, request: web.Request) -> None:
        origin = embedder(request.headers)
        if not origin or self._allowed.admits(origin, request.scheme, request.host):
            return
        if self._strangers.is_news(origin):
            log.warning("%s is not in channels.web.allowed_origins: it shows no chat", origin)

    async def asset(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        found = self._assets.get(name) or self._words.get(name) or self._more.get(name)
        if found is None:
            raise web.HTTPNotFound
        return serve(request, found, _FOR_EVER, {})


def _version(assets: Iterable[Asset]) -> str:
    return hashlib.sha256("".join(one.tag for one in assets).encode()).hexdigest()[:12]


def _as_script(value: object) -> str:
    # "<" could end a script element and U+2028 a line, wherever somebody pastes this.
    return json.dumps(value).replace("<", "\\u003c")


def _socket_of(request: web.Request) -> str:
    # Some browsers do not count their own host's sockets as 'self'.
    if not _HOST.match(request.host):
        return ""
    scheme = "wss" if request.scheme == "https" else "ws"
    return f" {scheme}://{request.host}"
