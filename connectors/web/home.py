"""The page at frontdesk's own address: it runs, and this is the line that brings it to a site.

Whoever has just started frontdesk looks here first. It says nothing that a stranger may not read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html import escape
from string import Template

from aiohttp import web

from connectors.web.assets import FENCE, Asset, asset, read_sources
from connectors.web.origins import plain_origin_of

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    **FENCE,
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Host",
}
_ENGLISH = {
    "language": "en",
    "title": "frontdesk is running",
    "try": "Your chat is the bubble in the corner. Write to it as a customer would.",
    "bring": "Bring it to your site",
    "paste": "Paste this line into your pages:",
    "copy": "Copy",
    "copied": "Copied",
    "allow": "In <code>settings.yaml</code>, add your site to "
    "<code>channels.web.allowed_origins</code>. Only sites named there can show the chat.",
    "public": "Set <code>server.public_url</code> to the address that your visitors reach. "
    "The line above then names it.",
    "restart": "Then restart frontdesk.",
}
_CHINESE = {
    "language": "zh-Hans",
    "title": "frontdesk 正在运行",
    "try": "右下角的气泡就是您的聊天窗口，像顾客一样写一句试试。",
    "bring": "放到您的网站上",
    "paste": "把这一行粘贴到网页里：",
    "copy": "复制",
    "copied": "已复制",
    "allow": "在 <code>settings.yaml</code> 的 <code>channels.web.allowed_origins</code> "
    "里加上您的网站。只有写在那里的网站才能显示聊天。",
    "public": "把 <code>server.public_url</code> 设为顾客能访问的地址，上面这一行就会换成它。",
    "restart": "改好后请重启 frontdesk。",
}


class Home:
    """Serves `GET /`. `assets` are the files that it needs beside the widget's, by name.

    `color` is the chat's; `public_url` is where visitors reach us, "" when nobody has said.
    """

    def __init__(self, color: str, public_url: str) -> None:
        sources = read_sources()
        style = sources["home.css"].replace("__COLOR__", color)
        self.assets: Mapping[str, Asset] = {
            "home.css": asset("home.css", style),
            "home.js": asset("home.js", sources["home.js"]),
        }
        tags = "".join(asset.tag for asset in self.assets.values())
        self._version = hashlib.sha256(tags.encode()).hexdigest()[:12]
        self._template = Template(sources["home.html"])
        self._public_url = public_url.rstrip("/")

    async def page(self, request: web.Request) -> web.StreamResponse:
        words = (
            _CHINESE if prefers_chinese(request.headers.get("Accept-Language", "")) else _ENGLISH
        )
        address = self._public_url or plain_origin_of(f"{request.scheme}://{request.host}")
        line = f'<script src="{address}/widget.js" async></script>'
        text = self._template.substitute(
            words,
            version=self._version,
            line=escape(line, quote=False),
            hint="hidden" if self._public_url else "",
        )
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)


def prefers_chinese(accepted: str) -> bool:
    """Whether of the two languages there are, an Accept-Language header wants Chinese more."""
    best = {"zh": 0.0, "en": 0.0}
    for part in accepted[:1000].lower().split(","):
        tag, _, quality = part.partition(";")
        name = tag.strip().partition("-")[0]
        if name in best:
            best[name] = max(best[name], _quality(quality))
    return best["zh"] > best["en"]


def _quality(parameter: str) -> float:
    if not parameter.strip():
        return 1.0
    try:
        return float(parameter.strip().removeprefix("q="))
    except ValueError:
        return 0.0
