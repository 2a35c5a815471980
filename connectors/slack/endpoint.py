"""Slack's requests to our own address: proven first, then handed on.

The signature is checked on the raw bytes before any library parses them, and a refused body is
neither read as text nor logged.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from aiohttp import web

from connectors.slack.signature import is_genuine

PATH = "/slack/events"
MOST_BYTES = 1_000_000
_FORM = "application/x-www-form-urlencoded"

Dispatch = Callable[[web.Request, str], Awaitable[web.Response]]


class EventsEndpoint:
    """Answers 401 to what is not proven to be Slack's, 400 to what cannot be read."""

    def __init__(self, secret: str, now: Callable[[], float], dispatch: Dispatch) -> None:
        self._secret = secret
        self._now = now
        self._dispatch = dispatch

    async def handle(self, request: web.Request) -> web.Response:
        if (request.content_length or 0) > MOST_BYTES:
            return web.Response(status=413)
        body = await request.read()
        if _is_certificate_check(request, body):
            return web.Response()
        if not self._is_genuine(request, body):
            return web.Response(status=401)
        text = _readable(body)
        if text is None:
            return web.Response(status=400)
        return await self._dispatch(request, text)

    def _is_genuine(self, request: web.Request, body: bytes) -> bool:
        timestamps = request.headers.getall("X-Slack-Request-Timestamp", [])
        signatures = request.headers.getall("X-Slack-Signature", [])
        return is_genuine(self._secret, timestamps, signatures, body, self._now())


def _is_certificate_check(request: web.Request, body: bytes) -> bool:
    """Slack's test of our certificate; it is not signed, and answering it does nothing."""
    if request.content_type != _FORM or len(body) > 1000:
        return False
    fields = parse_qs(body.decode("latin-1"))
    return fields.get("ssl_check") == ["1"] and "payload" not in fields


def _readable(body: bytes) -> str | None:
    """The body as text if it holds one JSON object, plainly or as a form's `payload`."""
    try:
        text = body.decode()
        fields = {} if text.startswith("{") else parse_qs(text)
        content = json.loads(fields.get("payload", [text])[0])
    except (ValueError, RecursionError):
        return None
    return text if isinstance(content, dict) else None
