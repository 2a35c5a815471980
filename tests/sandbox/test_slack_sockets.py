"""Socket Mode with the real client: acknowledgements, retries, and sockets that go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox.faults import Effect, Fault
from sandbox.slack import SlackSandbox, State
from tests.sandbox.slack_apps import RecordingApp, client_of, refusal, slack_sandbox, until


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with slack_sandbox() as slack:
        yield slack


async def socket_of(
    slack: SlackSandbox, session: aiohttp.ClientSession
) -> aiohttp.ClientWebSocketResponse:
    opened = await client_of(slack).apps_connections_open(app_token="xapp-sandbox")
    return await session.ws_connect(opened["url"])


async def test_an_acknowledged_event_comes_once(slack: SlackSandbox) -> None:
    app = RecordingApp(slack)
    async with app.on_socket():
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "hi")
        await slack.settled()
    (delivery,) = slack.courier.sent
    assert (delivery.state, delivery.attempts) == (State.ACKNOWLEDGED, 1)
    assert app.texts == ["hi"]


async def test_an_event_that_is_not_acknowledged_comes_again_and_is_lost_in_the_end(
    slack: SlackSandbox,
) -> None:
    async with aiohttp.ClientSession() as session:
        ws = await socket_of(slack, session)
        hello = await ws.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"] == {"app_id": slack.app_id}
        slack.courier.retries = slack.courier.retries.__class__(0.02, (0.0, 0.01, 0.01))
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "hi")
        envelopes = [await ws.receive_json() for _ in range(4)]
        await slack.settled()
        await ws.close()
    assert [e["retry_attempt"] for e in envelopes] == [0, 1, 2, 3]
    assert [e["retry_reason"] for e in envelopes] == ["", "timeout", "timeout", "timeout"]
    assert len({e["envelope_id"] for e in envelopes}) == 4
    assert len({e["payload"]["event_id"] for e in envelopes}) == 1
    assert envelopes[0]["type"] == "events_api"
    assert envelopes[0]["accepts_response_payload"] is False
    assert slack.courier.sent[0].state is State.LOST


async def test_an_app_that_fails_gets_the_event_again(slack: SlackSandbox) -> None:
    app = RecordingApp(slack)
    app.status = 500
    async with app.on_socket():
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "hi")
        await until(lambda: app.texts == ["hi"])
        app.status = 200
        await slack.settled()
    assert app.texts == ["hi", "hi"]
    assert slack.courier.sent[0].failures == ["timeout"]


async def test_events_wait_for_a_connection_for_a_few_retries_only(slack: SlackSandbox) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    await slack.say(desk, ann, "nobody there")
    await slack.settled()
    slack.courier.retries = slack.courier.retries.__class__(1.0, (0.0, 0.5, 0.5))
    await slack.say(desk, ann, "just in time")
    app = RecordingApp(slack)
    async with app.on_socket():
        await slack.settled()
    assert app.texts == ["just in time"]
    assert slack.courier.sent[0].failures == ["no_connection"] * 4


async def test_events_are_shared_out_among_the_connections(slack: SlackSandbox) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    one, other = RecordingApp(slack), RecordingApp(slack)
    async with one.on_socket(), other.on_socket():
        for number in range(4):
            await slack.say(desk, ann, str(number))
        await slack.settled()
    assert (len(one.texts), len(other.texts)) == (2, 2)
    assert sorted(one.texts + other.texts) == ["0", "1", "2", "3"]


async def test_fewer_connections_may_be_allowed(slack: SlackSandbox) -> None:
    slack.sockets.most = 0
    async with aiohttp.ClientSession() as session:
        turned_away = await socket_of(slack, session)
        assert (await turned_away.receive_json())["reason"] == "too_many_websockets"


async def test_an_eleventh_connection_is_turned_away(slack: SlackSandbox) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await socket_of(slack, session) for _ in range(10)]
        await until(lambda: len(slack.sockets.connections) == 10)
        last = await socket_of(slack, session)
        goodbye = await last.receive_json()
        assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "too_many_websockets")
        assert (await last.receive()).type is aiohttp.WSMsgType.CLOSE
        assert len(slack.sockets.connections) == 10
        for ws in sockets:
            await ws.close()


async def test_an_address_is_good_for_one_connection_and_a_short_while() -> None:
    now = [1000.0]
    async with slack_sandbox(clock=lambda: now[0]) as slack, aiohttp.ClientSession() as session:
        client = client_of(slack)
        first = (await client.apps_connections_open(app_token="xapp-sandbox"))["url"]
        ws = await session.ws_connect(first)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(first)
        late = (await client.apps_connections_open(app_token="xapp-sandbox"))["url"]
        now[0] += 31
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(late)
        await ws.close()
        slack.identity.app_scopes = frozenset()
        answer = await refusal(client.apps_connections_open(app_token="xapp-sandbox"))
        assert answer["error"] == "missing_scope"


async def test_pings_are_answered_and_sent(slack: SlackSandbox) -> None:
    slack.sockets.ping_every = 0.02
    async with aiohttp.ClientSession() as session:
        opened = await client_of(slack).apps_connections_open(app_token="xapp-sandbox")
        ws = await session.ws_connect(opened["url"], autoping=False)
        await ws.receive_json()
        await ws.ping(b"sdk-ping-pong:1.5")
        seen: dict[aiohttp.WSMsgType, bytes] = {}
        while len(seen) < 2:
            message = await ws.receive(timeout=2)
            seen[message.type] = bytes(message.data)
        assert seen[aiohttp.WSMsgType.PONG] == b"sdk-ping-pong:1.5"
        assert seen[aiohttp.WSMsgType.PING].startswith(b"Ping from")
        await ws.close()


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "link_disabled"])
async def test_the_client_comes_back_after_a_disconnect(slack: SlackSandbox, reason: str) -> None:
    slack.sockets.warning = 0.1
    app = RecordingApp(slack)
    async with app.on_socket():
        (before,) = slack.sockets.connections
        await slack.disconnect(reason)
        await until(lambda: slack.sockets.connections and slack.sockets.connections[0] != before)
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "still there?")
        await slack.settled()
    assert app.texts == ["still there?"]


async def test_the_client_comes_back_after_a_cut(slack: SlackSandbox) -> None:
    app = RecordingApp(slack)
    async with app.on_socket():
        (before,) = slack.sockets.connections
        slack.sockets.cut()
        await until(lambda: slack.sockets.connections and slack.sockets.connections[0] != before)
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "back?")
        await slack.settled()
    assert app.texts == ["back?"]


async def test_a_stalled_socket_stays_open_and_gives_no_sign_of_life(slack: SlackSandbox) -> None:
    async with aiohttp.ClientSession() as session:
        opened = await client_of(slack).apps_connections_open(app_token="xapp-sandbox")
        ws = await session.ws_connect(opened["url"], autoping=False)
        await ws.receive_json()
        slack.sockets.stall()
        await ws.ping(b"anyone?")
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "swallowed")
        with pytest.raises(TimeoutError):
            await ws.receive(timeout=0.2)
        assert len(slack.sockets.connections) == 1
        await ws.close()


async def test_a_connection_can_be_refused_for_a_while(slack: SlackSandbox) -> None:
    slack.faults.add("apps.connections.open", Fault(Effect.ANSWER, status=500, body="oops"))
    with pytest.raises(SlackApiError) as refused:
        await client_of(slack).apps_connections_open(app_token="xapp-sandbox")
    assert refused.value.response.status_code == 500
    assert (await client_of(slack).apps_connections_open(app_token="xapp-sandbox"))["ok"]


async def test_late_and_unknown_acknowledgements_change_nothing(slack: SlackSandbox) -> None:
    async with aiohttp.ClientSession() as session:
        ws = await socket_of(slack, session)
        await ws.receive_json()
        await ws.send_str(json.dumps({"envelope_id": "never-sent"}))
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "hi")
        envelope = await ws.receive_json()
        for _ in range(2):
            await ws.send_str(json.dumps({"envelope_id": envelope["envelope_id"]}))
        await slack.settled()
        assert slack.courier.sent[0].state is State.ACKNOWLEDGED
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ws.receive()
        await ws.close()
