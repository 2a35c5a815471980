"""What each thing that can happen in the desk's channel means, payload by payload."""

from __future__ import annotations

import pytest

from bridge import commands, inbound
from bridge.inbound import Advice, Bulb, Desk, parse, written_at
from core.messages import (
    Agent,
    AgentCommanded,
    AgentDeleted,
    AgentEdited,
    AgentReplied,
    Attachment,
    AttachmentKind,
    CaseRef,
    Command,
)
from tests.slack.payloads import AGENT, BOT_USER, DESK, ROOT, TEAM, TS, payload

DESK_HERE = Desk(TEAM, DESK, BOT_USER, ";;")
CASE = CaseRef(TEAM, DESK, ROOT)
ANNA = Agent(AGENT)
PRESSED = "1722500070.123456"
LABEL = Attachment(
    AttachmentKind.IMAGE,
    "label.png",
    "image/png",
    5120,
    source="desk-slack",
    remote="https://files.slack.com/files-pri/T0DESK001-F0PHOTO01/label.png",
)
MARKUP = "&lt;b&gt; &amp; <https://shop.example/t/1|shop.example/t/1> <@U0ANNA001> <!here>"


def advice(text: str) -> Advice:
    return Advice(CASE, AGENT, text)


def said(text: str) -> Advice:
    found = commands.read(text, ";;")
    assert found is not None
    return advice(found.advice)


def replied(text: str, files: tuple[Attachment, ...] = ()) -> AgentReplied:
    return AgentReplied(CASE, TS, ANNA, text, files, written_at(TS))


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("thread_reply", replied("Hello Ann, it is on its way.")),
        ("thread_reply_with_markup", replied(MARKUP)),
        ("thread_reply_with_file", replied("See the label.", (LABEL,))),
        ("thread_file_alone", replied("", (LABEL,))),
        ("thread_broadcast", replied("Also for the channel.")),
        ("thread_exclamations", replied("!!! great")),
        ("thread_close", AgentCommanded(CASE, TS, ANNA, Command.CLOSE)),
        ("thread_close_capital", AgentCommanded(CASE, TS, ANNA, Command.CLOSE)),
        ("thread_bot", AgentCommanded(CASE, TS, ANNA, Command.BOT)),
        ("thread_claim_wide_mark", AgentCommanded(CASE, TS, ANNA, Command.CLAIM)),
        ("button_claim", AgentCommanded(CASE, PRESSED, ANNA, Command.CLAIM)),
        ("button_bot", AgentCommanded(CASE, PRESSED, ANNA, Command.BOT)),
        ("button_close", AgentCommanded(CASE, PRESSED, ANNA, Command.CLOSE)),
        ("thread_help", advice(commands.help_text(";;"))),
        ("thread_slip", said("!clsoe")),
        ("thread_close_with_words", said("!close thank you")),
        ("edit", AgentEdited(CASE, TS, "Hello Ann, it arrives today.")),
        ("edit_into_note", AgentDeleted(CASE, TS)),
        ("edit_into_command", advice(inbound.EDITED_COMMAND)),
        ("edit_of_note", advice(inbound.EDITED_NOTE)),
        ("deletion", AgentDeleted(CASE, TS)),
        ("tombstone_of_reply", AgentDeleted(CASE, TS)),
        ("reaction_bulb", Bulb("1722500060.000200", Agent("U0TOM0001"))),
    ],
)
def test_what_an_agent_does_is_understood(name: str, event: object) -> None:
    assert parse(payload(name), DESK_HERE) == event


@pytest.mark.parametrize(
    "name",
    [
        "app_mention_in_thread",
        "button_elsewhere",
        "button_unknown",
        "channel_join",
        "channel_root_post",
        "deletion_of_note",
        "deletion_of_own_post",
        "deletion_of_root",
        "edit_of_note_stays_note",
        "edit_of_own_post",
        "edit_of_root",
        "edit_unfurl",
        "foreign_channel",
        "message_replied",
        "other_bot",
        "own_file",
        "own_post",
        "own_post_with_name",
        "reaction",
        "reaction_bulb_on_own_post",
        "slackbot",
        "thread_note",
        "workflow",
    ],
)
def test_everything_else_in_the_channel_means_nothing(name: str) -> None:
    """B16, B17, B18: for agents."""
    assert parse(payload(name), DESK_HERE) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": None},
        {"event": {"type": "message", "channel": DESK}},
        {"event": {"type": "message", "channel": DESK, "user": 7, "ts": 1, "thread_ts": []}},
        {"event": {"type": "message", "channel": DESK, "subtype": "message_changed"}},
        {"event": {"type": "message", "channel": DESK, "subtype": []}},
        {"type": "block_actions", "container": {"channel_id": DESK}, "actions": "no"},
        {"type": "block_actions", "container": {"channel_id": DESK}, "actions": [None]},
    ],
)
def test_a_payload_of_the_wrong_shape_means_nothing(body: dict[str, object]) -> None:
    assert parse(body, DESK_HERE) is None


def test_the_root_of_a_thread_is_no_reply_in_it() -> None:
    """B17: as the history shows it, which names every root's own thread."""
    root = {"type": "message", "channel": DESK, "user": AGENT, "text": "hi", "ts": TS}
    assert parse({"event": {**root, "thread_ts": TS}}, DESK_HERE) is None
    assert parse({"event": {**root, "thread_ts": ROOT}}, DESK_HERE) is not None


@pytest.mark.parametrize("text", [";;x", " ;; x", "\n;;x"])
def test_a_note_may_be_indented(text: str) -> None:
    assert DESK_HERE.keeps(text)


@pytest.mark.parametrize(
    "unseen",
    ["\u200b", "\u2060", "\ufeff", "\u200d", "\u200e", "\ufe0f", "\u2800", "\u200b" * 500],
)
def test_what_nobody_can_see_turns_no_note_or_order_into_a_reply(unseen: str) -> None:
    """B18: before the mark, and in it."""
    for note in (f"{unseen};; x", f";{unseen}; x", f" {unseen}；；x"):
        assert DESK_HERE.keeps(note)
    assert Desk(TEAM, DESK, BOT_USER, f"{unseen}//").keeps("// x")
    for order in (f"{unseen}!close", f"!{unseen}close", f"!close{unseen}"):
        assert commands.read(order, ";;") == commands.Said(Command.CLOSE)
    assert not DESK_HERE.keeps(f"{unseen}hello")


def test_a_note_prefix_of_angle_brackets_is_known_in_slacks_escapes() -> None:
    assert Desk(TEAM, DESK, BOT_USER, ">>").keeps("&gt;&gt; between us")


@pytest.mark.parametrize("text", ["!clsoe", "!closee", "!bto", "!halp", "!whatever", "!Close!"])
def test_an_unknown_word_with_a_mark_is_never_a_reply(text: str) -> None:
    found = commands.read(text, ";;")
    assert found is not None
    assert found.command is None
    assert "nothing was" in found.advice.lower()


def test_a_kind_of_message_that_nobody_knows_means_nothing() -> None:
    """B16: also when a person seems to have written it in a thread."""
    known = payload("thread_reply")
    assert isinstance(parse(known, DESK_HERE), AgentReplied)
    assert parse({**known, "event": {**known["event"], "subtype": "new_kind"}}, DESK_HERE) is None


@pytest.mark.parametrize("ts", ["nan", "1e400", "abc", "", "-1.0", "999999999999.0", "١٢٣.٤", 7])
def test_what_has_no_time_of_slacks_is_no_reply(ts: object) -> None:
    """B16: it comes with a good signature, and still must break nothing."""
    odd = payload("thread_reply")
    odd["event"]["ts"] = ts
    assert parse(odd, DESK_HERE) is None
