"""The one Slack app of a workspace, shared by the customers' channel and the agents' desk.

Bolt acknowledges an event around its listeners and swallows what they raise, and it acknowledges
also when it cannot authorize. So events are taken in the middleware that runs before all that:
what could not be stored is not acknowledged, and Slack sends it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from time import monotonic
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from connectors.slack.backlog import Backlog, Read, Take
from connectors.slack.endpoint import PATH, EventsEndpoint
from connectors.slack.identity import Identity, app_id_of, introduce
from connectors.slack.lanes import Lanes
from connectors.slack.link import SocketLink
from connectors.slack.origin import is_for, lane_of, moment_of
from connectors.slack.overtaken import Overtaken
from connectors.slack.pacer import Rate
from connectors.slack.reach import Reach
from connectors.slack.settings import Receive, SlackSettings
from core.errors import BadCredentials, NotReady, StoreUnavailable
from core.ports import Route, Status
from core.tasks import Tasks

log = logging.getLogger(__name__)

# Bolt warns of variables that are meant for us, and repeats the bodies of what it ignores.
_BOLT_LOG = log.getChild("bolt")
_BOLT_LOG.setLevel(logging.ERROR)

# Without a socket, or over HTTP, nobody says that something was missed: so it is looked for.
LOOK_WITHOUT_SOCKET, LOOK_OVER_HTTP = 60.0, 300.0

Handler = Callable[[Mapping[str, Any]], Awaitable[bool]]
Connected = Callable[[], Coroutine[Any, Any, None]]


class SlackApp(Reach):
    """Receives for everybody who is attached, and calls Slack for them."""

    def __init__(
        self,
        settings: SlackSettings,
        *,
        now: Callable[[], datetime],
        timeout: float = 10.0,
        ping_interval: float = 5.0,
        rate: Rate | None = None,
        look_every: float | None = None,
    ) -> None:
        """`look_every`: seconds between two looks for what was missed, None for the usual."""
        super().__init__(settings, now=now, timeout=timeout, rate=rate)
        self._settings = settings
        self._timeout = timeout
        self._ping_interval = ping_interval
        over_http = settings.receive is not Receive.SOCKET
        self._look_every = look_every or (LOOK_OVER_HTTP if over_http else LOOK_WITHOUT_SOCKET)
        self._endpoint = EventsEndpoint(
            settings.signing_secret.get_secret_value(),
            lambda: now().timestamp(),
            self._dispatch_request,
        )
        self._identity: Identity | None = None
        self._app_id = ""
        self._routed = False
        self._bolt: AsyncApp | None = None
        self._link: SocketLink | None = None
        self._attached: dict[Handler, Connected] = {}
        self._expected: set[Handler] = set()
        self._starting = asyncio.Lock()
        self._lanes = Lanes()
        self._overtaken = Overtaken()
        self._taking: set[asyncio.Task[Any]] = set()
        self._tasks = Tasks()

    # --- life ----------------------------------------------------------------------------

    @property
    def identity(self) -> Identity:
        """Raises NotReady before the first `attach` succeeded."""
        if self._identity is None:
            raise NotReady("Slack has not told yet who we are")
        return self._identity

    @property
    def status(self) -> Status:
        if self._bolt is None:
            return Status(False, "not connected to Slack")
        if self._link is not None and not self._link.connected:
            return Status(False, "connecting to Slack again")
        return Status(not self._api.trouble, self._api.trouble)

    def expect(self, handler: Handler) -> None:
        """`handler` will be attached: until then, what nobody else takes is not acknowledged."""
        self._expected.add(handler)

    async def attach(self, handler: Handler, connected: Connected) -> None:
        """Give every event to `handler` from now on, and start if nobody did before.

        `handler` returns whether the event was for it; those attached later are asked only if
        not. It may raise StoreUnavailable: the event is then not acknowledged. `connected` is
        called, and what it gives runs in the background, now, after each further connection, and
        every now and then while nobody can say that something was missed.
        Raises BadCredentials or NotReady; nothing is attached then.
        """
        async with self._starting:
            self._attached[handler] = connected
            try:
                if self._bolt is None:
                    await self._start()
            except BaseException:
                del self._attached[handler]
                raise
        self._tasks.start(connected(), "catching up with Slack")

    async def detach(self, handler: Handler) -> None:
        """Give `handler` no more events; the last one to go stops the app. Safe to call twice."""
        async with self._starting:
            self._attached.pop(handler, None)
            self._expected.discard(handler)
            if not self._attached:
                await self._stop()

    async def _start(self) -> None:
        self._check_settings()
        await self._api.open()
        try:
            self._identity = await introduce(self._api)
            self._bolt = self._new_bolt()
            if self._settings.receive is Receive.SOCKET:
                await self._open_link()
            else:
                self._app_id = await app_id_of(self._api, self._identity.bot_id)
            self._tasks.start(self._look_for_gaps(), "looking for what Slack did not bring")
        except BaseException:
            await self._stop()
            raise

    def _check_settings(self) -> None:
        settings = self._settings
        if not self._token:
            raise BadCredentials("slack.bot_token: set it, from the app's OAuth page (xoxb-…)")
        if settings.receive is Receive.SOCKET:
            if not settings.app_token.get_secret_value():
                raise BadCredentials(
                    "slack.app_token: set it (xapp-…, scope connections:write), or receive: http"
                )
        elif not settings.signing_secret.get_secret_value():
            raise BadCredentials("slack.signing_secret: set it, from the app's Basic Information")

    async def _stop(self) -> None:
        link, self._link = self._link, None
        self._bolt = None
        if link is not None:
            await link.close()
        if self._taking:
            await asyncio.wait(self._taking)
        await self._tasks.close()
        await self._api.close()

    def _new_bolt(self) -> AsyncApp:
        bolt = AsyncApp(
            name="frontdesk",
            logger=_BOLT_LOG,
            client=self._api.web,
            before_authorize=self._middleware,
            # The endpoint has verified the raw bytes already.
            request_verification_enabled=False,
            ssl_check_enabled=False,
        )
        bolt.error(_raise)
        return bolt

    async def _open_link(self) -> None:
        self._link = SocketLink(
            self._api,
            self._settings.app_token.get_secret_value(),
            self._take_envelope,
            self._greeted,
            opening=self._timeout,
            ping_interval=self._ping_interval,
        )
        await self._link.open()

    def _greeted(self, app_id: str) -> None:
        self._app_id = app_id
        if self._starting.locked():
            return  # `attach` does this itself, once the handler is there
        for connected in tuple(self._attached.values()):
            self._tasks.start(connected(), "catching up with Slack")

    async def _look_for_gaps(self) -> None:
        while True:
            await asyncio.sleep(self._look_every)
            if self._link is not None and self._link.connected:
                continue
            looks = [connected() for connected in tuple(self._attached.values())]
            for problem in await asyncio.gather(*looks, return_exceptions=True):
                if isinstance(problem, Exception):
                    log.error("catching up with Slack failed", exc_info=problem)

    def backlog(self, read: Read, take: Take) -> Backlog:
        """What lets nothing live pass what was missed, read and taken by these."""
        return Backlog(read, take, self.soon)

    # --- receiving -----------------------------------------------------------------------

    def routes(self) -> tuple[Route, ...]:
        """The address of events and buttons; none when they come over a socket.

        The channel and the desk are both asked, and the first one gets it.
        """
        if self._settings.receive is Receive.SOCKET or self._routed:
            return ()
        self._routed = True
        return (Route("POST", PATH, self._endpoint.handle),)

    async def _dispatch_request(self, request: web.Request, body: str) -> web.Response:
        if self._bolt is None:
            return web.Response(status=503)
        headers: Any = dict(request.headers)
        try:
            answer = await self._bolt.async_dispatch(AsyncBoltRequest(body=body, headers=headers))
        except Exception as error:
            _log_unreadable(error)
            return web.Response(status=400)
        return await to_aiohttp_response(answer)

    async def _take_envelope(
        self, client: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        if self._bolt is None:
            return
        began = monotonic()
        try:
            answer = await run_async_bolt_app(self._bolt, request)
        except Exception as error:
            _log_unreadable(error)
            answer = BoltResponse(status=200)  # it would be no better the next time
        await send_async_response(client, request, answer, began)

    async def _middleware(
        self, body: dict[str, Any], next_: Callable[[], Awaitable[Any]]
    ) -> BoltResponse | None:
        if body.get("type") == "url_verification":
            await next_()
            return None
        task = asyncio.current_task()
        if task is not None:
            self._taking.add(task)
        try:
            return BoltResponse(status=await self._take(body), body="")
        finally:
            if task is not None:
                self._taking.discard(task)

    async def _take(self, body: Mapping[str, Any]) -> int:
        """The status to answer with: anything but 200 makes Slack send the event again."""
        if not is_for(body, self.identity.team_id, self._app_id):
            return 200
        try:
            async with self._lanes.turn(lane_of(body), moment_of(body)):
                current = self._overtaken.as_now(body)
                if current is None:
                    return 200
                for handler in tuple(self._attached):
                    if await handler(current):
                        break
                else:
                    if self._expected.difference(self._attached):
                        return 503
                self._overtaken.took(body)
        except StoreUnavailable:
            return 503
        except Exception:
            log.exception("an event of Slack's could not be taken")
            return 500
        return 200

    # --- calling -------------------------------------------------------------------------

    @property
    def may_customize(self) -> bool:
        """Whether a post may bear a name of our choice."""
        scopes = None if self._identity is None else self._identity.scopes
        return scopes is not None and "chat:write.customize" in scopes

    def soon(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` in the background; it is cancelled if the app stops first."""
        self._tasks.start(work, name)


async def _raise(error: Exception) -> None:
    """Bolt would write a traceback and answer 500."""
    raise error


def _log_unreadable(error: Exception) -> None:
    """What the handlers raise never comes here: this is an event of a shape nobody knows."""
    log.warning("an event of Slack's could not be read: %s", type(error).__name__)
