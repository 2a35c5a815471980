"""What customers wrote while nobody listened."""

from __future__ import annotations

from pathlib import Path

from core.errors import TooManyMessages
from core.messages import CustomerEdited
from sandbox.faults import Effect, Fault
from sandbox.slack.delivery import DEFAULT_EVENTS
from tests.slack.house import until
from tests.slack.test_connector import Shop, shop
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
