"""Keep one Socket Mode connection alive, and say so each time a new one has begun.

The SDK's client tries for ever to reach an address that is good only once, and never says that it
came back. So each of its clients serves for a single connection here; the loop around them asks
for a new address every time, waits longer after each failure, and tells whoever must catch up.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from connectors.slack.api import SlackApi
from core.errors import BadCredentials, DeliveryError, NotReady
from core.tasks import Tasks

log = logging.getLogger(__name__)

# What matters of the SDK's many lines is said here; its tracebacks hold the sockets' addresses.
_SDK_LOG = log.getChild("sdk")
_SDK_LOG.setLevel(logging.CRITICAL)

FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.5, 1.75, 60.0
STEADY = 30.0
CLOSING = 1.0
_REFUSED = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "not_allowed_token_type",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "missing_scope",
        "forbidden_team",
    }
)

Take = Callable[[AsyncBaseSocketModeClient, SocketModeRequest], Awaitable[None]]


class SocketLink:
    """Connects, and connects again. `greeted(app_id)` is called after each connection began.
    Whatever does not open within `opening` seconds is tried anew, with a new address."""

    def __init__(
        self,
        api: SlackApi,
        app_token: str,
        take: Take,
        greeted: Callable[[str], None],
        *,
        opening: float,
        ping_interval: float,
    ) -> None:
        self._api = api
        self._opening = opening
        self._app_token = app_token
        self._take = take
        self._greeted = greeted
        self._ping_interval = ping_interval
        self._session: _Session | None = None
        self._tasks = Tasks()
        self.connected = False

    async def open(self) -> None:
        """Connect for the first time. Raises BadCredentials or NotReady."""
        session = self._session = await self._connect()
        self._tasks.start(self._keep(session), "Slack's Socket Mode connection")

    async def close(self) -> None:
        await self._tasks.close()
        self.connected = False
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _keep(self, session: _Session) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            await session.ended.wait()
            self.connected = False
            await session.close()
            if time.monotonic() - began >= STEADY:
                failures = 0
            session = self._session = await self._reconnect(failures)
            failures += 1

    async def _reconnect(self, failures: int) -> _Session:
        while True:
            if failures:
                await asyncio.sleep(_pause(failures))
            try:
                return await self._connect()
            except (NotReady, BadCredentials) as error:
                log.warning("Slack: %s; trying again", error)
            except Exception:
                log.exception("the connection to Slack broke in a new way; trying again")
            failures += 1

    async def _connect(self) -> _Session:
        session = _Session(self._app_token, self._api, self._ping_interval)
        session.socket_mode_request_listeners.append(self._take)
        try:
            session.wss_uri = await address(self._api, self._app_token)
            async with asyncio.timeout(self._opening):
                await session.connect()  # type: ignore[no-untyped-call]
                app_id = await session.greeting
        except TimeoutError:
            await session.close()
            raise NotReady("Slack's socket did not open in time") from None
        except BaseException:
            await session.close()
            raise
        self.connected = True
        self._greeted(app_id)
        return session


async def address(api: SlackApi, app_token: str) -> str:
    """Where the next socket may be opened, once. Raises BadCredentials or NotReady."""
    try:
        answer = await api.call("apps.connections.open", app_token=app_token, allow=_REFUSED)
    except DeliveryError as error:
        raise NotReady(f"no Socket Mode connection: {error}") from None
    if not answer.get("ok"):
        raise BadCredentials(
            f"slack.app_token: Slack refuses it ({answer['error']}); "
            "set an app-level token (xapp-…) with the scope connections:write"
        )
    return str(answer["url"])


class _Session(SocketModeClient):
    """One connection of the SDK's client, which here ends instead of reconnecting.

    `ended` is set when the connection is lost, stale or refreshed by Slack; `greeting` becomes
    the app's id once Slack has said hello.
    """

    def __init__(self, app_token: str, api: SlackApi, ping_interval: float) -> None:
        super().__init__(
            app_token, web_client=api.web, ping_interval=ping_interval, logger=_SDK_LOG
        )
        self.ended = asyncio.Event()
        self.greeting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.message_listeners.append(self._hear)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        if not self.greeting.done():
            self.greeting.set_exception(NotReady("Slack closed the socket at once"))
        self.ended.set()

    async def close(self) -> None:
        self.closed = True
        tasks = (self.message_processor, self.current_session_monitor, self.message_receiver)
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        # A peer that has gone silent would keep a polite goodbye waiting.
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                if self.current_session is not None:
                    await self.current_session.close()
        await self.aiohttp_client_session.close()
        self.greeting.cancel()

    async def _hear(
        self, client: AsyncBaseSocketModeClient, message: dict[str, Any], raw: str | None
    ) -> None:
        if message.get("type") == "hello" and not self.greeting.done():
            info = message.get("connection_info")
            app_id = info.get("app_id") if isinstance(info, dict) else None
            self.greeting.set_result(app_id if isinstance(app_id, str) else "")


def _pause(failures: int) -> float:
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * GROWTH ** (failures - 1))
    return random.SystemRandom().uniform(longest / 2, longest)
