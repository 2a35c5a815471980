"""Markup: what people's text is stored as, and what an app's post would do to its readers."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.slack import Message, NotACommand, Surface, mentions_of, surfaces_of
from tests.sandbox.slack_apps import slack_sandbox


def post(text: str = "", **fields: Any) -> Message:
    return Message("C1", "1.000001", text, **fields)


async def test_what_a_person_types_is_stored_escaped_with_links_and_picked_names() -> None:
    async with slack_sandbox() as slack:
        desk, ann = slack.add_channel("support"), slack.add_user("ann")

        async def stored(text: str) -> str:
            return slack.message(desk, await slack.say(desk, ann, text)).text

        assert await stored("a < b & c > d") == "a &lt; b &amp; c &gt; d"
        assert await stored("<!channel> <@U999>") == "&lt;!channel&gt; &lt;@U999&gt;"
        assert await stored(f"<@{ann}> in <#{desk}>") == f"<@{ann}> in <#{desk}|support>"
        assert await stored("see https://x.io/?a=1&b=2.") == "see <https://x.io/?a=1&amp;b=2>."
        assert await stored("at shop.example.com") == (
            "at <http://shop.example.com|shop.example.com>"
        )
        assert await stored("me@x.nl") == "<mailto:me@x.nl|me@x.nl>"


async def test_the_composer_refuses_a_line_that_begins_with_a_slash() -> None:
    async with slack_sandbox() as slack:
        desk, ann = slack.add_channel("support"), slack.add_user("ann")
        root = await slack.say(desk, ann, "root")
        with pytest.raises(NotACommand, match="/close is not a valid command"):
            await slack.say(desk, ann, "/close now", thread_ts=root)
        assert slack.thread(desk, root) == []


def test_control_sequences_are_found_in_text_and_in_mrkdwn_blocks() -> None:
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "<!here> <http://x|bank.com>"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "<#C1> <!subteam^S1>"}]},
    ]
    found = mentions_of(post("<!channel> <@U1>", blocks=blocks))
    assert found.broadcasts == ["<!channel>", "<!here>"]
    assert (found.users, found.channels) == (["<@U1>"], ["<#C1>"])
    assert (found.groups, found.links) == (["<!subteam^S1>"], ["<http://x|bank.com>"])
    assert found.pings == ["<!channel>", "<!here>", "<@U1>", "<!subteam^S1>"]


def test_escaped_and_plain_text_mention_nobody() -> None:
    blocks = [
        {"type": "section", "text": {"type": "plain_text", "text": "<!here> *b* http://x.y"}}
    ]
    found = mentions_of(post("&lt;!channel&gt; &lt;@U1&gt;", blocks=blocks))
    assert (found.pings, found.links, found.formatting, found.bare_links) == ([], [], [], [])


@pytest.mark.parametrize(
    "text", ["*bold*", "so _it_ is", "~no~", "`code`", "```a\nb```", "&gt; quoted", "> quoted"]
)
def test_formatting_is_found_unless_markup_is_off(text: str) -> None:
    assert mentions_of(post(text)).formatting != []
    assert mentions_of(post(text, flags={"mrkdwn": False})).formatting == []


@pytest.mark.parametrize("text", ["2 * 3 * 4", "snake_case_name", "a ~ b", "x > y", "it's"])
def test_ordinary_marks_are_not_taken_for_formatting(text: str) -> None:
    assert mentions_of(post(text)).formatting == []


def test_bare_addresses_and_names_depend_on_the_flags_of_the_post() -> None:
    text = "@channel ask @ann in #help at https://x.io"
    usual = mentions_of(post(text))
    assert (usual.bare_links, usual.names) == (["https://x.io"], ["@channel"])
    linked = mentions_of(post(text, flags={"link_names": True}))
    assert linked.names == ["@channel", "@ann", "#help"]
    assert mentions_of(post(text, flags={"parse": "none"})).bare_links == []
    assert mentions_of(Surface(text, links_bare=False)).bare_links == []


def test_rich_text_elements_mention_by_what_they_are() -> None:
    line = {
        "type": "rich_text_section",
        "elements": [
            {"type": "text", "text": "<!channel> *x*"},
            {"type": "broadcast", "range": "here"},
            {"type": "text", "text": "loud", "style": {"bold": True}},
        ],
    }
    found = mentions_of(post(blocks=[{"type": "rich_text", "elements": [line]}]))
    assert (found.broadcasts, found.formatting) == (["<!here>"], ["loud"])


def test_every_text_of_a_message_is_a_surface() -> None:
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "Case", "emoji": False}}]
    attachments = [{"text": "old style :tada:"}]
    surfaces = surfaces_of(post("own", blocks=blocks, attachments=attachments))
    assert [(s.text, s.plain) for s in surfaces] == [
        ("own", False),
        ("Case", True),
        ("old style :tada:", False),
    ]
    assert mentions_of(surfaces).emoji == [":tada:"]
