"""Events: the payloads that a bolt app gets for what people and the app do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.slack import SlackSandbox
from tests.sandbox.slack_apps import RecordingApp, client_of, refusal, slack_sandbox, until


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with slack_sandbox(commands=["/desk"]) as slack:
        yield slack


@pytest.fixture
async def app(slack: SlackSandbox) -> AsyncIterator[RecordingApp]:
    app = RecordingApp(slack)
    async with app.on_socket():
        yield app


def kinds(app: RecordingApp) -> list[tuple[str, str | None]]:
    return [(event["type"], event.get("subtype")) for event in app.events]


async def test_a_reply_arrives_in_slacks_own_wrapping(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    root = await slack.say(desk, ann, "root")
    ts = await slack.say(desk, ann, "reply", thread_ts=root)
    await slack.settled()
    body = next(b for b in app.bodies if b["event"]["ts"] == ts)
    assert (body["type"], body["team_id"]) == ("event_callback", slack.team_id)
    assert body["api_app_id"] == slack.app_id
    assert body["authorizations"][0]["user_id"] == slack.bot_user_id
    event = {k: v for k, v in body["event"].items() if k != "client_msg_id"}
    assert event == {
        "type": "message",
        "user": ann,
        "team": slack.team_id,
        "text": "reply",
        "ts": ts,
        "thread_ts": root,
        "parent_user_id": ann,
        "channel": desk,
        "event_ts": ts,
        "channel_type": "channel",
    }


async def test_a_mention_comes_twice_with_two_event_ids(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    ts = await slack.say(desk, ann, f"<@{slack.bot_user_id}> help")
    await slack.settled()
    assert sorted(e["type"] for e in app.events) == ["app_mention", "message"]
    assert {e["ts"] for e in app.events} == {ts}
    assert len({body["event_id"] for body in app.bodies}) == 2


async def test_the_apps_own_posts_come_back(slack: SlackSandbox, app: RecordingApp) -> None:
    desk, client = slack.add_channel("support"), client_of(slack)
    await client.chat_postMessage(channel=desk, text="plain")
    await client.chat_postMessage(channel=desk, text="named", username="Ann")
    await slack.settled()
    events = {event["ts"]: event for event in app.events}  # a slow answer makes Slack repeat one
    plain, named = (events[ts] for ts in sorted(events))
    assert (plain["bot_id"], plain["user"]) == (slack.bot_id, slack.bot_user_id)
    assert (named["bot_id"], named["subtype"]) == (slack.bot_id, "bot_message")
    assert "user" not in named


async def test_direct_messages_and_private_channels_have_their_own_types(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    ann = slack.add_user("ann")
    await slack.say(slack.open_dm(ann), ann, "dm")
    await slack.say(slack.add_channel("p", private=True), ann, "private")
    await slack.settled()
    assert {e["text"]: e["channel_type"] for e in app.events} == {"dm": "im", "private": "group"}


async def test_edits_deletions_and_previews_are_changes(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    ts = await slack.say(desk, ann, "frist")
    for step in (slack.edit(desk, ts, "first"), slack.unfurl(desk, ts), slack.delete(desk, ts)):
        await slack.settled()
        await step
    await slack.settled()
    _, edit, preview, deletion = app.events
    assert (edit["subtype"], edit["hidden"]) == ("message_changed", True)
    assert edit["message"]["text"] == "first"
    assert edit["message"]["edited"]["user"] == ann
    assert edit["previous_message"]["text"] == "frist"
    assert preview["message"]["text"] == preview["previous_message"]["text"] == "first"
    assert preview["message"]["attachments"][0]["from_url"] == "https://example.com/"
    assert (deletion["subtype"], deletion["deleted_ts"]) == ("message_deleted", ts)


async def test_files_broadcasts_joins_reactions_and_other_apps_are_told_apart(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    root = await slack.say(desk, ann, "root")
    await slack.upload(desk, ann, "a.png", b"a", "image/png", thread_ts=root)
    await slack.say(desk, ann, "to all", thread_ts=root, broadcast=True)
    await slack.join(desk, slack.add_user("ben"))
    await slack.react(desk, root, ann, "eyes")
    await slack.other_app_says(desk, "beep", thread_ts=root)
    await slack.settled()
    assert sorted(kinds(app), key=str) == sorted(
        [
            ("message", None),
            ("message", "file_share"),
            ("message", "thread_broadcast"),
            ("message", "channel_join"),
            ("reaction_added", None),
            ("message", "bot_message"),
        ],
        key=str,
    )
    share = next(e for e in app.events if e.get("subtype") == "file_share")
    assert (share["user"], share["thread_ts"], share["upload"]) == (ann, root, True)
    assert share["files"][0]["mimetype"] == "image/png"
    broadcast = next(e for e in app.events if e.get("subtype") == "thread_broadcast")
    assert broadcast["root"]["ts"] == root
    reaction = next(e for e in app.events if e["type"] == "reaction_added")
    assert reaction["item"] == {"type": "message", "channel": desk, "ts": root}


async def test_nothing_is_heard_without_membership_subscription_or_scope(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    ann = slack.add_user("ann")
    await slack.say(slack.add_channel("outside", bot_is_member=False), ann, "unheard")
    slack.courier.subscriptions -= {"message.groups"}
    await slack.say(slack.add_channel("private", private=True), ann, "unheard")
    slack.identity.scopes -= {"im:history"}
    await slack.say(slack.open_dm(ann), ann, "unheard")
    await slack.say(slack.add_channel("support"), ann, "heard")
    await slack.settled()
    assert app.texts == ["heard"]


async def test_a_press_carries_what_the_button_had(slack: SlackSandbox, app: RecordingApp) -> None:
    desk, ann, client = slack.add_channel("support"), slack.add_user("ann"), client_of(slack)
    label = {"type": "plain_text", "text": "Take"}
    element = {"type": "button", "action_id": "take", "value": "42", "text": label}
    ts = (
        await client.chat_postMessage(
            channel=desk, text="Case", blocks=[{"type": "actions", "elements": [element]}]
        )
    )["ts"]
    await slack.press(desk, ts, "take", ann)
    await slack.settled()
    body = next(b for b in app.bodies if b["type"] == "block_actions")
    (action,) = body["actions"]
    assert (action["action_id"], action["value"]) == ("take", "42")
    assert (body["user"]["id"], body["channel"]["id"]) == (ann, desk)
    assert (body["container"]["message_ts"], body["message"]["ts"]) == (ts, ts)
    with pytest.raises(LookupError, match="it has: take"):
        await slack.press(desk, ts, "leave", ann)


async def test_a_response_url_answers_and_replaces_five_times(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    label = {"type": "plain_text", "text": "Take"}
    element = {"type": "button", "action_id": "take", "text": label}
    section = {"type": "section", "text": label, "accessory": element}
    posted = await client_of(slack).chat_postMessage(channel=desk, text="Case", blocks=[section])
    delivery = await slack.press(desk, posted["ts"], "take", ann)
    url = delivery.payload["response_url"]

    async def respond(body: dict[str, Any]) -> int:
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
            return response.status

    assert await respond({"text": "Taken", "replace_original": True}) == 200
    assert slack.message(desk, posted["ts"]).text == "Taken"
    assert await respond({"text": "x", "reply_to": "y"}) == 400
    assert [await respond({"text": "only you"}) for _ in range(5)] == [200] * 4 + [404]


async def test_a_click_allows_one_modal_whose_values_come_back(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    ann, client = slack.add_user("ann"), client_of(slack)
    dm = slack.open_dm(ann)
    trigger = (await slack.command(dm, ann, "/desk", "help")).payload["trigger_id"]
    title = {"type": "plain_text", "text": "Note"}
    field = {"type": "plain_text_input", "action_id": "note"}
    blocks = [{"type": "input", "block_id": "b", "label": title, "element": field}]
    view = {"type": "modal", "title": title, "blocks": blocks}
    answer = await refusal(client.views_open(trigger_id=trigger, view=view))
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: submit"]
    view["submit"] = {"type": "plain_text", "text": "Save"}
    opened = await client.views_open(trigger_id=trigger, view=view)
    answer = await refusal(client.views_open(trigger_id=trigger, view=view))
    assert answer["error"] == "exchanged_trigger_id"
    values = {"b": {"note": {"type": "plain_text_input", "value": "hi"}}}
    await slack.submit(opened["view"]["id"], ann, values)
    await slack.settled()
    assert [b["command"] for b in app.bodies if "command" in b] == ["/desk"]
    submission = next(b for b in app.bodies if b.get("type") == "view_submission")
    assert submission["view"]["state"]["values"] == values


async def test_events_can_be_doubled_held_back_reordered_repeated_and_invented(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    slack.courier.copies, slack.courier.fresh_ids = 11, True
    await slack.say(desk, ann, "many")
    await slack.settled()
    assert app.texts == ["many"] * 11
    assert len({body["event_id"] for body in app.bodies}) == 11
    slack.courier.copies = 1
    app.bodies.clear()
    slack.courier.hold()
    for text in ("1", "2", "3"):
        await slack.say(desk, ann, text)
    slack.courier.release(lambda held: reversed(held))
    await slack.settled()
    assert app.texts == ["3", "2", "1"]
    app.bodies.clear()
    payload = slack.send_raw_event({"type": "message", "subtype": "ekm_access_denied"})
    slack.courier.send_again(payload)
    await slack.settled()
    assert [b["event_id"] for b in app.bodies] == [payload["event_id"]] * 2


async def test_whoever_watches_is_told_of_every_visible_change(slack: SlackSandbox) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    changed: list[str] = []
    slack.on_change(changed.append)
    ts = await slack.say(desk, ann, "hi")
    await slack.edit(desk, ts, "ho")
    await client_of(slack).reactions_add(channel=desk, timestamp=ts, name="eyes")
    await slack.delete(desk, ts)
    assert changed == [desk] * 4


async def test_payloads_are_json_through_and_through(
    slack: SlackSandbox, app: RecordingApp
) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    await slack.upload(desk, ann, "ü.txt", b"x", text="ключ 😀")
    await until(lambda: app.texts == ["ключ 😀"])
    assert json.loads(json.dumps(app.bodies)) == app.bodies
