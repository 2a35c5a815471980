"""What customers wrote while nobody listened."""

from __future__ import annotations

from pathlib import Path

from core.errors import StoreUnavailable, TooManyMessages
from core.messages import Author, AuthorKind, ConversationId, CustomerEdited, Message
from sandbox.faults import Effect, Fault
from sandbox.slack import Retries
from sandbox.slack.delivery import DEFAULT_EVENTS
from tests.slack.house import now, until
from tests.slack.test_connector import Shop, reply, shop
from tests.slack.test_sending import answer


async def caught_up(here: Shop) -> None:
    name = f"slack:{here.slack.team_id}:direct"
    await until(lambda: name in here.shelf.values)


async def leave(here: Shop) -> None:
    """Stop, and have Slack send nothing of what happens from now on."""
    await here.slack.settled()
    await here.connector.stop()
    here.slack.courier.subscriptions = frozenset()


async def test_direct_messages_of_a_gap_are_taken_in_order(tmp_path: Path) -> None:
    """D09: threads too."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        first = await here.say(here.direct, "one")
        await leave(here)
        await here.slack.say(here.direct, here.ann, "two")
        await here.slack.say(here.direct, here.ann, "three", thread_ts=first)
        await here.slack.say(here.direct, here.ann, "four")
        here.slack.faults.add("conversations.list", answer(429, Retry_After="0"))
        await here.connector.start(here.inbox)
        await until(lambda: len(here.inbox.events) == 4)
        said = [getattr(event, "text", "") for event in here.inbox.events]
        assert said == ["one", "two", "three", "four"]


async def test_whoever_wrote_a_lot_in_a_gap_is_not_refused(tmp_path: Path) -> None:
    """D09: the customer's limit is waited for; a live message too many is refused."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        await leave(here)
        for text in ("one", "two"):
            await here.slack.say(here.direct, here.ann, text)
        here.inbox.failures.append(TooManyMessages(0.01))
        await here.connector.start(here.inbox)
        await until(lambda: len(here.inbox.events) == 2)
        assert here.slack.workspace.channels[here.direct].ephemeral == []


async def test_what_was_edited_in_a_gap_is_taken_as_it_reads_now(tmp_path: Path) -> None:
    """D09: what is known is changed, what is not known is new."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        ts = await here.say(here.direct, "helo")
        await leave(here)
        await here.slack.edit(here.direct, ts, "hello")
        await here.connector.start(here.inbox)
        await until(lambda: len(here.inbox.events) >= 3)
        assert here.inbox.events[-1] == CustomerEdited(
            here.address, f"{here.direct}:{ts}", "hello"
        )


async def test_a_missed_message_that_breaks_us_keeps_none_after_it_away(tmp_path: Path) -> None:
    """D09: what is broken is logged; the rest of the conversation is taken."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        await leave(here)
        for text in ("one", "two"):
            await here.slack.say(here.direct, here.ann, text)
        here.inbox.failures.append(RuntimeError("a bug"))
        await here.connector.start(here.inbox)
        await until(lambda: here.inbox.events)
        assert [getattr(event, "text", "") for event in here.inbox.events] == ["two"]


async def test_a_live_message_waits_for_those_that_were_missed(tmp_path: Path) -> None:
    """D06: also while Slack is slow to tell them."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        await leave(here)
        await here.slack.say(here.direct, here.ann, "missed")
        here.slack.faults.add("conversations.list", Fault(Effect.DELAY, seconds=0.3))
        here.slack.courier.subscriptions = DEFAULT_EVENTS
        await here.connector.start(here.inbox)
        await here.say(here.direct, "live")
        await until(lambda: len(here.inbox.events) == 2)
        assert [getattr(e, "text", "") for e in here.inbox.events] == ["missed", "live"]


async def test_a_live_message_does_not_pass_when_the_reading_takes_too_long(
    tmp_path: Path,
) -> None:
    """D06, D07: it is not acknowledged, and found by the reading or sent again."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        await leave(here)
        for text in ("one", "two"):
            await here.slack.say(here.direct, here.ann, text)
        here.slack.faults.add("conversations.history", Fault(Effect.DELAY, seconds=1.2))
        here.slack.courier.subscriptions = DEFAULT_EVENTS
        here.slack.courier.retries = Retries(2.0, (0.0, 0.1))
        await here.connector.start(here.inbox)
        await here.slack.say(here.direct, here.ann, "live")
        await until(lambda: len(here.inbox.events) == 3)
        assert [getattr(e, "text", "") for e in here.inbox.events] == ["one", "two", "live"]


async def test_threads_in_which_only_we_have_written_are_not_read(tmp_path: Path) -> None:
    """D09: a start reads little, although everybody is answered in a thread."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        root = ""
        for number in range(5):
            root = await here.say(here.direct, f"question {number}")
            await here.connector.send(
                here.address, reply("answer", key=f"k{number}", context=root)
            )
        await leave(here)
        await here.slack.say(here.direct, here.ann, "in a thread", thread_ts=root)
        await here.slack.say(here.direct, here.ann, "missed")
        reads = len(here.slack.journal.of("conversations.replies"))
        await here.connector.start(here.inbox)
        await until(lambda: len(here.inbox.events) == 7)
        assert len(here.slack.journal.of("conversations.replies")) == reads + 1


async def test_what_is_stored_is_not_taken_again(tmp_path: Path) -> None:
    """D09: a start begins where the newest stored line of a conversation was written."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        ts = await here.say(here.direct, "stored")
        await leave(here)
        customer, id = Author(AuthorKind.CUSTOMER), f"{here.direct}:{float(ts) + 60:.6f}"
        line = Message(ConversationId(1), 1, customer, "later", now(), external_id=id)
        here.shelf.known.add(here.address)
        here.shelf.lines.append(line)
        here.inbox.events.clear()
        name = f"slack:{here.slack.team_id}:direct"
        before = here.shelf.values[name]
        await here.connector.start(here.inbox)
        await until(lambda: here.shelf.values[name] != before)
        assert here.inbox.events == []


async def test_what_the_store_refused_is_taken_when_it_works_again(tmp_path: Path) -> None:
    """D24: also when Slack has given up, and before anything newer."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        here.slack.courier.retries = Retries(0.2, ())
        here.inbox.failures = [StoreUnavailable("the disk is full")] * 2
        await here.say(here.direct, "during the trouble")
        await here.say(here.direct, "and after")
        await until(lambda: len(here.inbox.events) == 2)
        said = [getattr(event, "text", "") for event in here.inbox.events]
        assert said == ["during the trouble", "and after"]


async def test_a_thread_in_a_channel_goes_on_with_what_was_refused(tmp_path: Path) -> None:
    """D24, D06: a mention that the store refused comes before the lines after it."""
    async with shop(tmp_path) as here:
        await caught_up(here)
        place = here.slack.add_channel("plants")
        here.slack.courier.retries = Retries(0.2, ())
        here.inbox.failures = [StoreUnavailable("the disk is full")] * 2
        root = await here.say(place, f"<@{here.slack.bot_user_id}> one")
        await here.say(place, f"<@{here.slack.bot_user_id}> two", thread_ts=root)
        await until(lambda: len(here.inbox.events) == 2)
        assert [getattr(event, "text", "") for event in here.inbox.events] == ["one", "two"]
