"""Files as browsers get them: read and packed once, sent with the headers that fence them in."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from aiohttp import web

_TYPES = {"js": "text/javascript", "css": "text/css", "html": "text/html"}
FENCE = {
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


def asset(name: str, text: str) -> Asset:
    content = text.encode()
    return Asset(
        content_type=_TYPES[name.rpartition(".")[2]],
        plain=content,
        packed=gzip.compress(content, mtime=0),
        tag=hashlib.sha256(content).hexdigest()[:12],
    )


def read_sources() -> dict[str, str]:
    """Every source file of the widget and of the home page by name."""
    folder = resources.files("connectors.web") / "static"
    return {
        item.name: item.read_text("utf-8")
        for item in folder.iterdir()
        if item.name.rpartition(".")[2] in _TYPES
    }


def serve(
    request: web.Request, asset: Asset, caching: str, headers: dict[str, str]
) -> web.StreamResponse:
    common = {
        **FENCE,
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
