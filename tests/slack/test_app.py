"""The app of a workspace, through the real bolt and SDK against the stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.slack.app import SlackApp
from connectors.slack.overtaken import Overtaken
from core.errors import BadCredentials, NotReady, StoreUnavailable
from sandbox.faults import Effect, Fault
from sandbox.slack import SlackSandbox, State
from tests.slack.house import app_of, until, workspace


class Listener:
    """Notes the texts of what it is given. `failures` are raised first, one each time."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.types: list[str] = []
        self.failures: list[Exception] = []
        self.connections = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def take(self, body: Mapping[str, Any]) -> bool:
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.types.append(str(body["type"]))
        self.texts.append(str(body.get("event", {}).get("text", "")))
        return True

    async def connected(self) -> None:
        self.connections += 1


@asynccontextmanager
async def listening(
    slack: SlackSandbox, **changes: Any
) -> AsyncIterator[tuple[SlackApp, Listener]]:
    app, listener = app_of(slack, **changes), Listener()
    await app.attach(listener.take, listener.connected)
    try:
        yield app, listener
    finally:
        await app.detach(listener.take)


async def test_an_event_reaches_the_handler_before_it_is_acknowledged() -> None:
    async with workspace() as slack, listening(slack) as (app, listener):
        assert app.status.ok
        ann, channel = slack.add_user("ann"), slack.add_channel("support")
        listener.gate.clear()
        await slack.say(channel, ann, "hello")
        await asyncio.sleep(0)
        assert [d.state for d in slack.courier.sent] == [State.PENDING]
        listener.gate.set()
        await slack.settled()
        assert listener.texts == ["hello"]
        assert [d.state for d in slack.courier.sent] == [State.ACKNOWLEDGED]


async def test_an_event_that_could_not_be_stored_is_sent_again() -> None:
    async with workspace() as slack, listening(slack) as (_, listener):
        slack.courier.retries = type(slack.courier.retries)(ack_within=0.3, delays=(0.0, 0.0))
        listener.failures.append(StoreUnavailable("the disk is full"))
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "hello")
        await slack.settled()
        assert listener.texts == ["hello"]
        assert [d.failures for d in slack.courier.sent] == [["timeout"]]


async def test_events_of_a_thread_are_taken_in_the_order_in_which_they_happened() -> None:
    """D06: also when they arrive backwards."""
    async with workspace() as slack, listening(slack) as (_, listener):
        channel, ann = slack.add_channel("support"), slack.add_user("ann")
        slack.courier.hold()
        root = await slack.say(channel, ann, "0")
        for number in range(1, 20):
            await slack.say(channel, ann, str(number), thread_ts=root)
        slack.courier.release(lambda held: held[::-1])
        await slack.settled()
        assert listener.texts == [str(number) for number in range(20)]


@pytest.mark.parametrize("deleted", [False, True], ids=["corrected", "deleted"])
async def test_a_message_that_comes_after_its_change_is_taken_as_it_is_by_now(
    deleted: bool,
) -> None:
    """D06: it was not acknowledged, and Slack sends again what it was at first."""
    async with workspace() as slack, listening(slack) as (_, listener):
        slack.courier.retries = type(slack.courier.retries)(ack_within=0.3, delays=(0.0, 0.0))
        channel, ann = slack.add_channel("support"), slack.add_user("ann")
        listener.failures.append(StoreUnavailable("the disk is full"))
        wrong = await slack.say(channel, ann, "It costs 9")
        await until(lambda: not listener.failures)
        if deleted:
            await slack.delete(channel, wrong)
        else:
            await slack.edit(channel, wrong, "It costs 90")
        await slack.say(channel, ann, "hello")
        await slack.settled()
        assert {d.state for d in slack.courier.sent} == {State.ACKNOWLEDGED}
        said = [text for text in listener.texts if text]
        assert said == (["hello"] if deleted else ["hello", "It costs 90"])


async def test_a_message_that_comes_twice_says_what_it_said_when_it_was_taken() -> None:
    """D06, B18: a note that an edit has made public would else be sent by its repeat."""
    async with workspace() as slack, listening(slack) as (_, listener):
        channel, ann = slack.add_channel("support"), slack.add_user("ann")
        note = await slack.say(channel, ann, ";; she is angry")
        await slack.settled()
        payload = slack.courier.sent[0].payload
        await slack.edit(channel, note, "she is angry")
        await slack.settled()
        slack.courier.send_again(payload)
        await slack.settled()
        assert [text for text in listener.texts if text] == [";; she is angry"] * 2


async def test_events_of_another_team_or_app_are_acknowledged_and_ignored() -> None:
    """A06: over a socket."""
    async with workspace() as slack, listening(slack) as (_, listener):
        event = {"type": "message", "channel": "C1", "user": "U1", "ts": "1.1", "text": "x"}
        payload = slack.send_raw_event(event)
        slack.courier.send_again({**payload, "api_app_id": "A0OTHER"})
        foreign = {"team_id": "T0OTHER", "context_team_id": "T0OTHER", "authorizations": []}
        slack.courier.send_again({**payload, **foreign})
        await slack.settled()
        assert listener.texts == ["x"]
        assert {d.state for d in slack.courier.sent} == {State.ACKNOWLEDGED}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bot_token": SecretStr("xoxb-wrong")}, "slack.bot_token: Slack refuses it"),
        ({"bot_token": SecretStr("")}, "slack.bot_token: set it"),
        ({"app_token": SecretStr("xapp-wrong")}, "slack.app_token: Slack refuses it"),
        ({"app_token": SecretStr("")}, "slack.app_token: set it"),
        ({"receive": "http", "signing_secret": SecretStr("")}, "slack.signing_secret: set it"),
    ],
)
async def test_a_wrong_secret_is_named_with_its_cure(changes: dict[str, Any], words: str) -> None:
    async with workspace() as slack:
        app, listener = app_of(slack, **changes), Listener()
        with pytest.raises(BadCredentials) as caught:
            await app.attach(listener.take, listener.connected)
        assert words in str(caught.value)
        assert "wrong" not in str(caught.value)
        assert not app.status.ok


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(Effect.ANSWER, status=503, body="<html>down</html>"),
        Fault(Effect.ANSWER, status=429, body='{"ok":false,"error":"ratelimited"}'),
        Fault(Effect.ANSWER, status=200, body='{"ok":false,"error":"internal_error"}'),
        Fault(Effect.RESET),
    ],
)
async def test_a_slack_that_fails_at_the_start_is_tried_again_later(
    method: str, fault: Fault
) -> None:
    async with workspace() as slack:
        app, listener = app_of(slack), Listener()
        slack.faults.add(method, fault)
        with pytest.raises(NotReady):
            await app.attach(listener.take, listener.connected)
        await app.attach(listener.take, listener.connected)
        assert app.status.ok
        await app.detach(listener.take)
        assert not app.status.ok


async def test_a_slack_that_is_not_there_is_not_ready() -> None:
    async with workspace() as slack:
        api_url = slack.api_url
    app, listener = app_of(slack, api_url=api_url), Listener()
    with pytest.raises(NotReady):
        await app.attach(listener.take, listener.connected)


@pytest.mark.parametrize("how", ["cut", "refresh_requested", "warning", "stall"])
async def test_a_lost_socket_is_replaced_and_whoever_listens_catches_up(how: str) -> None:
    """D05: closed, refreshed, or silent without a pong; then the catch-up."""
    async with workspace() as slack, listening(slack) as (app, listener):
        await until(lambda: listener.connections == 1)
        slack.sockets.warning = 0.05
        match how:
            case "cut":
                slack.sockets.cut()
            case "stall":
                slack.sockets.stall()
            case _:
                await slack.disconnect(how)
        await until(lambda: listener.connections == 2, within=10)
        assert app.status.ok
        await slack.say(slack.add_channel("support"), slack.add_user("ann"), "still there?")
        await until(lambda: listener.texts == ["still there?"])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Effect.ANSWER, status=500),
        Fault(Effect.ANSWER, status=429, headers={"Retry-After": "1"}),
        Fault(Effect.ANSWER, status=200, body='{"ok":false,"error":"invalid_auth"}'),
        Fault(Effect.ANSWER, status=200, body='{"ok":true,"url":"ws://127.0.0.1:9/"}'),
        Fault(Effect.ANSWER, status=200, body='{"ok":true}'),
        Fault(Effect.RESET),
    ],
    ids=["500", "429", "refused", "nobody there", "no address", "reset"],
)
async def test_connecting_again_survives_errors_on_the_way(fault: Fault) -> None:
    """D05: whatever Slack answers instead of a new address."""
    async with workspace() as slack, listening(slack, timeout=0.5) as (app, listener):
        await until(lambda: listener.connections == 1)
        slack.faults.add("apps.connections.open", fault)
        await slack.disconnect()
        await until(lambda: not app.status.ok)
        await until(lambda: listener.connections == 2, within=10)
        assert app.status.ok


async def test_too_many_sockets_are_waited_for() -> None:
    """D05: too_many_websockets."""
    async with workspace() as slack, listening(slack) as (app, listener):
        await until(lambda: listener.connections == 1)
        slack.sockets.most = 0
        await slack.disconnect()
        await until(lambda: len(slack.journal.of("apps.connections.open")) >= 3)
        assert app.status.detail == "connecting to Slack again"
        slack.sockets.most = 10
        await until(lambda: listener.connections == 2, within=10)
        assert app.status.ok


async def test_one_connection_serves_all_who_are_attached_and_ends_with_the_last() -> None:
    async with workspace() as slack, listening(slack) as (app, _):
        other = Listener()
        await app.attach(other.take, other.connected)
        await until(lambda: other.connections == 1)
        assert len(slack.sockets.connections) == 1
        await app.detach(other.take)
        assert app.status.ok
    await until(lambda: not slack.sockets.connections)


async def test_over_http_what_slack_did_not_bring_is_looked_for_now_and_then() -> None:
    """D09, D24: nobody says that a request never came."""
    async with (
        workspace() as slack,
        listening(slack, receive="http", look_every=0.05) as (_, listener),
    ):
        await until(lambda: listener.connections >= 3)


async def test_while_the_socket_is_lost_what_was_missed_is_looked_for_all_the_same() -> None:
    """D05: the Web API may work where the socket does not; a good socket is trusted."""
    async with workspace() as slack, listening(slack, look_every=0.05) as (app, listener):
        await until(lambda: listener.connections == 1)
        slack.sockets.most = 0
        await slack.disconnect()
        await until(lambda: listener.connections >= 3)
        assert not app.status.ok


@pytest.mark.parametrize(
    "odd",
    [
        {"authorizations": "x"},
        {"authorizations": [7]},
        {"authorizations": {"a": 1}},
        {"team": 7},
        {"team": "T1", "enterprise": []},
        {"event": 7},
        {"user": "x"},
    ],
)
async def test_an_event_of_an_odd_shape_is_ended_with_one_line(
    odd: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A02: no traceback, and Slack has no reason to send it again."""
    async with workspace() as slack, listening(slack):
        event = {"type": "message", "channel": "C1", "user": "U1", "ts": "1.1", "text": "x"}
        payload = slack.courier.send_event(event)
        await slack.settled()
        slack.courier.send_again({**payload, **odd})
        await slack.settled()
        assert slack.courier.sent[-1].state is State.ACKNOWLEDGED
        assert slack.courier.sent[-1].failures == []
        said = [r for r in caplog.records if r.levelname != "DEBUG"]
        assert len(said) <= 1
        assert not any(record.exc_info for record in caplog.records)


async def test_of_two_changes_the_newer_one_counts_whichever_comes_first() -> None:
    """D06: both came before their message, and nothing comes after a deletion."""
    overtaken = Overtaken()

    def change(moment: int, text: str) -> dict[str, Any]:
        now = {"ts": "1.0", "text": text, "user": "U1"}
        before = {"ts": "1.0", "text": "first", "user": "U1"}
        change = {"subtype": "message_changed", "message": now, "previous_message": before}
        return {"event": {"type": "message", "channel": "C", "event_ts": f"{moment}.0", **change}}

    first = {"event": {"type": "message", "channel": "C", "ts": "1.0", "text": "first"}}
    for body in (change(3, "third"), change(2, "second")):
        overtaken.as_now(body)
    current = overtaken.as_now(first)
    assert current is not None
    assert current["event"]["text"] == "third"
    for number in range(2_000):
        ours = change(9, f"draft {number}")
        ours["event"]["previous_message"] |= {"ts": f"9.{number}", "bot_id": "B1"}
        overtaken.as_now(ours)
    gone = {"type": "message", "channel": "C", "subtype": "message_deleted", "event_ts": "4.0"}
    overtaken.as_now({"event": {**gone, "previous_message": {"ts": "1.0"}}})
    overtaken.as_now(change(5, "fifth"))
    assert overtaken.as_now(first) is None
