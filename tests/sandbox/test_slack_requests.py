"""Events over HTTP: signatures that bolt accepts, retries, and the reasons they give."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from sandbox.slack import SlackSandbox, State
from tests.sandbox.slack_apps import RecordingApp, client_of, slack_sandbox


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with slack_sandbox() as slack:
        yield slack


class Receiver:
    """A bare events address that answers each request with the next of its responses."""

    def __init__(self, *responses: web.Response) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._responses = list(responses)

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return self._responses.pop(0)

    @asynccontextmanager
    async def serving(self, slack: SlackSandbox) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.requests.events_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield
        finally:
            await runner.cleanup()

    def retries(self) -> list[tuple[str | None, str | None]]:
        return [
            (headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason"))
            for headers, _ in self.requests
        ]


async def test_bolt_accepts_the_signed_events(slack: SlackSandbox) -> None:
    app = RecordingApp(slack)
    async with app.on_http():
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "hi")
        await slack.settled()
        assert await slack.requests.verify() is True
    assert app.texts == ["hi"]
    assert slack.courier.sent[0].state is State.ACKNOWLEDGED


async def test_bolt_accepts_signed_interactions(slack: SlackSandbox) -> None:
    desk, ann, app = slack.add_channel("support"), slack.add_user("ann"), RecordingApp(slack)
    label = {"type": "plain_text", "text": "Take"}
    element = {"type": "button", "action_id": "take", "value": "1", "text": label}
    blocks = [{"type": "actions", "elements": [element]}]
    async with app.on_http():
        posted = await client_of(slack).chat_postMessage(channel=desk, text="x", blocks=blocks)
        delivery = await slack.press(desk, posted["ts"], "take", ann)
        await slack.settled()
    assert delivery.state is State.ACKNOWLEDGED
    assert [b["actions"][0]["value"] for b in app.bodies if "actions" in b] == ["1"]


async def test_a_signature_holds_for_its_body_only(slack: SlackSandbox) -> None:
    verifier = SignatureVerifier(slack.identity.signing_secret)
    headers = slack.requests.signed(b"body")
    assert verifier.is_valid_request(b"body", headers)
    assert not verifier.is_valid_request(b"bodi", headers)
    assert not verifier.is_valid_request(b"body", slack.requests.signed(b"body", 1))


async def test_a_failing_address_gets_the_same_body_again_with_the_reason(
    slack: SlackSandbox,
) -> None:
    receiver = Receiver(web.Response(status=500), web.Response(status=302), web.Response())
    async with receiver.serving(slack):
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "hi")
        await slack.settled()
    assert receiver.retries() == [(None, None), ("1", "http_error"), ("2", "too_many_redirects")]
    assert len({body for _, body in receiver.requests}) == 1
    assert slack.courier.sent[0].state is State.ACKNOWLEDGED


async def test_an_address_may_ask_not_to_be_tried_again(slack: SlackSandbox) -> None:
    receiver = Receiver(web.Response(status=500, headers={"X-Slack-No-Retry": "1"}))
    async with receiver.serving(slack):
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "hi")
        await slack.settled()
    assert (len(receiver.requests), slack.courier.sent[0].state) == (1, State.LOST)


async def test_a_slow_address_times_out_and_a_dead_one_refuses(slack: SlackSandbox) -> None:
    desk, ann, app = slack.add_channel("support"), slack.add_user("ann"), RecordingApp(slack)
    app.delay = 0.3
    async with app.on_http():
        await slack.say(desk, ann, "slow")
        await slack.settled()
    assert app.texts == ["slow"] * 4
    await slack.say(desk, ann, "dead")
    await slack.settled()
    slow, dead = slack.courier.sent
    assert slow.failures == ["http_timeout"] * 4
    assert dead.failures == ["connection_failed"] * 4
