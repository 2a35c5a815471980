"""What agents do in a thread, from Slack's events to what the core is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge import inbound
from core.errors import FileUnavailable, StoreUnavailable, TextTooLong
from core.messages import (
    Agent,
    AgentCommanded,
    AgentDeleted,
    AgentEdited,
    AgentReplied,
    Attachment,
    AttachmentKind,
    Command,
    FileId,
    Outcome,
)
from sandbox.slack import Upload
from tests.bridge.desks import CARD, Room, key, room
from tests.slack.house import until
from tests.slack.test_sending import answer


def anna(here: Room) -> Agent:
    return Agent(here.anna, "Anna K.", FileId(f"picture:{here.anna}_192.png"))


async def test_a_plain_reply_goes_on_under_the_agents_name_and_picture(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        ts = await here.say(f"<b> & see https://shop.example/t, ask <@{here.anna}>")
        text = "<b> & see https://shop.example/t, ask @Anna K."
        assert here.inbox.events == [AgentReplied(here.case, ts, anna(here), text)]
        assert here.shelf.pictures[0][0] == here.desk.name


async def test_a_reply_that_also_goes_to_the_channel_is_one_reply(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        thread = here.case.thread
        await here.slack.say(here.channel, here.anna, "both", thread_ts=thread, broadcast=True)
        await here.slack.settled()
        assert [type(event) for event in here.inbox.events] == [AgentReplied]


async def test_a_note_stays_between_colleagues(tmp_path: Path) -> None:
    """B18"""
    async with room(tmp_path) as here:
        await here.say(";; she is angry")
        assert here.inbox.events == []


async def test_what_is_no_persons_reply_in_a_thread_is_ignored(tmp_path: Path) -> None:
    """B16, B17"""
    async with room(tmp_path) as here:
        slack, thread = here.slack, here.case.thread
        await slack.say(here.channel, here.anna, "to the channel")
        await slack.other_app_says(here.channel, "beep", thread_ts=thread)
        await slack.say(slack.add_channel("other"), here.anna, "elsewhere")
        await slack.join(here.channel, slack.add_user("bob"))
        await here.desk.note(here.case, "ours", key("n"))
        await slack.settled()
        assert here.inbox.events == []


@pytest.mark.parametrize(
    ("text", "command"),
    [("!claim", Command.CLAIM), ("!bot", Command.BOT), ("!CLOSE", Command.CLOSE)],
)
async def test_a_word_is_a_command(tmp_path: Path, text: str, command: Command) -> None:
    async with room(tmp_path) as here:
        ts = await here.say(text)
        assert here.inbox.events == [AgentCommanded(here.case, ts, anna(here), command)]


@pytest.mark.parametrize("command", list(Command))
async def test_a_button_on_the_card_is_a_command(tmp_path: Path, command: Command) -> None:
    async with room(tmp_path) as here:
        root = here.case.thread
        await here.slack.press(here.channel, root, f"case:{command}", here.anna)
        await here.slack.settled()
        (event,) = here.inbox.events
        assert isinstance(event, AgentCommanded)
        assert (event.case, event.command) == (here.case, command)
        assert event.agent == anna(here)


@pytest.mark.parametrize(
    ("text", "words"),
    [("!clsoe", "Did you mean !close?"), ("!help", "goes to the customer"), ("!x", "!help")],
)
async def test_a_slip_or_a_call_for_help_is_answered_to_the_agent_alone(
    tmp_path: Path, text: str, words: str
) -> None:
    async with room(tmp_path) as here:
        await here.say(text)
        await until(here.told)
        assert words in here.told()[0]
        assert here.inbox.events == []


async def test_nobody_is_advised_in_a_thread_that_is_no_case(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        root = await here.slack.say(here.channel, here.anna, "lunch?")
        await here.slack.say(here.channel, here.anna, "!pizza", thread_ts=root)
        await here.slack.settled()
        await here.say("!help")
        await until(here.told)
        assert len(here.told()) == 1


async def test_who_writes_in_a_closed_case_is_told_that_nothing_was_sent(tmp_path: Path) -> None:
    """B17"""
    async with room(tmp_path) as here:
        here.inbox.outcome = Outcome.CASE_CLOSED
        await here.say("one more thing")
        await until(here.told)
        assert here.told()[0].startswith("This case is closed; nothing was sent.")


async def test_who_writes_too_much_is_told_that_nothing_was_sent(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        here.inbox.failures.append(TextTooLong(4000))
        await here.say("long")
        await until(here.told)
        assert "longer than 4000 characters" in here.told()[0]


async def test_a_reply_that_could_not_be_stored_comes_again(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        here.slack.courier.retries = type(here.slack.courier.retries)(0.3, (0.0, 0.0))
        here.inbox.failures.append(StoreUnavailable("the disk is full"))
        ts = await here.say("hello")
        assert here.inbox.events == [AgentReplied(here.case, ts, anna(here), "hello")]


async def test_edits_and_deletions_follow_and_previews_do_not(tmp_path: Path) -> None:
    """D10"""
    async with room(tmp_path) as here:
        ts = await here.say("helo")
        await here.slack.unfurl(here.channel, ts)
        await here.slack.edit(here.channel, ts, "hello")
        await here.slack.edit(here.channel, ts, ";; hello")
        await here.slack.settled()
        other = await here.say("two")
        await here.slack.delete(here.channel, other)
        await here.slack.delete(here.channel, here.case.thread)
        await here.slack.settled()
        assert here.inbox.events[1:] == [
            AgentEdited(here.case, ts, "hello"),
            AgentDeleted(here.case, ts),
            AgentReplied(here.case, other, anna(here), "two"),
            AgentDeleted(here.case, other),
        ]


async def test_a_note_made_public_by_an_edit_is_not_sent(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        ts = await here.say(";; she is angry")
        await here.slack.edit(here.channel, ts, "she is angry")
        await until(here.told)
        assert here.told() == [inbound.EDITED_NOTE]
        assert here.inbox.events == []


async def test_an_agents_file_can_be_fetched_from_slack(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        data = b"\x89PNG" * 100_000
        file = Upload("label.png", data, "image/png")
        thread = here.case.thread
        await here.slack.say(here.channel, here.anna, "", thread_ts=thread, files=[file])
        await here.slack.settled()
        (event,) = here.inbox.events
        assert isinstance(event, AgentReplied)
        (label,) = event.attachments
        assert label == Attachment(
            AttachmentKind.IMAGE,
            "label.png",
            "image/png",
            len(data),
            source=here.desk.name,
            remote=label.remote,
        )
        assert b"".join([chunk async for chunk in here.desk.fetch(label.remote)]) == data


@pytest.mark.parametrize("how", ["login page", "foreign host", "gone", "down", "redirect"])
async def test_a_file_that_slack_does_not_give_is_unavailable(tmp_path: Path, how: str) -> None:
    """B14"""
    async with room(tmp_path) as here:
        await here.slack.upload(
            here.channel, here.anna, "a.png", b"x", "image/png", thread_ts=here.case.thread
        )
        await here.slack.settled()
        (event,) = here.inbox.events
        assert isinstance(event, AgentReplied)
        remote = event.attachments[0].remote
        match how:
            case "login page":
                here.slack.identity.token_error = "token_revoked"
            case "foreign host":
                remote = remote.replace("127.0.0.1", "evil.example")
            case "gone":
                remote += "x/none"
                here.slack.faults.add("files.download", answer(404))
            case "redirect":
                here.slack.faults.add("files.download", answer(302, Location="http://[::1]/"))
            case _:
                here.slack.faults.add("files.download", answer(500))
        with pytest.raises(FileUnavailable):
            _ = [chunk async for chunk in here.desk.fetch(remote)]


async def test_what_was_written_while_we_were_away_is_taken_in_order(tmp_path: Path) -> None:
    """D09"""
    async with room(tmp_path) as here:
        second = await here.desk.open_case(CARD, key("second"))
        here.shelf.open.append(second)
        await here.say("zero")
        await here.desk.stop()
        for text in ("one", ";; note", "two", "!close"):
            await here.slack.say(here.channel, here.anna, text, thread_ts=here.case.thread)
        await here.slack.say(here.channel, here.anna, "other", thread_ts=second.thread)
        await here.desk.start(here.inbox)
        await until(lambda: len(here.inbox.events) == 5)
        said = [event.text for event in here.inbox.events if isinstance(event, AgentReplied)]
        assert said == ["zero", "one", "two", "other"]
        assert isinstance(here.inbox.events[3], AgentCommanded)


async def test_a_quiet_thread_is_not_read_again(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        name = f"slack:{here.slack.team_id}:{here.channel}"
        await until(lambda: name in here.shelf.values)
        here.shelf.values[name] = "99999999999.000000"
        reads = len(here.slack.journal.of("conversations.replies"))
        await here.desk.stop()
        before = here.shelf.values[name]
        await here.desk.start(here.inbox)
        await until(lambda: here.shelf.values[name] != before)
        assert len(here.slack.journal.of("conversations.replies")) == reads


async def test_a_gap_is_closed_after_the_socket_was_lost(tmp_path: Path) -> None:
    """D05"""
    async with room(tmp_path) as here:
        here.slack.courier.subscriptions = frozenset()
        await here.slack.say(here.channel, here.anna, "in the gap", thread_ts=here.case.thread)
        here.slack.faults.add("conversations.replies", answer(429, Retry_After="0"))
        await here.slack.disconnect()
        await until(lambda: here.inbox.events, within=10)
        assert [getattr(e, "text", "") for e in here.inbox.events] == ["in the gap"]
