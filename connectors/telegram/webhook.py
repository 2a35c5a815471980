"""Receive updates as requests: proven to be Telegram's, stored, and only then acknowledged."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web

from connectors.telegram.intake import TRIES, Update
from core.errors import BadCredentials, StoreUnavailable

log = logging.getLogger(__name__)

PATH = "/telegram/webhook"
MOST_BYTES = 4 * 1024 * 1024
"""An update with everything in it that Telegram allows is much smaller."""

_PATIENCE = 10.0
_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)

Take = Callable[[Update], Awaitable[None]]


class Webhook:
    """Answers 403 to whoever does not know `secret`; 503 while nobody takes updates in, so that
    Telegram brings them again. `patience`: seconds that a body may take to arrive."""

    def __init__(self, secret: str, public_url: str, patience: float = _PATIENCE) -> None:
        self.secret = secret
        self._public_url = public_url.rstrip("/")
        self._patience = patience
        self._take: Take | None = None
        self._broken: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return self._public_url + PATH

    def check(self) -> None:
        """Raises BadCredentials when it would be open to everybody, or to nobody."""
        if not self.secret:
            raise BadCredentials(
                "channels.telegram.webhook_secret is empty: without it anybody could send "
                "messages in any customer's name. Set it to a long random word"
            )
        if not _SECRET.fullmatch(self.secret):
            raise BadCredentials(
                "channels.telegram.webhook_secret may hold 1 to 256 letters, digits, _ and - only"
            )
        if not self._public_url:
            raise BadCredentials(
                "server.public_url is empty: Telegram must be told where to bring updates. "
                "Set it, or channels.telegram.receive to polling"
            )

    def open(self, take: Take) -> None:
        self._take = take

    def close(self) -> None:
        self._take = None

    async def handle(self, request: web.Request) -> web.Response:
        """The aiohttp handler of `PATH`, which must be given the body unread."""
        if not self._is_genuine(request):
            return web.Response(status=403, text="forbidden\n")
        try:
            async with asyncio.timeout(self._patience):
                body = await _body(request)
        except TimeoutError:
            answer = web.Response(status=408, text="the body took too long\n")
            answer.force_close()
            return answer
        if body is None:
            megabytes = MOST_BYTES // 1024**2
            log.error("an update of Telegram's is larger than %d MB and is skipped", megabytes)
            return web.Response()
        update = _readable(body)
        if update is None:
            log.error("a request of Telegram's cannot be read and is skipped")
            return web.Response()
        return await self._taken(update)

    async def _taken(self, update: Update) -> web.Response:
        if self._take is None:
            return web.Response(status=503, text="not started\n")
        id = str(update.get("update_id"))
        try:
            await self._take(update)
        except StoreUnavailable as error:
            log.warning("an update waits at Telegram: the store is not available (%s)", error)
            return web.Response(status=503, text="not stored\n")
        except Exception:
            return self._broke(id)
        self._broken.pop(id, None)
        return web.Response()

    def _broke(self, id: str) -> web.Response:
        """Whatever follows an update waits at Telegram until we have taken it."""
        self._broken[id] += 1
        if self._broken[id] < TRIES:
            log.exception("update %s could not be taken in; Telegram brings it again", id)
            return web.Response(status=500, text="not taken\n")
        del self._broken[id]
        log.exception("update %s could not be taken in and is skipped", id)
        return web.Response()

    def _is_genuine(self, request: web.Request) -> bool:
        # Bytes, because comparing texts in constant time works for ASCII only.
        given = request.headers.get(_HEADER, "").encode("utf-8", "surrogateescape")
        return bool(self.secret) and hmac.compare_digest(given, self.secret.encode())


async def _body(request: web.Request) -> bytes | None:
    """None when it is larger than `MOST_BYTES`. That is no reason to refuse it: whatever is
    answered with an error comes again, and what its chat says next waits behind it."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def _readable(body: bytes) -> Update | None:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return update if isinstance(update, dict) else None
