"""Posting: what the stand-in takes, what it refuses, and how it says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

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


@pytest.fixture
def desk(slack: SlackSandbox) -> str:
    return slack.add_channel("support")


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(**fields: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Go"}
    return {"type": "button", "text": label, "action_id": "go", **fields}


async def test_a_post_is_kept_journalled_and_answered_with_its_message(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    metadata = {"event_type": "row", "event_payload": {"id": "7"}}
    answer = await client.chat_postMessage(
        channel=desk, text="Hello", metadata=metadata, client_msg_id="abc", unfurl_links=False
    )
    (kept,) = slack.messages(desk)
    assert (kept.text, kept.user, kept.bot_id) == ("Hello", slack.bot_user_id, slack.bot_id)
    assert kept.metadata == metadata
    assert kept.flags["unfurl_media"] is True
    assert answer["message"]["client_msg_id"] == "abc"
    (call,) = slack.journal.of("chat.postMessage")
    assert call.arguments["metadata"] == metadata
    assert call.result["ts"] == answer["ts"] == kept.ts


async def test_timestamps_are_unique_and_increase_although_the_clock_stands(
    desk: str,
) -> None:
    async with slack_sandbox(clock=lambda: 1_764_000_000.0) as slack:
        client, channel = client_of(slack), slack.add_channel("support")
        stamps = [(await client.chat_postMessage(channel=channel, text="x"))["ts"] for _ in "abc"]
    assert stamps == sorted(set(stamps))
    assert stamps[0] == "1764000000.000000"


async def test_a_custom_name_makes_a_bot_message_and_needs_its_scope(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    answer = await client.chat_postMessage(
        channel=desk, text="Hi", username="Ann", icon_url="https://example.com/a.png"
    )
    assert answer["message"]["subtype"] == "bot_message"
    assert answer["message"]["username"] == "Ann"
    assert "user" not in answer["message"]
    slack.identity.scopes -= {"chat:write.customize"}
    refused = await refusal(client.chat_postMessage(channel=desk, text="Hi", username="Ann"))
    assert (refused["error"], refused["needed"]) == ("missing_scope", "chat:write.customize")


async def test_replies_hang_on_an_existing_root_only(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    root = (await client.chat_postMessage(channel=desk, text="Case"))["ts"]
    reply = await client.chat_postMessage(channel=desk, text="Line", thread_ts=root)
    assert [m.text for m in slack.thread(desk, root)] == ["Line"]

    async def post_to(thread_ts: str) -> str:
        answer = await refusal(
            client.chat_postMessage(channel=desk, text="x", thread_ts=thread_ts)
        )
        return str(answer["error"])

    assert await post_to("1700000000.000001") == "thread_not_found"
    assert await post_to(reply["ts"]) == "thread_not_found"
    assert await post_to("yesterday") == "invalid_thread_ts"


async def test_a_channel_must_exist_be_open_and_have_the_app_in_it(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    async def post_to(channel: str) -> str:
        return str((await refusal(client.chat_postMessage(channel=channel, text="x")))["error"])

    assert await post_to("C0NOTHERE") == "channel_not_found"
    assert await post_to(slack.add_channel("open", bot_is_member=False)) == "not_in_channel"
    secret = slack.add_channel("secret", private=True, bot_is_member=False)
    assert await post_to(secret) == "channel_not_found"
    slack.archive(desk)
    assert await post_to(desk) == "is_archived"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": "  "}, "no_text"),
        ({"text": "", "blocks": [section("only blocks")]}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"text": "x", "metadata": {"event_type": "row"}}, "invalid_metadata_format"),
        (
            {"text": "x", "metadata": {"event_type": "", "event_payload": {}}},
            "invalid_metadata_format",
        ),
        ({"text": "x", "blocks": [section("y" * 3001)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("")]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("y")] * 51}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("y" * 2700)] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "blocks": [{"type": "sextion"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "divider", "text": "no"}]}, "invalid_blocks"),
        (
            {"text": "x", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "h"}}]},
            "invalid_blocks",
        ),
        (
            {
                "text": "x",
                "blocks": [{"type": "context", "elements": [section("y")["text"]] * 11}],
            },
            "invalid_blocks",
        ),
        (
            {"text": "x", "blocks": [{"type": "actions", "elements": [button(value="v" * 2001)]}]},
            "invalid_blocks",
        ),
        (
            {"text": "x", "blocks": [{"type": "actions", "elements": [button(), button()]}]},
            "invalid_blocks",
        ),
        ({"text": "\ud800"}, "invalid_arguments"),
    ],
)
async def test_contents_that_slack_cuts_forgives_or_refuses_are_refused(
    slack: SlackSandbox,
    client: AsyncWebClient,
    desk: str,
    arguments: dict[str, Any],
    error: str,
) -> None:
    call = client.api_call("chat.postMessage", json={"channel": desk, **arguments})
    assert (await refusal(call))["error"] == error
    assert len(slack.journal) == 0
    assert slack.messages(desk) == []


async def test_a_block_fault_is_pointed_at(client: AsyncWebClient, desk: str) -> None:
    blocks = [section("fine"), section("y" * 3001)]
    answer = await refusal(client.chat_postMessage(channel=desk, text="x", blocks=blocks))
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    ]


async def test_good_blocks_are_kept_and_get_ids(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    blocks = [section("hi"), {"type": "actions", "elements": [button(value="7", style="primary")]}]
    await client.chat_postMessage(channel=desk, text="hi", blocks=blocks)
    (kept,) = slack.messages(desk)
    assert all(block["block_id"] for block in kept.blocks)
    assert kept.blocks[1]["elements"] == blocks[1]["elements"]


async def test_only_own_messages_can_be_changed_and_deleted(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    theirs = await slack.say(desk, slack.add_user("ann"), "mine")
    answer = await refusal(client.chat_update(channel=desk, ts=theirs, text="x"))
    assert answer["error"] == "cant_update_message"
    answer = await refusal(client.chat_delete(channel=desk, ts=theirs))
    assert answer["error"] == "cant_delete_message"
    answer = await refusal(client.chat_update(channel=desk, ts="1.000001", text="x"))
    assert answer["error"] == "message_not_found"


async def test_an_update_with_text_alone_takes_the_blocks_away_and_keeps_the_metadata(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    metadata = {"event_type": "row", "event_payload": {}}
    posted = await client.chat_postMessage(
        channel=desk, text="a", blocks=[section("a")], metadata=metadata
    )
    await client.chat_update(channel=desk, ts=posted["ts"], text="b")
    kept = slack.message(desk, posted["ts"])
    assert (kept.text, kept.blocks, kept.metadata) == ("b", [], metadata)
    assert kept.edited is not None
    slack.workspace.edit_window = -1.0
    answer = await refusal(client.chat_update(channel=desk, ts=posted["ts"], text="c"))
    assert answer["error"] == "edit_window_closed"


async def test_a_deleted_root_leaves_a_tombstone_while_it_has_replies(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    root = (await client.chat_postMessage(channel=desk, text="Case"))["ts"]
    reply = (await client.chat_postMessage(channel=desk, text="Line", thread_ts=root))["ts"]
    await client.chat_delete(channel=desk, ts=root)
    assert slack.message(desk, root).subtype == "tombstone"
    await client.chat_delete(channel=desk, ts=reply)
    assert slack.thread(desk, root) == []


async def test_reactions_are_added_once_and_removed_once(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    ts = await slack.say(desk, slack.add_user("ann"), "hi")
    where = {"channel": desk, "timestamp": ts}
    await client.reactions_add(**where, name="white_check_mark")
    answer = await refusal(client.reactions_add(**where, name="white_check_mark"))
    assert answer["error"] == "already_reacted"
    assert slack.message(desk, ts).reactions == {"white_check_mark": [slack.bot_user_id]}
    await client.reactions_remove(**where, name="white_check_mark")
    answer = await refusal(client.reactions_remove(**where, name="white_check_mark"))
    assert answer["error"] == "no_reaction"
    assert (await refusal(client.reactions_add(**where, name=":x:")))["error"] == "invalid_name"


async def test_an_ephemeral_message_needs_a_member_and_stays_out_of_the_channel(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    ann = slack.add_user("ann")
    call = client.chat_postEphemeral(channel=desk, user=ann, text="psst")
    assert (await refusal(call))["error"] == "user_not_in_channel"
    await slack.join(desk, ann)
    await client.chat_postEphemeral(channel=desk, user=ann, text="psst")
    assert [m.text for m in slack.workspace.channels[desk].ephemeral] == ["psst"]
    assert "psst" not in [m.text for m in slack.messages(desk)]


async def test_a_permalink_of_a_reply_names_its_thread(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    ann = slack.add_user("ann")
    root = await slack.say(desk, ann, "root")
    reply = await slack.say(desk, ann, "reply", thread_ts=root)
    link = (await client.chat_getPermalink(channel=desk, message_ts=reply))["permalink"]
    expected = f"/archives/{desk}/p{reply.replace('.', '')}?thread_ts={root}&cid={desk}"
    assert link.endswith(expected)


async def test_a_status_shows_until_the_app_writes_in_the_thread(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    root = await slack.say(desk, slack.add_user("ann"), "hello?")
    await client.assistant_threads_setStatus(channel_id=desk, thread_ts=root, status="is typing…")
    assert slack.workspace.statuses == {(desk, root): "is typing…"}
    await client.chat_postMessage(channel=desk, text="Here", thread_ts=root)
    assert slack.workspace.statuses == {}


async def test_a_status_breaks_no_rule(
    slack: SlackSandbox, client: AsyncWebClient, desk: str
) -> None:
    root = await slack.say(desk, slack.add_user("ann"), "hello?")

    async def refused(**changed: Any) -> str:
        given = {"channel_id": desk, "thread_ts": root, "status": "is typing…", **changed}
        call = client.api_call("assistant.threads.setStatus", json=given)
        return str((await refusal(call))["error"])

    assert await refused(thread_ts="1.000001") == "thread_not_found"
    assert await refused(channel_id="C0NOWHERE") == "channel_not_found"
    assert await refused(status=["is typing…"]) == "invalid_arguments"
    assert await refused(loading_messages=["…"] * 11) == "invalid_arguments"
    assert await refused(mood="good") == "invalid_arguments"
    slack.identity.scopes -= {"chat:write", "assistant:write"}
    assert await refused() == "missing_scope"
    assert slack.workspace.statuses == {}
