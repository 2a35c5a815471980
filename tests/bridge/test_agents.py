"""What agents do in a thread, from Slack's events to what the core is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge import inbound
from core.errors import FileUnavailable, StoreUnavailable, TextTooLong
from core.messages import (
    Agent,
    AgentAskedForRule,
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
from sandbox.slack import ALL_BRIDGE_SCOPES, Upload
from tests.bridge.desks import Room, key, room
from tests.slack.house import until
from tests.slack.test_sending import answer


def anna(here: Room) -> Agent:
    return Agent(here.anna, "Anna K.", FileId(f"picture:{here.anna}_192.png"))


def replied(here: Room, ts: str, text: str) -> AgentReplied:
    return AgentReplied(here.case, ts, anna(here), text, at=inbound.written_at(ts))


async def test_a_plain_reply_goes_on_under_the_agents_name_and_picture(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        ts = await here.say(f"<b> & see https://shop.example/t, ask <@{here.anna}>")
        text = "<b> & see https://shop.example/t, ask @Anna K."
        assert here.inbox.events == [replied(here, ts, text)]
        assert here.shelf.pictures[0][0] == here.desk.name


async def test_a_reply_that_also_goes_to_the_channel_is_one_reply(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        thread = here.case.thread
        await here.slack.say(here.channel, here.anna, "both", thread_ts=thread, broadcast=True)
        await here.slack.settled()
        assert [type(event) for event in here.inbox.events] == [AgentReplied]


@pytest.mark.parametrize("note", [";; she is angry", "；；她很生气", " ；; both", ";;"])
async def test_a_note_stays_between_colleagues(tmp_path: Path, note: str) -> None:
    """B18: also one typed with a Chinese or Japanese keyboard's wide marks."""
    async with room(tmp_path) as here:
        await here.say(note)
        photo, thread = Upload("a.png", b"x", "image/png"), here.case.thread
        await here.slack.say(here.channel, here.anna, note, thread_ts=thread, files=[photo])
        await here.slack.say(here.channel, here.anna, note, thread_ts=thread, broadcast=True)
        await here.slack.settled()
        assert here.inbox.events == []


async def test_what_is_no_persons_reply_in_a_thread_is_ignored(tmp_path: Path) -> None:
    """B16, B17: bots, workflows, joins, our own posts, the channel itself and other channels."""
    async with room(tmp_path) as here:
        slack, thread = here.slack, here.case.thread
        await slack.say(here.channel, here.anna, "to the channel")
        await slack.other_app_says(here.channel, "beep", thread_ts=thread)
        await slack.say(slack.add_channel("other"), here.anna, "elsewhere")
        await slack.join(here.channel, slack.add_user("bob"))
        await here.desk.note(here.case, "ours", [key("n")])
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


async def test_a_guest_whom_the_team_let_into_the_channel_answers_like_anybody(
    tmp_path: Path,
) -> None:
    """B17: the desk channel's members decide who may answer; a thread that is no case is only
    known to the core, which ignores it."""
    async with room(tmp_path) as here:
        gil = here.slack.add_user("gil", real_name="Gil", guest=True)
        await here.slack.say(here.channel, gil, "hello", thread_ts=here.case.thread)
        await here.slack.settled()
        (event,) = here.inbox.events
        assert isinstance(event, AgentReplied)
        assert event.agent.name == "Gil"


async def test_who_writes_in_a_closed_case_is_told_that_nothing_was_sent(tmp_path: Path) -> None:
    """B17: the agent is told otherwise."""
    async with room(tmp_path) as here:
        here.inbox.outcome = Outcome.CASE_CLOSED
        await here.say("one more thing")
        await until(here.told)
        assert here.told()[0].startswith("This case is over; nothing was sent.")


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
        assert here.inbox.events == [replied(here, ts, "hello")]


async def test_edits_and_deletions_follow_and_previews_do_not(tmp_path: Path) -> None:
    """D10: edit policy."""
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
            replied(here, other, "two"),
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
    """B14: and no redirect is followed."""
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
                here.slack.faults.add("files.download", answer(302, Location=remote))
            case _:
                here.slack.faults.add("files.download", answer(500))
        with pytest.raises(FileUnavailable):
            _ = [chunk async for chunk in here.desk.fetch(remote)]


async def test_an_edit_of_a_reply_that_was_never_sent_is_answered_to_its_author(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as here:
        here.inbox.failures.append(TextTooLong(4000))
        ts = await here.say("too long")
        here.inbox.outcome = Outcome.IGNORED
        await here.slack.edit(here.channel, ts, "short")
        await until(lambda: inbound.EDITED_UNSENT in here.told())
        assert list(here.slack.message(here.channel, ts).reactions) == ["warning"]


async def test_an_order_that_comes_again_is_carried_out_once(tmp_path: Path) -> None:
    """D06: also an older one that comes after a newer one."""
    async with room(tmp_path) as here:
        for text in ("!claim", "!claim", "!bot"):
            await here.say(text)
        for delivery in list(here.slack.courier.sent):
            here.slack.courier.send_again(delivery.payload, fresh_id=True)
        await here.slack.settled()
        assert here.inbox.asked == len(here.inbox.events) == 3


async def test_a_light_bulb_asks_for_a_rule_of_the_answer_above_it(tmp_path: Path) -> None:
    """Whoever puts it there, and in the thread that the answer is in."""
    async with room(tmp_path) as here:
        ts = await here.say("Yes, we rent plants.")
        tom = here.slack.add_user("tom")
        for user, emoji in ((here.anna, "eyes"), (tom, "bulb")):
            await here.slack.react(here.channel, ts, user, emoji)
        await here.slack.settled()
        assert here.inbox.events[1:] == [AgentAskedForRule(here.case, ts, Agent(tom))]


async def test_a_light_bulb_elsewhere_asks_for_nothing(tmp_path: Path) -> None:
    """Not under the customer's line, the card, the channel itself or another channel."""
    async with room(tmp_path) as here:
        slack, case = here.slack, here.case
        ours = await here.desk.note(case, "ours", [key("n")])
        written = await slack.say(here.channel, here.anna, "to the channel")
        other = slack.add_channel("other")
        places = [(here.channel, ours.remote_id), (here.channel, case.thread)]
        places += [(here.channel, written)]
        places += [(other, await slack.say(other, here.anna, "elsewhere"))]
        for channel, ts in places:
            await slack.react(channel, ts, here.anna, "bulb")
        await slack.settled()
        assert here.inbox.events == []


@pytest.mark.parametrize("missing", ["scope", "event"])
async def test_an_app_installed_before_hears_of_no_reaction(missing: str, tmp_path: Path) -> None:
    """Slack tells only what the manifest asked for; everything else goes on."""
    scopes = ALL_BRIDGE_SCOPES - {"reactions:read"} if missing == "scope" else ALL_BRIDGE_SCOPES
    async with room(tmp_path, scopes=scopes) as here:
        if missing == "event":
            here.slack.courier.subscriptions -= {"reaction_added"}
        ts = await here.say("Yes, we rent plants.")
        await here.slack.react(here.channel, ts, here.anna, "bulb")
        await here.say("And pots.")
        assert [type(event) for event in here.inbox.events] == [AgentReplied, AgentReplied]


async def test_a_bulb_that_slack_cannot_explain_is_let_go(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        ts = await here.say("Yes, we rent plants.")
        here.slack.faults.add("conversations.replies", answer(500))
        await here.slack.react(here.channel, ts, here.anna, "bulb")
        await here.say("And pots.")
        assert [type(event) for event in here.inbox.events] == [AgentReplied, AgentReplied]
