"""The one HTTP server: whatever arrives passes the same limits and leaves with the same headers,
whichever channel it is for."""

from __future__ import annotations

import asyncio
import hmac
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from core.ports import Route
from core.proxies import Proxies, Seen, is_loopback, was_forwarded
from core.reaper import Reaper
from core.tasks import Tasks

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PLACE = web.RequestKey("place", str)
"""A request's place: whose share of the limits it counts against, "" for nobody's."""

CUT_OFF = (HttpProcessingError, web.RequestPayloadError, ConnectionResetError)
"""What reading a request raises when it ends too early or is not what it says."""

_BODY_BYTES = 256 * 1024
_KEEP_ALIVE_SECONDS = 30.0
_LINGERING_SECONDS = 2.0
_SHUTDOWN_SECONDS = 5.0
_READY_SECONDS = 5.0
_BACKLOG = 4096
# asyncio takes its backlog also for how often it tries to accept in one go, even where each try
# finds no free file descriptor.
_ACCEPTED_AT_ONCE = 100
_NO_STORE = {"Cache-Control": "no-store"}


class MetricsPage(Protocol):
    """What /metrics shows."""

    content_type: str

    def page(self) -> bytes: ...


class WebServer:
    """Serves /healthz, /readyz, /metrics and `routes`.

    `readiness` gives the JSON object of /readyz; its "ready" decides between 200 and 503. /metrics
    is for callers on this machine and for those who know `metrics_token`. `patience`: seconds that
    a request's head, and then its body, may take to arrive.
    """

    def __init__(
        self,
        host: str,
        port: int,
        routes: Sequence[Route],
        readiness: Callable[[], Awaitable[Mapping[str, Any]]],
        metrics: MetricsPage,
        *,
        trusted_proxies: Sequence[str] = (),
        metrics_token: str = "",
        patience: float = 10.0,
    ) -> None:
        self._host = host
        self._port = port
        self._routes = tuple(routes)
        self._readiness = readiness
        self._metrics = metrics
        self._metrics_token = metrics_token
        self._patience = patience
        self._proxies = Proxies(trusted_proxies)
        self._streams = frozenset((r.method, r.path) for r in routes if r.streams)
        self._reaper = Reaper(
            self._connections, patience, lambda peer: self._proxies.place(peer, peer)
        )
        self._tasks = Tasks()
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on, also when any free one was asked for by 0."""
        if self._server is not None and self._server.sockets:
            port: int = self._server.sockets[0].getsockname()[1]
            return port
        return self._port

    async def start(self) -> None:
        """Returns once it listens. Raises OSError when the port is taken or not allowed."""
        runner = web.AppRunner(
            self._application(),
            access_log=None,
            logger=_Quiet(log, {}),
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            lingering_time=_LINGERING_SECONDS,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        self._runner = runner
        try:
            self._server = await self._listen(runner)
        except OSError:
            await self.stop()
            raise
        self._tasks.start(self._reaper.run(), "reaper of silent connections")

    async def _listen(self, runner: web.AppRunner) -> asyncio.Server:
        protocol = runner.server
        if protocol is None:
            raise RuntimeError("the runner is not set up")
        server = await asyncio.get_running_loop().create_server(
            protocol, self._host, self._port, backlog=_ACCEPTED_AT_ONCE
        )
        for listening in server.sockets:
            with socket.fromfd(listening.fileno(), listening.family, listening.type) as twin:
                twin.listen(_BACKLOG)  # of the socket that both are names of
        return server

    async def stop(self) -> None:
        """Listens no more, gives running requests a moment, then drops them. Safe twice."""
        await self._tasks.close()
        server, self._server = self._server, None
        if server is not None:
            server.close()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def _connections(self) -> Sequence[Any]:
        server = self._runner.server if self._runner is not None else None
        return server.connections if server is not None else ()

    def _application(self) -> web.Application:
        application = web.Application(
            client_max_size=_BODY_BYTES,
            middlewares=[self._guard, self._place, self._read_body],
        )
        application.on_response_prepare.append(_fence)
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/metrics", self._metrics_page)
        for route in self._routes:
            application.router.add_route(route.method, route.path, route.handler)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return web.Response(status=500, text="something went wrong\n", headers=_NO_STORE)

    # A socket's request lasts as long as the socket, so what need not wait for it is no coroutine.
    @web.middleware
    def _place(self, request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        self._reaper.serves(request.protocol)
        seen = Seen(request.scheme, request.host, request.remote or "")
        real = self._proxies.original(seen, request.headers)
        if real != seen:
            request = request.clone(scheme=real.scheme, host=real.host, remote=real.remote)
        request[PLACE] = self._proxies.place(seen.remote, real.remote)
        return handler(request)

    @web.middleware
    def _read_body(self, request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        if request.can_read_body and not self._is_streamed(request):
            return self._with_body(request, handler)
        return handler(request)

    async def _with_body(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # A body that trickles in must not keep a handler busy; what is read here stays with the
        # request for the handler to read again.
        try:
            async with asyncio.timeout(self._patience):
                await request.read()
        except TimeoutError:
            answer = web.Response(status=408, text="the body took too long\n")
            answer.force_close()
            return answer
        except CUT_OFF:
            answer = web.Response(status=400, text="the body cannot be read\n")
            answer.force_close()
            return answer
        return await handler(request)

    def _is_streamed(self, request: web.Request) -> bool:
        resource = request.match_info.route.resource
        return resource is not None and (request.method, resource.canonical) in self._streams

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"alive": True}, headers=_NO_STORE)

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                found = await self._readiness()
        except TimeoutError:
            found = {"ready": False, "detail": "no answer in time"}
        status = 200 if found.get("ready") else 503
        return web.json_response(dict(found), status=status, headers=_NO_STORE)

    async def _metrics_page(self, request: web.Request) -> web.StreamResponse:
        if not self._may_see_metrics(request):
            return web.Response(status=403, text="forbidden\n", headers=_NO_STORE)
        headers = {"Content-Type": self._metrics.content_type, **_NO_STORE}
        return web.Response(body=self._metrics.page(), headers=headers)

    def _may_see_metrics(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._metrics_token and hmac.compare_digest(
            given.encode("utf-8", "replace"), self._metrics_token.encode()
        ):
            return True
        # Behind a proxy that nobody told us of, every visitor seems to be on this machine.
        return is_loopback(request.remote or "") and not was_forwarded(request.headers)


async def _fence(request: web.Request, response: web.StreamResponse) -> None:
    headers: MutableMapping[str, str] = response.headers
    headers["Server"] = "frontdesk"
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    if response.content_type != "text/html":
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """Takes what the server says about garbage on the wire: anybody can send it, so it must not
    fill the log, and it may hold what somebody meant to keep secret."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        error = kwargs.get("exc_info")
        if error is None or isinstance(error, CUT_OFF):
            level, kwargs = logging.DEBUG, {}
        self.logger.log(level, msg, *args, **kwargs)
