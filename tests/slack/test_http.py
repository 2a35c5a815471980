"""Events as signed requests, and requests that only pretend to be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict

from connectors.slack.app import SlackApp
from connectors.slack.signature import sign
from core.errors import StoreUnavailable
from sandbox.slack import SlackSandbox, State
from tests.slack.house import app_of, now, workspace
from tests.slack.test_app import Listener


@dataclass
class Gate:
    """Our address, and everything around it."""

    slack: SlackSandbox
    app: SlackApp
    listener: Listener
    url: str

    async def post(
        self, body: bytes, headers: dict[str, str], kind: str = "application/json"
    ) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                self.url, data=BytesIO(body), headers={"Content-Type": kind, **headers}
            ) as response,
        ):
            return response.status


@asynccontextmanager
async def gate() -> AsyncIterator[Gate]:
    async with workspace() as slack:
        app, listener = app_of(slack, receive="http"), Listener()
        (route,) = app.routes()
        assert app.routes() == ()
        server = web.Application()
        server.router.add_route(route.method, route.path, route.handler)
        runner = web.AppRunner(server, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await app.attach(listener.take, listener.connected)
        try:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}{route.path}"
            slack.requests.events_url = url
            yield Gate(slack, app, listener, url)
        finally:
            await app.detach(listener.take)
            await runner.cleanup()


def event_of(slack: SlackSandbox, text: str) -> dict[str, Any]:
    event = {"type": "message", "channel": "C1", "user": "U1", "ts": "1.1", "text": text}
    return {"type": "event_callback", "team_id": slack.team_id, "event": event}


async def test_a_signed_event_is_taken_and_then_acknowledged() -> None:
    async with gate() as here:
        channel = here.slack.add_channel("support")
        await here.slack.say(channel, here.slack.add_user("ann"), "hello")
        await here.slack.settled()
        assert here.listener.texts == ["hello"]
        assert {d.state for d in here.slack.courier.sent} == {State.ACKNOWLEDGED}


async def test_a_pressed_button_comes_to_the_same_address() -> None:
    async with gate() as here:
        channel, ann = here.slack.add_channel("support"), here.slack.add_user("ann")
        button = {"type": "button", "text": {"type": "plain_text", "text": "Yes"}}
        blocks = [{"type": "actions", "elements": [{**button, "action_id": "choice:1:0"}]}]
        ts = await here.app.post(channel, "Sure?", blocks, key="k")
        await here.slack.press(channel, ts, "choice:1:0", ann)
        await here.slack.settled()
        assert here.listener.types[-1] == "block_actions"
        assert {d.state for d in here.slack.courier.sent} == {State.ACKNOWLEDGED}


async def test_a_signed_event_that_could_not_be_stored_is_sent_again() -> None:
    async with gate() as here:
        here.listener.failures.append(StoreUnavailable("the disk is full"))
        await here.slack.say(here.slack.add_channel("support"), here.slack.add_user("a"), "hello")
        await here.slack.settled()
        assert here.listener.texts == ["hello"]
        assert [d.failures for d in here.slack.courier.sent] == [["http_error"]]


async def test_an_error_of_ours_is_answered_so_that_slack_tries_again() -> None:
    async with gate() as here:
        here.listener.failures.append(RuntimeError("a bug"))
        await here.slack.say(here.slack.add_channel("support"), here.slack.add_user("a"), "hello")
        await here.slack.settled()
        assert here.listener.texts == ["hello"]


async def test_the_challenge_is_answered_only_when_it_is_signed() -> None:
    """A04: url_verification."""
    async with gate() as here:
        assert await here.slack.requests.verify()
        body = b'{"type":"url_verification","challenge":"c","token":"t"}'
        assert await here.post(body, {}) == 401


async def test_a_certificate_check_is_answered_and_does_nothing() -> None:
    """A04: ssl_check is not signed."""
    async with gate() as here:
        form = "application/x-www-form-urlencoded"
        assert await here.post(b"ssl_check=1&token=t", {}, form) == 200
        sneaky = b"ssl_check=1&payload=%7B%7D"
        assert await here.post(sneaky, {}, form) == 401
        assert here.listener.texts == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=00"},
        {"X-Slack-Request-Timestamp": "zzz", "X-Slack-Signature": "v0=00"},
        {"X-Slack-Request-Timestamp": "1e400", "X-Slack-Signature": "v0=00"},
        {"X-Slack-Request-Timestamp": "9" * 5000, "X-Slack-Signature": "v0=00"},
        {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "é"},
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b"payload=%FF"])
async def test_what_is_not_signed_is_refused_and_nothing_is_taken(
    headers: dict[str, str], body: bytes
) -> None:
    """A01, A02: refused before anything is parsed, and never an error of ours."""
    async with gate() as here:
        assert await here.post(body, headers) == 401
        assert here.listener.texts == []


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"payload=x", b"a=b"])
async def test_what_is_signed_and_cannot_be_read_is_a_bad_request(body: bytes) -> None:
    """A02: proven, and still not believed to be JSON."""
    async with gate() as here:
        assert await here.post(body, here.slack.requests.signed(body)) == 400


async def test_a_flood_of_forged_requests_leaves_no_trace_of_their_bodies(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A05: neither bolt nor we nor the web server repeat them, newlines and all."""
    caplog.set_level("DEBUG")
    async with gate() as here:
        body = b'{"forged\n' + b"x" * 900_000
        assert await here.post(body, {"X-Slack-Signature": "v0=1"}) == 401
        assert await here.post(b"x" * 2_000_000, {}) == 413
    assert "forged" not in caplog.text


async def test_a_request_that_is_sent_twice_is_acknowledged_twice() -> None:
    """A03: whether it is new is the store's to say."""
    async with gate() as here:
        body = json.dumps(event_of(here.slack, "hello")).encode()
        headers = here.slack.requests.signed(body)
        assert [await here.post(body, headers) for _ in range(2)] == [200, 200]


async def test_an_event_of_another_team_is_acknowledged_and_ignored() -> None:
    """A06: over HTTP."""
    async with gate() as here:
        body = json.dumps({**event_of(here.slack, "x"), "team_id": "T0OTHER"}).encode()
        assert await here.post(body, here.slack.requests.signed(body)) == 200
        assert here.listener.texts == []


def forged(slack: SlackSandbox, body: bytes, how: str) -> list[tuple[str, str]]:
    """The headers of a request that is Slack's but for one thing."""
    stamp = int(now().timestamp())
    good = slack.requests.signed(body, stamp)
    values = {name: good[name] for name in ("X-Slack-Request-Timestamp", "X-Slack-Signature")}
    match how:
        case "wrong secret":
            values["X-Slack-Signature"] = sign("another", str(stamp), body)
        case "changed body":
            values["X-Slack-Signature"] = sign("sandbox-signing-secret", str(stamp), body + b" ")
        case "too old" | "from the future":
            moment = stamp + (-302 if how == "too old" else 302)
            values = dict(slack.requests.signed(body, moment))
        case "another version":
            values["X-Slack-Signature"] = values["X-Slack-Signature"].replace("v0=", "v1=")
        case "no timestamp" | "no signature":
            missing = "Timestamp" if how == "no timestamp" else "Signature"
            return [(k, v) for k, v in values.items() if missing not in k]
        case _:
            name = how.removeprefix("twice ")
            return [*values.items(), (name, values[name])]
    return list(values.items())


@pytest.mark.parametrize(
    "how",
    [
        "wrong secret",
        "changed body",
        "too old",
        "from the future",
        "another version",
        "no timestamp",
        "no signature",
        "twice X-Slack-Signature",
        "twice X-Slack-Request-Timestamp",
    ],
)
async def test_a_request_that_is_almost_slacks_is_refused_and_nothing_is_taken(how: str) -> None:
    """A01: secret, body, age, version and headers all have to be right."""
    async with gate() as here:
        body = json.dumps(event_of(here.slack, "x")).encode()
        headers = CIMultiDict(forged(here.slack, body, how))
        async with (
            aiohttp.ClientSession() as session,
            session.post(here.url, data=body, headers=headers) as response,
        ):
            assert response.status == 401
        assert here.listener.texts == []


@pytest.mark.parametrize(
    "odd",
    [{"authorizations": "x"}, {"authorizations": [7]}, {"team": 7}, {"event": 7}],
)
async def test_a_signed_event_of_an_odd_shape_is_refused_with_one_line(
    odd: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A02: neither a 500 nor a traceback."""
    async with gate() as here:
        body = json.dumps({**event_of(here.slack, "x"), **odd}).encode()
        assert await here.post(body, here.slack.requests.signed(body)) in (200, 400)
        assert len([r for r in caplog.records if r.levelname != "DEBUG"]) <= 1
        assert not any(record.exc_info for record in caplog.records)
