"""The client of the Bot API, set up so that nothing is repeated or logged behind our backs.

It is used for typed calls and errors only: its own polling and its own webhook confirm updates
before anybody has stored them.
"""

from __future__ import annotations

import json
import os
from typing import Any, cast

import httpx
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

# The client warns, each time it is told to wait, unless it may give the time as a timedelta.
os.environ.setdefault("PTB_TIMEDELTA", "true")

CONNECT, POOL = 5.0, 2.0
UPLOAD = 60.0
_CONNECTIONS = 64
_POLL_GRACE = 10.0  # how much later than promised a long poll may be answered


class Transport(HTTPXRequest):
    """One pool of connections."""

    def __init__(self, size: int, timeout: float, tls: Any) -> None:
        super().__init__(
            connection_pool_size=size,
            read_timeout=timeout,
            write_timeout=timeout,
            connect_timeout=min(CONNECT, timeout),
            pool_timeout=min(POOL, timeout),
            media_write_timeout=UPLOAD,
            httpx_kwargs={"verify": tls},
        )

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as an object; a proxy's page of HTML is an error, but no log line."""
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("no answer of the Bot API")
        return answer


class Client(Bot):
    """The bot, and the updates as they came: one of an unknown shape must not hide the others."""

    async def updates(
        self, offset: int, seconds: float, kinds: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        """Confirm what lies below `offset` and wait up to `seconds` for what follows it."""
        wanted = {"timeout": int(seconds), "allowed_updates": list(kinds)}
        if offset:
            wanted["offset"] = offset
        found = await self._post("getUpdates", wanted, read_timeout=seconds + _POLL_GRACE)
        if not isinstance(found, list):
            raise TelegramError("no answer of the Bot API")
        return cast("list[dict[str, Any]]", found)


class TelegramApi:
    """The client and a second one for files. `timeout` seconds are for one request."""

    def __init__(self, token: str, api_url: str, timeout: float) -> None:
        base = api_url.rstrip("/")
        # Reading the machine's certificates takes a while and serves no one without TLS.
        self._tls: Any = httpx.create_ssl_context() if base.startswith("https:") else False
        self._timeout = timeout
        self._polling = Transport(2, timeout, self._tls)
        self._sending = Transport(_CONNECTIONS, timeout, self._tls)
        self._files: httpx.AsyncClient | None = None
        self.files_url = f"{base}/file/bot{token}/"
        self.bot = Client(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._sending,
            get_updates_request=self._polling,
        )

    @property
    def files(self) -> httpx.AsyncClient:
        """For downloads: follows no redirects."""
        if self._files is None:
            timeout = httpx.Timeout(self._timeout, connect=min(CONNECT, self._timeout))
            self._files = httpx.AsyncClient(
                verify=self._tls, timeout=timeout, follow_redirects=False
            )
        return self._files

    async def open(self) -> None:
        """Also after `close`."""
        await self._polling.initialize()
        await self._sending.initialize()

    async def close(self) -> None:
        await self._polling.shutdown()
        await self._sending.shutdown()
        files, self._files = self._files, None
        if files is not None:
            await files.aclose()
