"""Calls that go wrong: what a failure means for the message in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from connectors.slack.app import SlackApp
from connectors.slack.outcome import retry_after
from connectors.slack.pacer import Rate
from connectors.slack.posting import section
from core.errors import OutcomeUnknown, SendLater, Undeliverable
from sandbox.faults import Effect, Fault
from sandbox.slack import SlackSandbox, mentions_of
from tests.slack.house import app_of, now, workspace
from tests.slack.test_app import Listener

NASTY = (
    "<!channel> <!here> <@U1> <#C1> <!subteam^S1> <http://x|bank.com> &lt;!channel&gt; "
    "`code` ```block``` *b* _i_ ~s~ > quote @here https://evil.example :smile:\n> quote"
)


def refused(code: str) -> Fault:
    return Fault(Effect.ANSWER, status=200, body=f'{{"ok":false,"error":"{code}"}}')


def answer(status: int, body: str = "", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(Effect.ANSWER, status=status, body=body, headers=named)


@asynccontextmanager
async def sending(
    patience: float = 2.0, *, ahead: timedelta = timedelta(0)
) -> AsyncIterator[tuple[SlackSandbox, SlackApp, str]]:
    async with workspace() as slack:
        app, listener = app_of(slack, timeout=patience, ahead=ahead), Listener()
        await app.attach(listener.take, listener.connected)
        try:
            yield slack, app, slack.add_channel("support")
        finally:
            await app.detach(listener.take)


async def post(app: SlackApp, channel: str, text: str = "hello", key: str = "k1") -> str:
    return await app.post(channel, text, [section(text)], key=key)


@pytest.mark.parametrize(
    "fault",
    [
        answer(500, "<html>"),
        answer(503),
        answer(200, "<html>login</html>"),
        answer(200, "{broken"),
        answer(200, ""),
        answer(502, "text", Content_Type="text/plain"),
        answer(200, "text", Content_Type="text/plain"),
        answer(200, "[]", Content_Type="application/json"),
        answer(403, "<html>proxy</html>"),
        refused("internal_error"),
        refused("fatal_error"),
        refused("request_timeout"),
        Fault(Effect.RESET),
        Fault(Effect.ACCEPT_THEN_RESET),
        Fault(Effect.ACCEPT_THEN_HANG),
        Fault(Effect.ACCEPT_THEN_ANSWER, status=500),
    ],
)
async def test_a_lost_answer_leaves_the_outcome_unknown(fault: Fault) -> None:
    """D02, D03: neither sent nor not sent, and no retry hidden in the client."""
    async with sending(patience=0.3) as (slack, app, channel):
        slack.faults.add("chat.postMessage", fault)
        with pytest.raises(OutcomeUnknown):
            await post(app, channel)
        assert len(slack.journal.of("chat.postMessage")) <= 1


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (answer(429, Retry_After="5"), 5),
        (answer(429, Retry_After="0"), 1),
        (answer(429, '{"ok":false,"error":"ratelimited"}'), 3),
        (answer(429, Retry_After="abc"), 3),
        (answer(429, Retry_After="-1"), 3),
        (answer(429, Retry_After="3600"), 300),
        (answer(429, Retry_After="9" * 400), 3),
        (refused("ratelimited"), 3),
    ],
)
async def test_a_limit_is_waited_for_within_reason(fault: Fault, after: float) -> None:
    """D01: what Slack says, or a usual pause, never more than five minutes."""
    async with sending() as (slack, app, channel):
        slack.faults.add("chat.postMessage", fault)
        with pytest.raises(SendLater) as caught:
            await post(app, channel)
        assert caught.value.after == after
        assert slack.journal.of("chat.postMessage") == []


async def test_a_pause_that_slack_asks_for_holds_its_channel_and_no_other() -> None:
    """D01: whatever else would go to that channel waits without asking."""
    async with sending() as (slack, app, channel):
        other = slack.add_channel("other")
        slack.faults.add("chat.postMessage", answer(429, Retry_After="7"))
        with pytest.raises(SendLater):
            await post(app, channel, key="k1")
        with pytest.raises(SendLater) as caught:
            await post(app, channel, key="k2")
        assert caught.value.after == pytest.approx(7, abs=1)
        await post(app, other, key="k3")
        assert len(slack.journal.of("chat.postMessage")) == 1


async def test_posts_into_one_channel_are_paced() -> None:
    """L07: what is far off is the outbox's to wait for."""
    async with workspace() as slack:
        app, listener = app_of(slack, rate=Rate(100.0, 2)), Listener()
        await app.attach(listener.take, listener.connected)
        channel = slack.add_channel("support")
        for key in ("k1", "k2"):
            await post(app, channel, key=key)
        with pytest.raises(SendLater) as caught:
            await post(app, channel, key="k3")
        assert caught.value.after == pytest.approx(100, abs=5)
        await app.detach(listener.take)


def test_the_wish_is_read_whatever_the_case_of_its_name() -> None:
    assert retry_after({"retry-after": " 7 "}) == 7


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("channel_not_found", "the Slack channel is gone"),
        ("is_archived", "the Slack channel is archived"),
        ("not_in_channel", "the bot was removed from the Slack channel"),
        ("msg_too_long", "the message is too long for Slack"),
        ("something_new", "Slack answered something_new"),
    ],
)
async def test_a_definite_refusal_says_why(code: str, words: str) -> None:
    """D04: in words."""
    async with sending() as (slack, app, channel):
        slack.faults.add("chat.postMessage", refused(code))
        with pytest.raises(Undeliverable) as caught:
            await post(app, channel)
        assert str(caught.value) == words


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_what_an_admin_must_mend_waits_and_shows_until_it_is_mended(code: str) -> None:
    """D04: a degraded state with its cure."""
    async with sending() as (slack, app, channel):
        slack.identity.token_error = code
        with pytest.raises(SendLater) as caught:
            await post(app, channel)
        assert caught.value.after == 60
        assert "slack.bot_token" in app.status.detail
        assert not app.status.ok
        slack.identity.token_error = None
        await post(app, channel)
        assert app.status.ok


async def test_a_slack_that_went_away_surely_got_nothing() -> None:
    async with sending() as (slack, app, channel):
        await slack.stop()
        with suppress(OutcomeUnknown):  # from the connection that was still open
            await app.call("auth.test")
        with pytest.raises(SendLater):
            await post(app, channel)


async def test_a_post_after_the_end_waits() -> None:
    async with sending() as (_, app, channel):
        pass
    with pytest.raises(SendLater):
        await post(app, channel)


async def test_a_post_whose_answer_was_lost_is_found_by_its_key() -> None:
    """D03: read-back."""
    async with sending() as (slack, app, channel):
        since = now()
        slack.faults.add("chat.postMessage", Fault(Effect.ACCEPT_THEN_RESET))
        with pytest.raises(OutcomeUnknown):
            await post(app, channel, key="k1")
        await post(app, channel, key="k2")
        first, second = slack.messages(channel)
        found = {"k1": first.ts, "k2": second.ts}
        assert await app.find(channel, ["k1", "k2", "k3"], since) == found
        soon, later = now() + timedelta(minutes=10), now() + timedelta(hours=1)
        assert await app.find(channel, ["k1"], soon) == {"k1": first.ts}
        assert await app.find(channel, ["k1"], later) == {}


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_post_is_found_whatever_our_clock_shows(ahead: timedelta) -> None:
    """D03, D29: the time of a message is Slack's."""
    async with sending(ahead=ahead) as (_slack, app, channel):
        since = app.now()
        root = await post(app, channel)
        await app.post(channel, "x", [section("x")], key="r1", thread=root)
        assert await app.find(channel, ["k1"], since) == {"k1": root}
        assert list(await app.find(channel, ["r1"], since, thread=root)) == ["r1"]


async def test_a_reply_is_found_in_its_thread_although_our_clock_was_put_right() -> None:
    """D03, D29: what we noted before is of no use then."""
    async with sending() as (_slack, app, channel):
        root = await post(app, channel)
        await app.post(channel, "x", [section("x")], key="r1", thread=root)
        since = app.now() + timedelta(hours=1)
        assert list(await app.find(channel, ["r1"], since, thread=root)) == ["r1"]


async def test_a_reply_is_found_in_a_long_thread() -> None:
    async with sending() as (slack, app, channel):
        root = await post(app, channel)
        for number in range(250):
            await app.post(channel, "x", [section("x")], key=f"r{number}", thread=root)
        found = await app.find(channel, ["r249"], now() - timedelta(minutes=5), thread=root)
        assert found == {"r249": slack.thread(channel, root)[-1].ts}
        assert await app.find(channel, ["r1"], now(), thread="1.000001") == {}


async def test_everything_that_is_in_one_post_is_found_there() -> None:
    async with sending() as (_slack, app, channel):
        blocks = [section("x")]
        ts = await app.post(channel, "x", blocks, key="k1", others=["k2", "k3"])
        found = await app.find(channel, ["k3", "k2", "k"], now())
        assert found == {"k2": ts, "k3": ts}


@pytest.mark.parametrize(
    "fault", [answer(500), answer(429), refused("internal_error"), answer(200, "<html>")]
)
async def test_slack_that_cannot_be_asked_now_is_asked_later(fault: Fault) -> None:
    async with sending() as (slack, app, channel):
        slack.faults.add("conversations.history", fault)
        with pytest.raises(SendLater):
            await app.find(channel, ["k1"], now())


async def test_the_same_key_gives_the_same_message_id_to_slack() -> None:
    async with sending() as (slack, app, channel):
        for _ in range(2):
            await post(app, channel, key="k1")
        first, second = slack.journal.of("chat.postMessage")
        assert first.arguments["client_msg_id"] == second.arguments["client_msg_id"]
        assert first.arguments["metadata"] == {
            "event_type": "frontdesk_delivery",
            "event_payload": {"key": "k1"},
        }


async def test_a_message_is_not_changed_into_what_it_says_already() -> None:
    """Edits that have waited all bring the newest words."""
    async with sending() as (slack, app, channel):
        ts = await post(app, channel, "one")
        for text in ("one", "two", "two", "one"):
            await app.update(channel, ts, text, [section(text)])
        assert len(slack.journal.of("chat.update")) == 2
        assert slack.message(channel, ts).text == "one"
        other = await post(app, channel, "one", key="k2")
        await app.update(channel, other, "two", [section("two")])
        assert slack.message(channel, other).text == "two"


async def test_a_change_whose_answer_was_lost_is_made_again() -> None:
    """D03: nobody knows what the message says now."""
    async with sending() as (slack, app, channel):
        ts = await post(app, channel, "one")
        slack.faults.add("chat.update", Fault(Effect.ACCEPT_THEN_RESET))
        with pytest.raises(OutcomeUnknown):
            await app.update(channel, ts, "two", [section("two")])
        await app.update(channel, ts, "one", [section("one")])
        assert slack.message(channel, ts).text == "one"


async def test_no_text_mentions_links_or_formats_anything() -> None:
    """B09: escaped once, and Slack's own helpfulness is off."""
    async with sending() as (slack, app, channel):
        ts = await app.post(channel, NASTY, [section(NASTY)], key="k", username="<!channel>")
        found = mentions_of(slack.message(channel, ts))
        assert not found.pings
        assert not [*found.links, *found.bare_links, *found.channels, *found.formatting]
        (block,) = slack.message(channel, ts).blocks
        assert block["text"]["text"].startswith("&lt;!channel&gt; &lt;!here&gt;")
        assert "&amp;lt;!channel&amp;gt;" in block["text"]["text"]
        assert block["text"]["emoji"] is False
        assert slack.message(channel, ts).username == "‹!channel›"
        (call,) = slack.journal.of("chat.postMessage")
        off = ("mrkdwn", "link_names", "unfurl_links", "unfurl_media")
        assert [call.arguments[name] for name in off] == [False] * 4
        assert call.arguments["parse"] == "none"


async def test_hidden_characters_do_not_reach_slack() -> None:
    async with sending() as (slack, app, channel):
        ts = await post(app, channel, "a\u202eb\x00c\ud800")
        assert slack.message(channel, ts).blocks[0]["text"]["text"] == "abc\ufffd"


async def test_a_name_that_comes_too_late_is_left_out_and_asked_for_again() -> None:
    async with sending() as (slack, app, _):
        ann = slack.add_user("ann", display_name="Ann L.", real_name="Ann Lee")
        slack.faults.add("users.info", answer(500))
        assert (await app.person(ann)).name == ""
        assert (await app.person(ann)).name == ""
        bob = slack.add_user("bob", real_name="Bob Ray")
        assert (await app.person(bob)).name == "Bob Ray"
        await app.person(bob)
        assert len(slack.journal.of("users.info")) == 1


async def test_names_are_read_into_texts() -> None:
    async with sending() as (slack, app, _):
        ann = slack.add_user("ann", display_name="Ann L.")
        assert await app.plain(f"ask <@{ann}> &amp; <@U0NOBODY>") == "ask @Ann L. & @someone"
