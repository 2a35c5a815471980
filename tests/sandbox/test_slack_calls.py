"""Calls: tokens, scopes, arguments and rate limits, whatever the method."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import ALL_BRIDGE_SCOPES, Limits, Rate, SlackSandbox
from tests.sandbox.slack_apps import client_of, refusal, slack_sandbox


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


async def test_unknown_missing_and_mistyped_arguments_are_named(
    client: AsyncWebClient, desk: str
) -> None:
    answer = await refusal(
        client.api_call("chat.postMessage", json={"text": 5, "thead_ts": "1", "mrkdwn": "maybe"})
    )
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] unknown field: thead_ts",
        "[ERROR] missing required field: channel",
        "[ERROR] must provide a value of type: string [json-pointer:/text]",
        "[ERROR] must provide a value of type: boolean [json-pointer:/mrkdwn]",
    ]


async def test_tokens_are_told_apart(slack: SlackSandbox, client: AsyncWebClient) -> None:
    assert (await client.auth_test())["bot_id"] == slack.bot_id
    assert (await client.api_test())["ok"]

    async def with_token(token: str) -> str:
        return str((await refusal(client_of(slack, token=token).auth_test()))["error"])

    assert await with_token("xoxb-other") == "invalid_auth"
    assert await with_token("xapp-sandbox") == "not_allowed_token_type"
    answer = await refusal(client.apps_connections_open(app_token="xoxb-sandbox"))
    assert answer["error"] == "not_allowed_token_type"
    slack.identity.token_error = "token_revoked"
    assert (await refusal(client.auth_test()))["error"] == "token_revoked"


async def test_unknown_methods_missing_scopes_and_get_are_refused(desk: str) -> None:
    async with slack_sandbox(scopes=ALL_BRIDGE_SCOPES - {"users:read"}) as slack:
        client = client_of(slack)
        assert (await refusal(client.api_call("chat.shout")))["error"] == "unknown_method"
        answer = await refusal(client.users_list())
        assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
        call = client.api_call("chat.postMessage", http_verb="GET", params={"text": "x"})
        assert (await refusal(call))["error"] == "insecure_request"


async def test_bodies_that_are_no_calls_are_refused(slack: SlackSandbox) -> None:
    headers = {"Authorization": "Bearer xoxb-sandbox"}

    async def post(body: bytes, kind: str) -> str:
        url = f"{slack.api_url}chat.postMessage"
        async with (
            aiohttp.ClientSession(headers={**headers, "Content-Type": kind}) as session,
            session.post(url, data=body) as response,
        ):
            return str((await response.json())["error"])

    assert await post(b"{", "application/json") == "invalid_json"
    assert await post(b"[]", "application/json") == "json_not_object"
    assert await post(b"\xff\xfe", "application/json") == "invalid_json"
    assert await post(b"<a/>", "text/xml") == "invalid_post_type"
    assert await post(b"text=%ff", "application/x-www-form-urlencoded") == "invalid_form_data"


async def test_posts_to_one_channel_are_paced_by_a_real_429() -> None:
    now = [1000.0]
    limits = Limits(posts_per_channel=Rate(1, 1.0, burst=2))
    async with slack_sandbox(limits=limits, clock=lambda: now[0]) as slack:
        client = client_of(slack)
        one, other = slack.add_channel("one"), slack.add_channel("other")
        for _ in range(2):
            await client.chat_postMessage(channel=one, text="x")
        with pytest.raises(Exception, match="ratelimited") as refused:
            await client.chat_postMessage(channel=one, text="x")
        response = refused.value.response  # type: ignore[attr-defined]
        assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
        await client.chat_postMessage(channel=other, text="x")
        now[0] += 1.0
        await client.chat_postMessage(channel=one, text="x")
    assert len(slack.journal) == 4
    assert slack.over_limit == {"chat.postMessage": 1}


async def test_a_tier_allows_its_calls_a_minute() -> None:
    now = [1000.0]
    limits = Limits(methods={"conversations.history": Rate(1, 60.0, burst=1)})
    async with slack_sandbox(limits=limits, clock=lambda: now[0]) as slack:
        client, channel = client_of(slack), slack.add_channel("one")
        await client.conversations_history(channel=channel)
        with pytest.raises(Exception, match="ratelimited") as refused:
            await client.conversations_history(channel=channel)
        assert refused.value.response.headers["Retry-After"] == "60"  # type: ignore[attr-defined]
        for _ in range(20):
            await client.users_list()
        assert (await refusal(client.users_list()))["error"] == "ratelimited"
