"""Real Slack clients and a recording bolt app, connected to a stand-in of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import ALL_BRIDGE_SCOPES, Limits, Retries, SlackSandbox

FAST = Retries(ack_within=0.2, delays=(0.0, 0.02, 0.02))


@asynccontextmanager
async def slack_sandbox(
    *, limits: Limits | None = None, scopes: Iterable[str] = ALL_BRIDGE_SCOPES, **options: Any
) -> AsyncIterator[SlackSandbox]:
    slack = SlackSandbox(limits=limits or Limits.off(), scopes=scopes, **options)
    slack.courier.retries = FAST
    await slack.start()
    try:
        yield slack
    finally:
        await slack.stop()


def client_of(
    slack: SlackSandbox, *, token: str | None = None, timeout: int = 5
) -> AsyncWebClient:
    return AsyncWebClient(
        token=token or slack.identity.bot_token,
        base_url=slack.api_url,
        retry_handlers=[],
        timeout=timeout,
    )


async def refusal(call: Awaitable[Any]) -> dict[str, Any]:
    """The answer of a call that must be refused."""
    try:
        answer = await call
    except SlackApiError as error:
        data: dict[str, Any] = error.response.data
        return data
    raise AssertionError(f"accepted: {answer.data}")


async def until(condition: Callable[[], Any], within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


class RecordingApp:
    """A bolt app that notes every payload it gets; `handler` may answer or fail instead."""

    def __init__(self, slack: SlackSandbox) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 200
        self.delay = 0.0
        self.bolt = AsyncApp(
            client=client_of(slack),
            signing_secret=slack.identity.signing_secret,
            ignoring_self_events_enabled=False,
        )
        self.bolt.use(self._record)
        self._slack = slack

    @property
    def events(self) -> list[dict[str, Any]]:
        return [body["event"] for body in self.bodies if "event" in body]

    @property
    def texts(self) -> list[str]:
        return [event["text"] for event in self.events if event["type"] == "message"]

    async def _record(self, req: AsyncBoltRequest) -> BoltResponse:
        self.bodies.append(req.body)
        await asyncio.sleep(self.delay)
        return BoltResponse(status=self.status)

    @asynccontextmanager
    async def on_socket(self) -> AsyncIterator[AsyncSocketModeHandler]:
        before = len(self._slack.sockets.connections)
        handler = AsyncSocketModeHandler(
            self.bolt, self._slack.identity.app_token, ping_interval=0.2
        )
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await until(lambda: len(self._slack.sockets.connections) > before)
        try:
            yield handler
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]

    @asynccontextmanager
    async def on_http(self) -> AsyncIterator[str]:
        """Serves /slack/events and points the stand-in at it."""
        app = web.Application()
        app.router.add_post("/slack/events", self._dispatch)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        self._slack.requests.events_url = url
        try:
            yield url
        finally:
            await runner.cleanup()

    async def _dispatch(self, request: web.Request) -> web.Response:
        body = await request.text()
        bolt_request = AsyncBoltRequest(body=body, headers=dict(request.headers))
        answer = await self.bolt.async_dispatch(bolt_request)
        headers = {name: values[0] for name, values in answer.headers.items()}
        return web.Response(status=answer.status, body=answer.body.encode(), headers=headers)
