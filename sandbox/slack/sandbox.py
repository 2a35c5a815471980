"""The stand-in put together: a Slack workspace with one installed app, on a loopback port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.slack.background import Background
from sandbox.slack.delivery import Courier, Delivery, Failed, State
from sandbox.slack.doorway import Doorway
from sandbox.slack.identity import ALL_BRIDGE_SCOPES, Identity, Ids, Timestamps
from sandbox.slack.interactions import Interactions
from sandbox.slack.limits import Limits, Meter, Tier
from sandbox.slack.media import Media
from sandbox.slack.methods import METHODS
from sandbox.slack.methods.method import Method
from sandbox.slack.people import People
from sandbox.slack.requests import RequestSender
from sandbox.slack.sockets import SocketHub
from sandbox.slack.user import User
from sandbox.slack.webapi import WebApi
from sandbox.slack.workspace import Workspace

_LARGEST_REQUEST = 128 * 1024 * 1024


class SlackSandbox(People, Interactions):
    """A strict Slack. Needs a running event loop; `start` it, or mount its `routes` elsewhere.

    - `api_url` is the base address for slack_sdk and bolt clients.
    - `journal` has every accepted call under its Web API method, uploads as `files.upload`.
    - `faults` are taken by the same names, and `files.download` and `response_url`.
    - `courier` says which events the app gets, how often and in which order; its `sent` has the
      deliveries with what became of them.
    - `sockets` holds the app's Socket Mode connections; `requests.events_url` replaces them with
      signed HTTP requests.
    - `clock` gives Unix seconds, for timestamps and rate limits.
    """

    def __init__(
        self,
        *,
        bot_token: str = "xoxb-sandbox",  # noqa: S107 - the stand-in's own secrets
        app_token: str = "xapp-sandbox",  # noqa: S107
        signing_secret: str = "sandbox-signing-secret",  # noqa: S107
        scopes: Iterable[str] = ALL_BRIDGE_SCOPES,
        limits: Limits | None = None,
        commands: Iterable[str] = (),
        bot_name: str = "frontdesk",
        clock: Callable[[], float] = time.time,
    ) -> None:
        ids = Ids()
        self.identity = Identity(
            ids.new("T"),
            ids.new("A"),
            ids.new("B"),
            ids.new("U"),
            bot_token,
            app_token,
            signing_secret,
            frozenset(scopes),
            bot_name=bot_name,
        )
        self.commands = frozenset(commands)
        self.journal = Journal()
        self.faults = Faults()
        self._background = Background()
        self.courier = Courier(self.identity, ids, clock, self._background)
        self.courier.transport = self._transport
        self.sockets = SocketHub(self.identity, clock, self._background)
        self.requests = RequestSender(self.identity, clock)
        self.workspace = Workspace(self.identity, ids, Timestamps(clock), self.courier.announce)
        self._doorway = Doorway(self.faults, self._background)
        self._meter = Meter(limits or Limits(), clock)
        self.media = Media(self.workspace, self.journal, self._doorway)
        self._api = self._web_api()
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve; port 0 takes any free one. After a `stop` the workspace is still there."""
        self._doorway.open()
        app = web.Application(client_max_size=_LARGEST_REQUEST)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.mount(f"http://{host}:{self._runner.addresses[0][1]}")

    def mount(self, base_url: str) -> None:
        """Say under which address, without a slash at the end, the routes are reached."""
        self.workspace.base_url = base_url
        identity = self.identity
        self.workspace.users[identity.bot_user_id] = User(
            identity.bot_user_id,
            identity.team_id,
            identity.bot_name,
            identity.bot_name,
            "",
            f"{base_url}/avatars/{identity.bot_user_id}_{{size}}.png",
            is_bot=True,
            bot_id=identity.bot_id,
            app_id=identity.app_id,
        )

    async def stop(self) -> None:
        """End every connection and task. Raises what a task of the stand-in failed with."""
        self._doorway.close()
        self.sockets.cut()
        await self.requests.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._background.close()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/{method}", self._api.handle),
            web.post("/api/{method}", self._api.handle),
            web.get("/link/", self.sockets.handle),
            web.post("/upload/v1/{file}", self.media.upload),
            web.get(r"/files-pri/{team:[^/-]+}-{file:[^/]+}/{name:.+}", self.media.download),
            web.get(r"/avatars/{user:[A-Z0-9]+}_{size:\d{1,3}}.png", self.media.avatar),
            web.post("/actions/{token}", self.media.respond),
        ]

    @property
    def base_url(self) -> str:
        return self.workspace.base_url

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    @property
    def team_id(self) -> str:
        return self.identity.team_id

    @property
    def app_id(self) -> str:
        return self.identity.app_id

    @property
    def bot_id(self) -> str:
        return self.identity.bot_id

    @property
    def bot_user_id(self) -> str:
        return self.identity.bot_user_id

    @property
    def limits(self) -> Limits:
        return self._meter.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._meter.limits = limits

    @property
    def over_limit(self) -> Mapping[str, int]:
        """How often each method was refused because of its limit; faults are not counted."""
        return self._meter.refused

    def on_change(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with the channel id after every visible change in a channel."""
        self.workspace.listen(listener)

    def send_raw_event(self, event: dict[str, Any]) -> dict[str, Any]:
        """Send an event of any shape, subscribed or not; returns its outer payload."""
        return self.courier.send_event(event)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """End the sockets as Slack does: `warning`, `refresh_requested` or `link_disabled`."""
        await self.sockets.disconnect(reason)

    async def settled(self, within: float = 5.0) -> None:
        """Wait until every delivery is acknowledged or lost.

        Raises TimeoutError naming the deliveries that are neither.
        """
        try:
            async with asyncio.timeout(within):
                await self.courier.idle.wait()
        except TimeoutError:
            pending = [d.payload for d in self.courier.sent if d.state is State.PENDING]
            raise TimeoutError(f"still pending: {pending}") from None

    async def _transport(self, delivery: Delivery) -> Failed | None:
        retries = self.courier.retries
        if self.requests.events_url is not None:
            return await self.requests.deliver(delivery, retries)
        return await self.sockets.deliver(delivery, retries)

    def _web_api(self) -> WebApi:
        def open_connection(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
            return {"url": self.sockets.open(workspace.base_url)}

        connect = Method(open_connection, {}, Tier.THREE, needs_app_token=True)
        methods = {**METHODS, "apps.connections.open": connect}
        return WebApi(self.workspace, methods, self._meter, self.journal, self._doorway)
