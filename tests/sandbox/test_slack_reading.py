"""Reading: history, threads, lists and profiles, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack_apps import client_of, refusal, slack_sandbox


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with slack_sandbox() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackSandbox) -> AsyncWebClient:
    return client_of(slack)


async def test_history_is_newest_first_without_replies(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    root = await slack.say(desk, ann, "root")
    await slack.say(desk, ann, "reply", thread_ts=root)
    latest = await slack.say(desk, ann, "shown to all", thread_ts=root, broadcast=True)
    messages = (await client.conversations_history(channel=desk))["messages"]
    assert [m["text"] for m in messages] == ["shown to all", "root"]
    assert messages[0]["subtype"] == "thread_broadcast"
    summary = {k: messages[1][k] for k in ("thread_ts", "reply_count", "latest_reply")}
    assert summary == {"thread_ts": root, "reply_count": 2, "latest_reply": latest}


async def test_pages_of_history_hold_while_newer_messages_arrive(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    for number in range(5):
        await slack.say(desk, ann, str(number))
    first = await client.conversations_history(channel=desk, limit=2)
    assert ([m["text"] for m in first["messages"]], first["has_more"]) == (["4", "3"], True)
    await slack.say(desk, ann, "new")
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel=desk, limit=3, cursor=cursor)
    assert ([m["text"] for m in second["messages"]], second["has_more"]) == (
        ["2", "1", "0"],
        False,
    )
    answer = await refusal(client.conversations_history(channel=desk, cursor="rubbish"))
    assert answer["error"] == "invalid_cursor"


async def test_bounds_are_exclusive_unless_inclusive_is_asked_for(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    a, _, c = [await slack.say(desk, ann, text) for text in "abc"]

    async def read(*, inclusive: bool) -> list[str]:
        answer = await client.conversations_history(
            channel=desk, oldest=a, latest=c, inclusive=inclusive
        )
        return [m["text"] for m in answer["messages"]]

    assert await read(inclusive=False) == ["b"]
    assert await read(inclusive=True) == ["c", "b", "a"]
    answer = await refusal(client.conversations_history(channel=desk, oldest="now"))
    assert answer["error"] == "invalid_ts_oldest"


async def test_the_root_heads_every_page_of_a_thread(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    root = await slack.say(desk, ann, "root")
    stamps = [await slack.say(desk, ann, text, thread_ts=root) for text in "abc"]
    page = await client.conversations_replies(channel=desk, ts=root, limit=2)
    assert [m["text"] for m in page["messages"]] == ["root", "a", "b"]
    cursor = page["response_metadata"]["next_cursor"]
    page = await client.conversations_replies(channel=desk, ts=root, limit=2, cursor=cursor)
    assert [m["text"] for m in page["messages"]] == ["root", "c"]
    page = await client.conversations_replies(channel=desk, ts=root, oldest=stamps[1])
    assert [m["text"] for m in page["messages"]] == ["root", "c"]
    page = await client.conversations_replies(channel=desk, ts=stamps[0])
    assert [(m["text"], m["thread_ts"]) for m in page["messages"]] == [("a", root)]
    answer = await refusal(client.conversations_replies(channel=desk, ts="1700000000.000001"))
    assert answer["error"] == "thread_not_found"


async def test_metadata_is_shown_only_when_asked_for(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    desk = slack.add_channel("support")
    metadata = {"event_type": "row", "event_payload": {"id": "7"}}
    root = (await client.chat_postMessage(channel=desk, text="x", metadata=metadata))["ts"]
    await client.chat_postMessage(channel=desk, text="y", metadata=metadata, thread_ts=root)
    bare = await client.conversations_replies(channel=desk, ts=root)
    assert all("metadata" not in m for m in bare["messages"])
    full = await client.conversations_replies(channel=desk, ts=root, include_all_metadata=True)
    assert [m["metadata"] for m in full["messages"]] == [metadata, metadata]
    full = await client.conversations_history(channel=desk, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata


async def test_history_needs_membership_and_the_scope_of_its_kind(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    outside = slack.add_channel("outside", bot_is_member=False)
    answer = await refusal(client.conversations_history(channel=outside))
    assert answer["error"] == "not_in_channel"
    private = slack.add_channel("private", private=True)
    slack.identity.scopes -= {"groups:history"}
    answer = await refusal(client.conversations_history(channel=private))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "groups:history")


async def test_a_reading_method_overlooks_a_json_body(client: AsyncWebClient) -> None:
    answer = await refusal(client.api_call("conversations.info", json={"channel": "C1"}))
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]


async def test_channels_are_listed_by_type_and_page(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    names = {slack.add_channel(name): name for name in ("a", "b", "c")}
    slack.add_channel("hidden", private=True, bot_is_member=False)
    private = slack.add_channel("private", private=True)
    seen: list[str] = []
    async for page in await client.conversations_list(limit=2):
        seen += [channel["id"] for channel in page["channels"]]
    assert sorted(seen) == sorted(names)
    answer = await client.conversations_list(types="private_channel")
    assert [channel["id"] for channel in answer["channels"]] == [private]
    assert (await refusal(client.conversations_list(types="secret")))["error"] == "invalid_types"


async def test_a_channel_shows_its_members_and_what_it_is(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    await slack.join(desk, ann)
    info = await client.conversations_info(channel=desk, include_num_members=True)
    assert (info["channel"]["name"], info["channel"]["num_members"]) == ("support", 2)
    members = await client.conversations_members(channel=desk)
    assert set(members["members"]) == {ann, slack.bot_user_id}


async def test_the_app_joins_public_channels_with_the_scope_for_it(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    outside = slack.add_channel("outside", bot_is_member=False)
    assert (await refusal(client.conversations_join(channel=outside)))["error"] == "missing_scope"
    slack.identity.scopes |= {"channels:join"}
    answer = await client.conversations_join(channel=outside)
    assert answer["channel"]["is_member"] is True


async def test_a_direct_conversation_is_opened_once(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    ann = slack.add_user("ann")
    opened = (await client.conversations_open(users=[ann]))["channel"]["id"]
    assert opened == slack.open_dm(ann)
    assert opened.startswith("D")
    described = await client.conversations_info(channel=opened)
    assert (described["channel"]["is_im"], described["channel"]["user"]) == (True, ann)
    assert (await refusal(client.conversations_open(users="U0")))["error"] == "user_not_found"


async def test_a_profile_has_names_and_a_face_that_loads(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    ann = slack.add_user("ann", real_name="Ann Lee", display_name="Ann", guest=True)
    user = (await client.users_info(user=ann))["user"]
    assert (user["profile"]["real_name"], user["profile"]["display_name"]) == ("Ann Lee", "Ann")
    assert user["is_restricted"] is True
    async with (
        aiohttp.ClientSession() as session,
        session.get(user["profile"]["image_48"]) as face,
    ):
        assert face.content_type == "image/png"
        assert (await face.read()).startswith(b"\x89PNG")
    assert (await refusal(client.users_info(user="U0")))["error"] == "user_not_found"


async def test_users_are_listed_in_pages_with_the_app_itself(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    people = {slack.add_user(f"user{n}") for n in range(5)} | {slack.bot_user_id}
    seen: list[str] = []
    async for page in await client.users_list(limit=2):
        seen += [user["id"] for user in page["members"]]
    assert sorted(seen) == sorted(people)
