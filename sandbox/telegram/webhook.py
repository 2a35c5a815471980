"""Delivery to a webhook: each chat in order, chats side by side, again until accepted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
from yarl import URL

from sandbox.telegram.refusal import bad_request
from sandbox.telegram.updates import Update, Updates

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where updates go."""

    url: str
    secret_token: str | None
    max_connections: int


class Webhook:
    """Sends what waits in `updates` to the target, as long as one is set.

    An answer outside 2xx, or none, is tried again after the next of `backoff` seconds, the last of
    which repeats; later updates of the same chat wait meanwhile.
    """

    def __init__(
        self,
        updates: Updates,
        clock: Callable[[], float],
        backoff: Sequence[float],
        answer_within: float = 60.0,
    ) -> None:
        self._updates = updates
        self._clock = clock
        self._backoff = tuple(backoff)
        self._timeout = aiohttp.ClientTimeout(total=answer_within)
        self._busy: dict[object, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self.target: Target | None = None
        self.last_error: tuple[int, str] | None = None
        updates.listeners.append(self._pump)

    def set(self, arguments: dict[str, Any]) -> None:
        """Take the target of setWebhook; raises Refusal when Telegram would not."""
        target = Target(
            _checked_url(arguments.get("url", "")),
            arguments.get("secret_token"),
            arguments.get("max_connections", 40),
        )
        if target.secret_token is not None and not _SECRET.fullmatch(target.secret_token):
            raise bad_request("secret token contains unallowed characters")
        if not 1 <= target.max_connections <= 100:
            raise bad_request("max_connections must be between 1 and 100")
        self.forget()
        self.target = target
        self._pump()

    def forget(self) -> None:
        """Deliver no more; what was not accepted stays in the queue."""
        self.target, self.last_error = None, None
        for task in self._busy.values():
            task.cancel()
        self._busy.clear()

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=self._timeout)
        self._pump()

    async def stop(self) -> None:
        """End every delivery under way; the target stays set for the next start."""
        tasks = list(self._busy.values())
        self._busy.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def info(self) -> dict[str, Any]:
        """The WebhookInfo object."""
        waiting = len(self._updates.pending())
        about: dict[str, Any] = {
            "url": self.target.url if self.target else "",
            "has_custom_certificate": False,
            "pending_update_count": waiting,
        }
        if self.target is not None:
            about |= {"max_connections": self.target.max_connections, "ip_address": "127.0.0.1"}
        if self._updates.asked_for is not None:
            about["allowed_updates"] = self._updates.asked_for
        if self.last_error is not None:
            date, reason = self.last_error
            about |= {"last_error_date": date, "last_error_message": reason}
        return about

    def _pump(self) -> None:
        if self.target is None or self._session is None:
            return
        for update in self._updates.pending():
            lane = update.chat_id or ("update", update.id)
            if len(self._busy) >= self.target.max_connections:
                return
            if lane not in self._busy:
                delivery = self._deliver(update, self.target, self._session)
                self._busy[lane] = task = asyncio.get_running_loop().create_task(delivery)
                task.add_done_callback(partial(self._free, lane))

    def _free(self, lane: object, task: asyncio.Task[None]) -> None:
        if self._busy.get(lane) is task:
            del self._busy[lane]
            self._pump()

    async def _deliver(
        self, update: Update, target: Target, session: aiohttp.ClientSession
    ) -> None:
        attempt = 0
        while self._updates.holds(update):
            problem = await _post(update, target, session)
            if problem is None:
                self._updates.remove([update])
                return
            self.last_error = (int(self._clock()), problem)
            await asyncio.sleep(self._backoff[min(attempt, len(self._backoff) - 1)])
            attempt += 1


async def _post(update: Update, target: Target, session: aiohttp.ClientSession) -> str | None:
    """What went wrong, in the words of getWebhookInfo; None when the bot accepted."""
    headers = {}
    if target.secret_token is not None:
        headers["X-Telegram-Bot-Api-Secret-Token"] = target.secret_token
    try:
        async with session.post(
            target.url, json=update.wire(), headers=headers, allow_redirects=False
        ) as answer:
            if 200 <= answer.status < 300:
                return None
            return f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except TimeoutError:
        return "Read timeout expired"
    except aiohttp.ClientConnectorError:
        return "Connection refused"
    except aiohttp.ClientError:
        return "Connection reset by peer"


def _checked_url(raw: str) -> str:
    try:
        url = URL(raw)
    except ValueError:
        raise bad_request("bad webhook: invalid URL specified") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if url.host not in _LOOPBACK:
        raise bad_request("bad webhook: this stand-in delivers to this machine only")
    return raw
