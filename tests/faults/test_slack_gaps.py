"""What was written, changed and deleted in Slack while nobody of ours was listening.

What Slack cannot tell afterwards is out of reach: what an edited message had been before. So an
edited message that was never taken is not sent, because it may have been a note; its author is
told. A deletion is known by what customers have and the thread no longer shows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.faults import Effect, Fault
from sandbox.slack import Retries, SlackSandbox
from tests.faults.timed_house import TimedHouse
from tests.scenarios.house import until
from tests.slack.test_sending import answer, refused

READ = "conversations.history"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TimedHouse]:
    """Not open yet; people may write to the app in Slack."""
    house = TimedHouse(tmp_path)
    house.slack_customers = True
    yield house
    await house.close()


@asynccontextmanager
async def away(house: TimedHouse) -> AsyncIterator[None]:
    """The service is down meanwhile, and Slack gives up on what it could not deliver."""
    subscriptions = house.slack.courier.subscriptions
    await house.stop()
    house.slack.courier.subscriptions = frozenset()
    try:
        yield
    finally:
        house.slack.courier.subscriptions = subscriptions
        await house.start()


@asynccontextmanager
async def deaf(slack: SlackSandbox) -> AsyncIterator[None]:
    """The socket is there and brings nothing; then it is refreshed.

    Whatever else is announced meanwhile would come again only after a minute, so it is lost, too.
    """
    await slack.settled()
    subscriptions, slack.courier.subscriptions = slack.courier.subscriptions, frozenset()
    try:
        yield
    finally:
        await slack.disconnect()
        await until(lambda: any(c.ready for c in slack.sockets.connections), "a new socket")
        slack.courier.subscriptions = subscriptions


async def said(house: TimedHouse, peer: str) -> list[str]:
    return [m.text for m in await house.transcript(peer) if m.author.kind.value == "customer"]


async def test_what_agents_wrote_while_we_were_down_arrives_in_order(house: TimedHouse) -> None:
    """D09: in every open thread, also those that the channel's first page no longer shows."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
    async with away(house):
        for text in ("one", ";; note", "two"):
            await house.slack.say(house.desk, house.mia, text, thread_ts=card.ts)
        for number in range(210):
            await house.slack.say(house.desk, house.mia, f"lunch {number}")
        await house.slack.say(house.desk, house.mia, "three", thread_ts=card.ts)
    async with house.visitor(token=visitor.token) as again:
        await again.hears("three", "agent")
        heard = [text for _, kind, text in again.transcript() if kind == "agent"]
        assert heard == ["one", "two", "three"]
    await house.restart()
    async with house.visitor(token=visitor.token) as again:
        await house.slack.say(house.desk, house.mia, "four", thread_ts=card.ts)
        await again.hears("four", "agent")
        heard = [text for _, kind, text in again.transcript() if kind == "agent"]
        assert heard == ["one", "two", "three", "four"]


async def test_a_gap_of_the_socket_is_closed_on_both_sides_and_nothing_comes_twice(
    house: TimedHouse,
) -> None:
    """D05: agents' replies and customers' direct messages, once each, before what is new."""
    await house.open(gpt=False)
    ann = house.slack.add_user("ann")
    direct = house.slack.open_dm(ann)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        await house.slack.say(direct, ann, "hello")
        await until(lambda: house.answers(direct), "an answer")
        async with deaf(house.slack):
            await house.slack.say(house.desk, house.mia, "in the gap", thread_ts=card.ts)
            await house.slack.say(direct, ann, "shipping")
        await until(lambda: house.slack.sockets.connections, "a new socket")
        await house.slack.say(house.desk, house.mia, "after it", thread_ts=card.ts)
        await house.slack.say(direct, ann, "delivery")
        await visitor.hears("after it", "agent")
        await until(lambda: len(house.answers(direct)) >= 3, "three answers")
        heard = [text for _, kind, text in visitor.transcript() if kind == "agent"]
        assert heard == ["in the gap", "after it"]
        assert await said(house, direct) == ["hello", "shipping", "delivery"]
        assert len(house.answers(direct)) == 3


async def test_what_is_written_while_the_channel_is_about_to_start_is_answered(
    house: TimedHouse,
) -> None:
    """D05: the desk is connected already, and there is no cursor yet from which to catch up."""
    house.slack.courier.retries = Retries(ack_within=3.0, delays=(0.1,) * 80)
    house.slack.faults.add("auth.test", Fault(Effect.RESET))
    await house.open(gpt=False)
    ann = house.slack.add_user("ann")
    direct = house.slack.open_dm(ann)
    assert not (await house.service.readiness())["ready"]
    await house.slack.say(direct, ann, "hello")
    await until(lambda: house.answers(direct), "an answer")
    assert await said(house, direct) == ["hello"]


async def test_a_busy_slack_delays_the_catch_up_and_does_not_end_it(house: TimedHouse) -> None:
    """D09, D01: what has been read is not read again, and the rest follows."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
    async with away(house):
        await house.slack.say(house.desk, house.mia, "one", thread_ts=card.ts)
        await house.slack.say(house.desk, house.mia, "two", thread_ts=card.ts)
        house.slack.faults.add("conversations.replies", answer(429, Retry_After="1"))
    async with house.visitor(token=visitor.token) as again:
        await again.hears("two", "agent")
        heard = [text for _, kind, text in again.transcript() if kind == "agent"]
        assert heard == ["one", "two"]


async def test_a_reply_that_was_changed_while_we_were_down_is_changed(house: TimedHouse) -> None:
    """D10: the customer's copy follows when we are back."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        ts = await house.slack.say(house.desk, house.mia, "3 dyas", thread_ts=card.ts)
        await visitor.hears("3 dyas", "agent")
    async with away(house):
        await house.slack.edit(house.desk, ts, "3 days")
        await house.slack.say(house.desk, house.mia, "Sorry", thread_ts=card.ts)
    async with house.visitor(token=visitor.token) as again:
        await again.hears("Sorry", "agent")
        await again.see(lambda f: f.get("text") == "3 days", "the edit")
        heard = [text for _, kind, text in again.transcript() if kind == "agent"]
        assert heard in (["3 dyas", "Sorry"], ["3 days", "Sorry"])


async def test_a_reply_that_was_deleted_while_we_were_down_is_deleted(house: TimedHouse) -> None:
    """D10: the thread no longer shows what the customer has."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        ts = await house.slack.say(house.desk, house.mia, "wrong window", thread_ts=card.ts)
        await house.slack.say(house.desk, house.mia, "Hello", thread_ts=card.ts)
        await visitor.hears("Hello", "agent")
    async with away(house):
        await house.slack.delete(house.desk, ts)
    async with house.visitor(token=visitor.token) as again:
        await again.see(lambda f: f["type"] == "delete" or "deleted" in f, "the deletion")
        heard = [text for _, kind, text in again.transcript() if kind == "agent" and text]
        assert heard[-1] == "Hello"


async def test_direct_messages_keep_their_order_when_slack_is_slow_after_a_restart(
    house: TimedHouse,
) -> None:
    """D06, D09: many people have written; who goes on writing is read first, and in one call."""
    await house.open(gpt=False)
    ann = house.slack.add_user("ann")
    direct = house.slack.open_dm(ann)
    for number in range(6):
        other = house.slack.add_user(f"other{number}")
        await house.slack.say(house.slack.open_dm(other), other, "hello")
    for number in range(4):
        await house.slack.say(direct, ann, f"order 10000{number}")
    await until(lambda: len(house.answers(direct)) == 4, "the answers")
    async with away(house):
        for number in (4, 5):
            await house.slack.say(direct, ann, f"order 10000{number}")
        reads = len(house.slack.journal.of("conversations.replies"))
        house.slack.faults.add(READ, Fault(Effect.DELAY, seconds=1.0), times=3)
        house.slack.courier.retries = Retries(2.0, (0.0, 0.1, 0.1))
    await house.slack.say(direct, ann, "order 100006")
    await until(lambda: len(house.answers(direct)) == 7, "all answers")
    assert await said(house, direct) == [f"order 10000{number}" for number in range(7)]
    assert len(house.slack.journal.of("conversations.replies")) == reads


async def test_a_note_made_public_by_an_edit_stays_a_note_after_a_gap(house: TimedHouse) -> None:
    """B18: whoever reads the thread again sees no prefix, and must not send it."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        ts = await house.slack.say(house.desk, house.mia, ";; she is angry", thread_ts=card.ts)
        await house.slack.edit(house.desk, ts, "she is angry")
        await house.slack.settled()
        for answer_ in ("Hello", "Goodbye"):
            async with deaf(house.slack):
                await house.slack.say(house.desk, house.mia, answer_, thread_ts=card.ts)
            await visitor.hears(answer_, "agent")
        note = house.slack.message(house.desk, ts)
        await until(lambda: "warning" in note.reactions, "a warning")
        heard = [text for _, kind, text in visitor.transcript() if kind == "agent"]
        assert heard == ["Hello", "Goodbye"]
        told = [m.text for m in house.slack.workspace.channels[house.desk].ephemeral]
        assert len([text for text in told if "never sent" in text]) <= 1


async def test_a_claim_that_is_read_again_takes_no_case_from_a_colleague(
    house: TimedHouse,
) -> None:
    """D05: an order is carried out once, however often Slack and the catch-up bring it."""
    await house.open(gpt=False)
    bob = house.slack.add_user("bob", real_name="Bob Ray")
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        await house.slack.say(house.desk, house.mia, "!claim", thread_ts=card.ts)
        await visitor.hears("Mia")
        await house.slack.say(house.desk, bob, "I take over", thread_ts=card.ts)
        await visitor.hears("I take over", "agent")
        async with deaf(house.slack):
            await house.slack.say(house.desk, bob, "Here I am", thread_ts=card.ts)
        await visitor.hears("Here I am", "agent")
        # What a busy machine does not acknowledge in time comes again at once, not in a minute.
        house.slack.courier.retries = Retries(ack_within=3.0, delays=(0.1,) * 20)
        for delivery in list(house.slack.courier.sent):
            house.slack.courier.send_again(delivery.payload)
        await house.slack.settled(20.0)
        modes = [f for f in visitor.frames if f["type"] == "mode" and f.get("agent")]
        assert [f["agent"]["name"] for f in modes] == ["Mia Lindqvist", "Bob Ray"]


async def test_edits_deletions_and_a_deleted_root_change_what_they_name_and_no_more(
    house: TimedHouse,
) -> None:
    """D10: no crash, no second delivery, and the conversation goes on."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        first = await house.slack.say(house.desk, house.mia, "helo", thread_ts=card.ts)
        second = await house.slack.say(house.desk, house.mia, "wrong", thread_ts=card.ts)
        await visitor.hears("wrong", "agent")
        await house.slack.unfurl(house.desk, first)
        await house.slack.edit(house.desk, first, "hello")
        await house.slack.delete(house.desk, second)
        await house.slack.delete(house.desk, card.ts)
        edit = await visitor.see(lambda f: f["type"] == "edit", "the edit")
        gone = await visitor.see(lambda f: f["type"] == "delete", "the deletion")
        seqs = {text: seq for seq, _, text in visitor.transcript()}
        assert (edit["seq"], edit["text"]) == (seqs["helo"], "hello")
        assert gone["seq"] == seqs["wrong"]
        await visitor.say("thank you")
        await house.slack.say(house.desk, house.mia, "welcome", thread_ts=card.ts)
        await visitor.hears("welcome", "agent")
        said = [reply.blocks for reply in house.slack.thread(house.desk, card.ts) if reply.bot_id]
        await until(lambda: "thank you" in str(said[-1:]) or house.posted("thank you"), "the line")
        heard = [text for _, kind, text in visitor.transcript() if kind == "agent"]
        assert heard == ["helo", "wrong", "welcome"]
        assert house.posted("thank you") == 1


async def test_a_bot_that_was_left_out_of_the_channel_does_not_ask_again_and_again(
    house: TimedHouse,
) -> None:
    """D04: the catch-up waits longer and longer, and closes the gap when it may read again."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        async with deaf(house.slack):
            await house.slack.say(house.desk, house.mia, "in the gap", thread_ts=card.ts)
            house.slack.faults.add(READ, refused("not_in_channel"), times=9)
        await until(lambda: house.slack.faults.left(READ) < 9, "the refusal")
        await house.slack.say(house.desk, house.mia, "live", thread_ts=card.ts)
        await visitor.hears("live", "agent")
        assert house.slack.faults.left(READ) >= 7
