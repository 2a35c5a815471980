"""The desk moves to another channel, or the bot to another workspace, while cases are open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from bridge.desk import SlackDesk
from bridge.moves import MOVED
from core.cases import Fate
from core.errors import OutcomeUnknown, SendLater, ThreadGone, Undeliverable
from core.messages import AgentReplied, Outcome
from core.settings.schema import Desk
from sandbox.faults import Effect, Fault
from tests.bridge.desks import CARD, Room, key, line, room
from tests.slack.house import now, services_of, until


@asynccontextmanager
async def desk_in(here: Room, channel: str) -> AsyncIterator[SlackDesk]:
    """What starts when the settings name another channel; the old desk has stopped."""
    desk = SlackDesk(here.app, Desk(channel=channel), services_of(here.shelf), pace=0)
    await desk.start(here.inbox)
    try:
        yield desk
    finally:
        await desk.stop()


@asynccontextmanager
async def moved(folder: Path) -> AsyncIterator[tuple[Room, SlackDesk]]:
    """A case in a channel where the desk is no more."""
    async with room(folder) as here:
        await here.slack.settled()
        await here.desk.stop()
        async with desk_in(here, here.slack.add_channel("agents")) as desk:
            yield here, desk


def said(here: Room) -> list[str]:
    return [event.text for event in here.inbox.events if isinstance(event, AgentReplied)]


async def test_replies_in_the_old_thread_are_taken_as_long_as_the_case_is_there(
    tmp_path: Path,
) -> None:
    """D09: those that were missed before the move as well, and in their order."""
    async with room(tmp_path) as here:
        await here.slack.settled()
        await here.desk.stop()
        await here.say_unheard("missed")
        async with desk_in(here, here.slack.add_channel("agents")):
            await until(lambda: said(here) == ["missed"])
            await here.say("live")
            assert said(here) == ["missed", "live"]


async def test_an_upgrade_with_the_move_knows_the_old_channel_by_its_cases(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.slack.settled()
        await here.desk.stop()
        here.shelf.values.clear()
        async with desk_in(here, here.slack.add_channel("agents")):
            await here.say("live")
            assert said(here) == ["live"]


async def test_what_is_for_the_old_thread_asks_for_a_new_one(tmp_path: Path) -> None:
    async with moved(tmp_path) as (here, desk):
        for sending in (
            desk.relay(here.case, [line("x")], [key("r")]),
            desk.note(here.case, "x", [key("n")]),
            desk.edit(here.case, "1.1", [line("x")]),
            desk.show_card(here.case, CARD),
        ):
            with pytest.raises(ThreadGone):
                await sending
        assert here.thread() == []


async def test_a_thread_is_not_left_before_what_agents_wrote_there_is_taken(
    tmp_path: Path,
) -> None:
    """D09: once the case is elsewhere, nobody could say whose answer it was."""
    async with room(tmp_path) as here:
        await here.slack.settled()
        await here.desk.stop()
        await here.slack.say(here.channel, here.anna, "in the gap", thread_ts=here.case.thread)
        here.slack.faults.add("conversations.replies", Fault(Effect.DELAY, seconds=1.0))
        async with desk_in(here, here.slack.add_channel("agents")) as desk:
            with pytest.raises(SendLater):
                await desk.relay(here.case, [line("x")], [key("r")])
            await until(lambda: said(here) == ["in the gap"])
            with pytest.raises(ThreadGone):
                await desk.relay(here.case, [line("x")], [key("r")])


async def test_an_agent_who_goes_on_in_a_thread_that_was_left_is_told(tmp_path: Path) -> None:
    async with moved(tmp_path) as (here, desk):
        ts = await here.say("taken")
        with pytest.raises(ThreadGone):
            await desk.relay(here.case, [line("x")], [key("r")])
        here.shelf.open.clear()
        here.inbox.outcome = Outcome.IGNORED
        for text in ("late", "!clsoe"):
            await here.say(text)
        await until(lambda: here.told() == [MOVED] * 2)
        await here.slack.edit(here.channel, ts, "taken, edited")
        await until(lambda: here.told() == [MOVED] * 3)


async def test_what_slack_brings_again_after_the_move_is_not_called_lost(tmp_path: Path) -> None:
    async with moved(tmp_path) as (here, desk):
        await here.say("taken")
        with pytest.raises(ThreadGone):
            await desk.relay(here.case, [line("x")], [key("r")])
        here.shelf.open.clear()
        here.inbox.events.clear()
        here.inbox.outcome = Outcome.IGNORED
        asked = here.inbox.asked
        here.slack.courier.send_again(here.slack.courier.sent[-1].payload)
        await here.slack.settled()
        assert here.inbox.asked == asked + 1
        await here.say("late")
        await until(lambda: here.told() == [MOVED])


@pytest.mark.parametrize("trouble", ["archived", "removed", "gone"])
async def test_an_old_channel_that_is_closed_to_us_holds_up_nothing(
    tmp_path: Path, trouble: str
) -> None:
    """D04: nobody will mend a channel that the desk has left."""
    async with room(tmp_path) as here:
        name = f"slack:{here.slack.team_id}:{here.channel}"
        await until(lambda: name in here.shelf.values)
        await here.slack.settled()
        await here.desk.stop()
        if trouble == "archived":
            here.slack.archive(here.channel)
        elif trouble == "removed":
            here.slack.remove_bot(here.channel)
        else:
            del here.slack.workspace.channels[here.channel]
        new = here.slack.add_channel("agents")
        async with desk_in(here, new) as desk:
            await until(lambda: f"slack:{here.slack.team_id}:{new}" in here.shelf.values)
            assert await desk.find(here.case, [key("r")], now()) == {}
            with pytest.raises(ThreadGone):
                await desk.relay(here.case, [line("x")], [key("r")])
            here.shelf.open.clear()  # a case that is over gets no other thread
            with pytest.raises(ThreadGone):
                await desk.note(here.case, "x", [key("n")])
            with pytest.raises(Undeliverable) as failed:
                await desk.mark(here.case, here.case.thread, Fate.DELIVERED)
            assert not failed.value.mendable
            assert not isinstance(failed.value, ThreadGone)
            assert desk.status.ok


async def test_a_case_that_is_over_shows_its_end_in_the_old_thread(tmp_path: Path) -> None:
    async with moved(tmp_path) as (here, desk):
        here.shelf.open.clear()
        await desk.show_card(here.case, CARD)
        receipt = await desk.note(here.case, "Not delivered.", [key("n")])
        assert [message.ts for message in here.thread()] == [receipt.remote_id]
        here.inbox.outcome = Outcome.CASE_CLOSED
        await here.say("Are you there?")
        await until(lambda: len(here.told()) == 1)


async def test_a_case_of_a_workspace_that_was_left_gets_a_thread_here(tmp_path: Path) -> None:
    """A15: its lines are not given up, and what is in doubt is sent again."""
    async with room(tmp_path) as here:
        elsewhere = structs.replace(here.case, workspace="T0OTHER")
        here.shelf.open[:] = [elsewhere]
        assert await here.desk.find(elsewhere, [key("r")], now()) == {}
        with pytest.raises(ThreadGone):
            await here.desk.relay(elsewhere, [line("x")], [key("r")])
        here.shelf.open.clear()
        with pytest.raises(ThreadGone):
            await here.desk.relay(elsewhere, [line("x")], [key("r")])


@pytest.mark.parametrize("lost", [False, True])
async def test_a_first_card_in_doubt_is_found_where_the_desk_was_just_before(
    tmp_path: Path, lost: bool
) -> None:
    """C15: its thread is a case's, so agents there are heard, and it moves like any other."""
    async with room(tmp_path) as here:
        since = now()
        here.slack.faults.add("chat.postMessage", Fault(Effect.ACCEPT_THEN_RESET))
        with pytest.raises(OutcomeUnknown):
            await here.desk.open_case(CARD, key("second"))
        await here.slack.settled()
        await here.desk.stop()
        if lost:
            here.slack.remove_bot(here.channel)
        async with desk_in(here, here.slack.add_channel("agents")) as desk:
            found = await desk.find(None, [key("second"), key("never")], since)
            root = here.slack.messages(here.channel)[1].ts
            there = {key("second"): structs.replace(here.case, thread=root)}
            assert found == ({} if lost else there)
            new = await desk.open_case(CARD, key("third"))
            assert await desk.find(None, [key("third")], since) == {key("third"): new}


async def test_what_customers_write_where_the_desk_was_is_left_to_their_channel(
    tmp_path: Path,
) -> None:
    others: list[Any] = []

    async def for_customers(body: Mapping[str, Any]) -> bool:
        others.append(body["event"].get("text"))
        return True

    async with moved(tmp_path) as (here, _):
        await here.app.attach(for_customers, lambda: asyncio.sleep(0))
        here.inbox.outcome = Outcome.IGNORED
        root = await here.slack.say(here.channel, here.anna, "Hello")
        await here.slack.say(here.channel, here.anna, "!help", thread_ts=root)
        await here.slack.say(here.channel, here.anna, "Anybody?", thread_ts=root)
        await here.slack.settled()
        assert others == ["Hello", "!help", "Anybody?"]
        assert here.told() == []
        await here.app.detach(for_customers)


async def test_a_desk_that_comes_back_finds_its_threads_as_they_were(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.slack.settled()
        await here.desk.stop()
        async with desk_in(here, here.slack.add_channel("agents")):
            pass
        async with desk_in(here, here.channel) as desk:
            await desk.relay(here.case, [line("x")], [key("r")])
            await here.say("live")
            assert said(here) == ["live"]
