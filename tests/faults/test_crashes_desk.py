"""Killed while a case is opened, answered or closed: one thread, each line once, in order."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults import ledger
from tests.faults.invariants import check
from tests.faults.people import Customer
from tests.faults.points import Point, after, before
from tests.faults.process import until
from tests.faults.town import CHANNELS, Town

_UNDER_WAY = "SELECT count(*) FROM deliveries WHERE kind = 'relay' AND state = 'sending'"
SETTLED = 10.0  # seconds: no request of the life before can land any more


def roots(town: Town) -> int:
    return len([m for m in town.slack.messages(town.desk) if m.bot_id])


async def handed_over(town: Town, channel: str) -> Customer:
    """Somebody with an open case that an agent has answered in."""
    customer = (await town.wake_up())[channel]
    customer.say("help")
    await town.drained()
    await town.agent.reply(customer.name, town.agent.thread_of(customer.name))
    await town.drained()
    return customer


@pytest.mark.parametrize(
    "point",
    [after("case opened"), after("delivery sending"), before("case ref"), after("case ref")],
    ids=["committed", "being posted", "posted", "stored"],
)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_case_gets_one_thread_and_its_lines_in_order(
    town: Town, channel: str, point: Point
) -> None:
    """C14, C15: the root is found by what it carries; no second thread."""
    customer = (await town.wake_up())[channel]
    await town.frontdesk.restart(point)
    customer.say("help")
    await town.died()
    for _ in range(2):
        customer.say("more")
    await town.recover(ahead=SETTLED)
    assert roots(town) == 1
    check(town)


async def test_a_root_that_slack_took_when_we_were_gone_is_found(town: Town) -> None:
    """C15: killed before the answer came."""
    customer = (await town.wake_up())["web"]
    killed = town.kill_before(town.slack, "chat.postMessage")
    customer.say("help")
    await asyncio.wait_for(killed.wait(), 5)
    await town.died()
    await until(lambda: roots(town) == 1, "the thread's root")
    await town.recover(ahead=SETTLED)
    assert roots(town) == 1
    check(town)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_lines_that_went_out_as_one_post_are_settled_as_one(town: Town, moment: str) -> None:
    """C14, L07: more lines than Slack lets us post; killed before or after it took several."""
    customer = (await town.wake_up())["web"]
    customer.say("help")
    await town.drained()
    killed = asyncio.Event()

    def look(_: object) -> None:
        if not killed.is_set() and ledger.ask(town.database, _UNDER_WAY) > 1:
            town.frontdesk.kill()
            killed.set()

    (town.slack.faults if moment == "before" else town.slack.journal).listen(look)
    for _ in range(9):
        customer.say("more")
    await asyncio.wait_for(killed.wait(), 10)
    await town.died()
    await town.recover(ahead=SETTLED)
    check(town)


@pytest.mark.parametrize("point", [before("agent reply"), after("agent reply")], ids=str)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_an_agents_reply_that_was_not_acknowledged_is_delivered_once(
    town: Town, channel: str, point: Point
) -> None:
    """C16: Slack sends the event again, and it is recognised."""
    customer = await handed_over(town, channel)
    await town.frontdesk.restart(point)
    mark = await town.agent.reply(customer.name, town.agent.thread_of(customer.name))
    await town.died()
    await town.recover(ahead=SETTLED)
    assert sum(mark in text for text in customer.heard()) == 1
    check(town)


async def test_replies_written_while_we_were_down_arrive_before_the_next_one(town: Town) -> None:
    """C16: what Slack gave up is read from the thread, and keeps its place."""
    customer = await handed_over(town, "web")
    thread = town.agent.thread_of(customer.name)
    town.frontdesk.kill()
    await town.died()
    town.slack.courier.retries = type(town.slack.courier.retries)(ack_within=1.0, delays=())
    for _ in range(3):
        await town.agent.reply(customer.name, thread)
    await town.slack.courier.idle.wait()
    await town.frontdesk.start()
    await town.agent.reply(customer.name, thread)
    await town.drained()
    check(town)


@pytest.mark.parametrize("point", [None, before("case closed"), after("case closed")], ids=str)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_line_and_a_close_at_the_same_moment_have_one_order(
    town: Town, channel: str, point: Point | None
) -> None:
    """C18: what comes before the close stands in the thread, what comes after it is the bot's;
    the customer hears of the close either way."""
    customer = await handed_over(town, channel)
    if point is not None:
        await town.frontdesk.restart(point)
    thread = town.agent.thread_of(customer.name)
    customer.say("rule")
    await town.agent.command(thread, "!close")
    customer.say("rule")
    if point is not None:
        await town.died()
        await town.recover(ahead=SETTLED)
    await until(lambda: closed(town), "the close")
    await town.drained()
    told = [m for m in ledger.read(town.database).messages if m["answered_by"] == "texts:closed"]
    assert len(told) == 1
    assert any(told[0]["text"] in text for text in customer.heard())
    check(town)


def closed(town: Town) -> bool:
    return bool(ledger.ask(town.database, "SELECT count(closed_at) FROM cases"))
