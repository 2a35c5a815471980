"""What agents did while nobody listened, and how much of Slack is asked to find it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from core.cases import Fate
from core.errors import StoreUnavailable, Undeliverable
from core.messages import AgentCommanded, AgentDeleted, AgentEdited, AgentReplied
from sandbox.faults import Effect, Fault
from sandbox.journal import Call
from sandbox.slack import Retries
from sandbox.slack.delivery import DEFAULT_EVENTS
from tests.bridge.desks import CARD, key, line, room
from tests.slack.house import until
from tests.slack.test_sending import answer, refused


async def test_what_was_written_while_we_were_away_is_taken_in_order(tmp_path: Path) -> None:
    """D09: orders too, and notes stay notes."""
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
        first = [e for e in here.inbox.events if getattr(e, "case", None) == here.case]
        said = [event.text for event in first if isinstance(event, AgentReplied)]
        assert said == ["zero", "one", "two"]
        assert isinstance(first[3], AgentCommanded)
        (other,) = [event for event in here.inbox.events if event not in first]
        assert isinstance(other, AgentReplied)
        assert (other.case, other.text) == (second, "other")


async def test_a_desk_that_starts_on_a_connection_of_others_catches_up_too(tmp_path: Path) -> None:
    """D09: customers write to the same app, so it was connected already."""

    async def for_nobody(_body: Mapping[str, Any]) -> bool:
        return False

    async with room(tmp_path) as here:
        await here.app.attach(for_nobody, lambda: asyncio.sleep(0))
        await here.say("zero")
        await here.desk.stop()
        await here.slack.say(here.channel, here.anna, "one", thread_ts=here.case.thread)
        await here.slack.settled()
        await here.desk.start(here.inbox)
        await until(lambda: len(here.inbox.events) == 2)
        assert [getattr(event, "text", "") for event in here.inbox.events] == ["zero", "one"]
        await here.app.detach(for_nobody)


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
    """D05: catch-up after a new connection."""
    async with room(tmp_path) as here:
        here.slack.courier.subscriptions = frozenset()
        await here.slack.say(here.channel, here.anna, "in the gap", thread_ts=here.case.thread)
        here.slack.faults.add("conversations.replies", answer(429, Retry_After="0"))
        await here.slack.disconnect()
        await until(lambda: here.inbox.events, within=10)
        assert [getattr(e, "text", "") for e in here.inbox.events] == ["in the gap"]


async def test_an_edit_made_while_the_desk_starts_is_not_lost(tmp_path: Path) -> None:
    """D09: before the desk knows its channel, nothing of a channel is acknowledged."""
    async with room(tmp_path) as here:
        await here.slack.settled()
        await here.desk.stop()
        slow = Fault(Effect.DELAY, seconds=0.3)
        here.slack.faults.add("conversations.info", slow)
        here.slack.courier.retries = Retries(0.2, (0.1, 0.1, 0.1))
        starting = asyncio.create_task(here.desk.start(here.inbox))
        await until(lambda: here.slack.sockets.connections)
        ts = await here.slack.say(here.channel, here.anna, "helo", thread_ts=here.case.thread)
        await here.slack.edit(here.channel, ts, "hello")
        await starting
        await here.slack.settled()
        assert AgentEdited(here.case, ts, "hello") in here.inbox.events


async def test_threads_of_a_workspace_that_was_left_are_neither_read_nor_written_to(
    tmp_path: Path,
) -> None:
    """A15: the same channel and time in another workspace is another thread."""
    async with room(tmp_path) as here:
        await here.desk.stop()
        here.shelf.open[:] = [structs.replace(here.case, workspace="T0OTHER")]
        await here.slack.say(here.channel, here.anna, "hello", thread_ts=here.case.thread)
        reads = len(here.slack.journal.of("conversations.replies"))
        name = f"slack:{here.slack.team_id}:{here.channel}"
        here.shelf.values.clear()
        await here.desk.start(here.inbox)
        await until(lambda: name in here.shelf.values)
        assert len(here.slack.journal.of("conversations.replies")) == reads
        (elsewhere,) = here.shelf.open
        for sending in (
            here.desk.relay(elsewhere, [line("x")], [key("r")]),
            here.desk.note(elsewhere, "x", [key("n")]),
            here.desk.edit(elsewhere, "1.1", [line("x")]),
            here.desk.show_card(elsewhere, CARD),
            here.desk.mark(elsewhere, "1.1", Fate.DELIVERED),
        ):
            with pytest.raises(Undeliverable):
                await sending


async def test_a_missed_message_that_breaks_us_keeps_none_after_it_away(tmp_path: Path) -> None:
    """D09: what is broken is logged; the rest of the thread is taken."""
    async with room(tmp_path) as here:
        await here.desk.stop()
        for text in ("one", "two"):
            await here.slack.say(here.channel, here.anna, text, thread_ts=here.case.thread)
        here.inbox.failures.append(RuntimeError("a bug"))
        await here.desk.start(here.inbox)
        await until(lambda: here.inbox.events)
        assert [getattr(event, "text", "") for event in here.inbox.events] == ["two"]


async def test_what_the_catch_up_has_read_is_not_read_again_when_slack_is_busy(
    tmp_path: Path,
) -> None:
    """D09, D01: with many threads it would never end otherwise."""
    async with room(tmp_path) as here:
        cases = [await here.desk.open_case(CARD, key(f"c{n}")) for n in range(3)]
        here.shelf.open += cases
        await here.desk.stop()
        here.shelf.values.clear()
        read: list[str] = []

        def note(call: Call) -> None:
            if call.method == "conversations.replies":
                read.append(str(call.arguments["ts"]))

        here.slack.journal.listen(note)
        busy = answer(429, Retry_After="1")
        here.slack.journal.listen(
            lambda call: (
                here.slack.faults.add("conversations.replies", busy)
                if len(read) == 1 and call.method == "conversations.replies"
                else None
            )
        )
        await here.desk.start(here.inbox)
        await until(lambda: len(read) >= 4)
        assert sorted(read) == sorted(case.thread for case in here.shelf.open)


async def test_a_live_reply_waits_for_those_that_were_missed_and_for_nothing_else(
    tmp_path: Path,
) -> None:
    """D06, D09: a thread is read once, and then its replies are taken as they come."""
    async with room(tmp_path) as here:
        await here.slack.settled()
        await here.desk.stop()
        await here.say_unheard("missed")
        here.slack.faults.add("conversations.replies", Fault(Effect.DELAY, seconds=0.3))
        await here.desk.start(here.inbox)
        for text in ("live", "and more"):
            await here.say(text)
        said = [getattr(event, "text", "") for event in here.inbox.events]
        assert said == ["missed", "live", "and more"]
        assert len(here.slack.journal.of("conversations.replies")) == 1


async def test_a_live_reply_does_not_pass_when_the_thread_cannot_be_read_in_time(
    tmp_path: Path,
) -> None:
    """C16, D09: it is not acknowledged, and found by the reading or sent again."""
    async with room(tmp_path) as here:
        await here.slack.settled()
        await here.desk.stop()
        here.slack.courier.subscriptions = frozenset()
        for text in ("No.", "Do not pay that invoice."):
            await here.slack.say(here.channel, here.anna, text, thread_ts=here.case.thread)
        here.slack.courier.subscriptions = DEFAULT_EVENTS
        here.slack.courier.retries = Retries(2.0, (0.0, 0.1))
        here.slack.faults.add("conversations.replies", Fault(Effect.DELAY, seconds=1.2))
        await here.desk.start(here.inbox)
        live = "Pay the one I send you now."
        await here.slack.say(here.channel, here.anna, live, thread_ts=here.case.thread)
        await until(lambda: len(here.inbox.events) == 3)
        said = [getattr(event, "text", "") for event in here.inbox.events]
        assert said == ["No.", "Do not pay that invoice.", live]


async def test_a_reply_that_the_store_refused_is_taken_when_it_works_again(
    tmp_path: Path,
) -> None:
    """D24, D09: also when Slack has given up, and before the next reply."""
    async with room(tmp_path) as here:
        await here.slack.settled()
        here.slack.courier.retries = Retries(0.2, ())
        here.inbox.failures = [StoreUnavailable("the disk is full")] * 2
        for text in ("during the trouble", "and after"):
            await here.say(text)
        await until(lambda: len(here.inbox.events) == 2)
        said = [getattr(event, "text", "") for event in here.inbox.events]
        assert said == ["during the trouble", "and after"]


async def test_what_an_agent_deleted_or_edited_in_a_gap_is_followed(tmp_path: Path) -> None:
    """D10: a reply that customers have and the thread no longer shows was deleted."""
    async with room(tmp_path) as here:
        kept, gone = await here.say("It costs 5"), await here.say("wrong window")
        here.shelf.said = [kept, gone]
        await here.desk.stop()
        await here.slack.edit(here.channel, kept, "It costs 50")
        await here.slack.delete(here.channel, gone)
        await here.desk.start(here.inbox)
        await until(lambda: len(here.inbox.events) == 4)
        changes = here.inbox.events[2:]
        assert changes == [
            AgentDeleted(here.case, gone),
            AgentEdited(here.case, kept, "It costs 50"),
        ]


async def test_a_thread_that_is_gone_altogether_deletes_nothing(tmp_path: Path) -> None:
    """D10: whoever throws away a thread has not taken back its answers."""
    async with room(tmp_path) as here:
        ts = await here.say("It costs 5")
        here.shelf.said = [ts]
        name = f"slack:{here.slack.team_id}:{here.channel}"
        await until(lambda: name in here.shelf.values)
        await here.desk.stop()
        before = here.shelf.values[name]
        here.slack.faults.add("conversations.replies", refused("thread_not_found"))
        await here.desk.start(here.inbox)
        await until(lambda: here.shelf.values[name] != before)
        assert here.inbox.events == [e for e in here.inbox.events if isinstance(e, AgentReplied)]
