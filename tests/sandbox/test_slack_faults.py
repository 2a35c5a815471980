"""Faults: what a call meets when Slack or the line to it fails, and what has happened then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.faults import Effect, Fault
from sandbox.slack import SlackSandbox
from tests.sandbox.slack_apps import client_of, refusal, slack_sandbox, until

POST = "chat.postMessage"


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with slack_sandbox() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackSandbox) -> AsyncWebClient:
    return client_of(slack)


@pytest.fixture
def desk(slack: SlackSandbox) -> str:
    return slack.add_channel("support")


async def test_an_ordered_answer_is_given_instead_of_accepting(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    limited = Fault(
        Effect.ANSWER, 429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "abc"}
    )
    slack.faults.add(POST, limited, times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=desk, text="x")
        assert refused.value.response.headers["Retry-After"] == "abc"
    await client.chat_postMessage(channel=desk, text="x")
    assert len(slack.journal.of(POST)) == len(slack.messages(desk)) == 1


async def test_a_reset_before_acceptance_leaves_nothing(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    slack.faults.add(POST, Fault(Effect.RESET))
    with pytest.raises(aiohttp.ClientOSError):
        await client.chat_postMessage(channel=desk, text="x")
    assert slack.messages(desk) == []


async def test_a_post_is_kept_although_the_connection_is_reset_after_it(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    slack.faults.add(POST, Fault(Effect.ACCEPT_THEN_RESET))
    with pytest.raises(aiohttp.ClientOSError):
        await client.chat_postMessage(channel=desk, text="x")
    assert [m.text for m in slack.messages(desk)] == ["x"]
    assert len(slack.journal.of(POST)) == 1


async def test_a_post_is_kept_although_it_is_answered_with_an_error(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    body = '{"ok": false, "error": "internal_error"}'
    slack.faults.add(POST, Fault(Effect.ACCEPT_THEN_ANSWER, 200, body))
    answer = await refusal(client.chat_postMessage(channel=desk, text="x"))
    assert answer["error"] == "internal_error"
    assert len(slack.messages(desk)) == 1


@pytest.mark.parametrize(("effect", "kept"), [(Effect.HANG, 0), (Effect.ACCEPT_THEN_HANG, 1)])
async def test_a_call_that_hangs_is_accepted_or_not(
    slack: SlackSandbox, client: AsyncWebClient, desk: str, effect: Effect, kept: int
) -> None:
    slack.faults.add(POST, Fault(effect))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.chat_postMessage(channel=desk, text="x")
    assert len(slack.messages(desk)) == kept


async def test_a_delayed_post_lands_although_its_caller_has_gone(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    slack.faults.add(POST, Fault(Effect.DELAY, seconds=0.1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.chat_postMessage(channel=desk, text="late")
    assert slack.messages(desk) == []
    await until(lambda: slack.messages(desk))
    assert [call.arguments["text"] for call in slack.journal.of(POST)] == ["late"]


async def test_an_answer_can_break_off_in_the_middle(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    slack.faults.add(POST, Fault(Effect.CUT))
    with pytest.raises((aiohttp.ClientError, SlackApiError)):
        await client.chat_postMessage(channel=desk, text="x")
    assert len(slack.messages(desk)) == 1


async def test_downloads_can_fail_too(slack: SlackSandbox, desk: str) -> None:
    ts = await slack.upload(desk, slack.add_user("ann"), "a.txt", b"abc")
    (file,) = slack.workspace.files_of(slack.message(desk, ts))
    slack.faults.add("files.download", Fault(Effect.ANSWER, 503, "later"))
    async with aiohttp.ClientSession() as session:
        async with session.get(file["url_private"]) as response:
            assert response.status == 503
        async with session.get(file["url_private"]) as response:
            assert response.status == 200


async def test_slack_can_be_down_and_come_back_with_everything_in_it(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    posted = await client.chat_postMessage(channel=desk, text="before")
    port = int(slack.base_url.rpartition(":")[2])
    slack.faults.add(POST, Fault(Effect.ACCEPT_THEN_HANG))
    hanging = asyncio.create_task(client.chat_postMessage(channel=desk, text="in flight"))
    await until(lambda: len(slack.messages(desk)) == 2)
    await slack.stop()
    with pytest.raises(aiohttp.ClientError):
        await hanging
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.chat_postMessage(channel=desk, text="during")
    await slack.start(port=port)
    await client.chat_update(channel=desk, ts=posted["ts"], text="after")
    assert [m.text for m in slack.messages(desk)] == ["after", "in flight"]
