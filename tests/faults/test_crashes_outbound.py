"""Killed between an answer and its customer: Slack is asked what arrived, Telegram cannot be.

On the web the transcript is the outbox: a tab asks for the numbers it has not seen, and shows
none twice.
"""

from __future__ import annotations

import asyncio

import pytest

from sandbox.faults import Effect, Fault
from sandbox.journal import Journal
from tests.faults import ledger
from tests.faults.invariants import check
from tests.faults.people import Customer, WebCustomer, seen
from tests.faults.points import Point, after, before
from tests.faults.town import CHANNELS, Town

SETTLED = 10.0  # seconds: no request of the life before can land any more
SENT = ("telegram", "slack")
METHOD = {"telegram": "sendMessage", "slack": "chat.postMessage"}


def journal(town: Town, channel: str) -> Journal:
    return town.telegram.journal if channel == "telegram" else town.slack.journal


def taken(town: Town, customer: Customer, text: str) -> int:
    """How often the customer's platform has accepted a message with `text`."""
    if isinstance(customer, WebCustomer):
        return sum(text in heard for heard in customer.heard())
    calls = journal(town, customer.channel).of(METHOD[customer.channel])
    return sum(text in str(call.arguments.get("text", "")) for call in calls)


def flagged(town: Town) -> int:
    return sum(bool(row["uncertain"]) for row in ledger.read(town.database).deliveries)


@pytest.fixture(params=["bot", "agent"])
def author(request: pytest.FixtureRequest) -> str:
    """Whose message is on its way."""
    return str(request.param)


async def prepare(town: Town, channel: str, author: str) -> Customer:
    """Somebody who is about to get a message by `author`."""
    customer = (await town.wake_up())[channel]
    if author == "agent":
        customer.say("help")
        await town.drained()
        await town.agent.reply(customer.name, town.agent.thread_of(customer.name))
        await town.drained()
    return customer


async def speak(town: Town, customer: Customer, author: str) -> str:
    """Cause the message; what is in its text."""
    if author == "bot":
        return f"Answer to {customer.say('rule')}."
    thread = town.agent.thread_of(customer.name)
    return "reply " + await town.agent.reply(customer.name, thread)


async def killed_at(town: Town, channel: str, author: str, point: Point) -> tuple[Customer, str]:
    customer = await prepare(town, channel, author)
    await town.frontdesk.restart(point)
    text = await speak(town, customer, author)
    await town.died()
    return customer, text


@pytest.mark.parametrize("words", ["rule", "gpt"])
@pytest.mark.parametrize("channel", CHANNELS)
async def test_an_answer_that_was_committed_is_delivered_once(
    town: Town, channel: str, words: str
) -> None:
    """C09: by the next life, and to a tab that comes back."""
    customer = (await town.wake_up())[channel]
    await town.frontdesk.restart(after("answer"))
    mark = customer.say(words)
    await town.died()
    await town.recover()
    assert taken(town, customer, mark) == 1
    check(town)


@pytest.mark.parametrize("channel", SENT)
async def test_a_part_that_was_marked_and_never_sent_is_sent_once(
    town: Town, channel: str, author: str
) -> None:
    """C10, C17: Slack has none, Telegram is flagged."""
    customer, text = await killed_at(town, channel, author, after("delivery sending"))
    assert taken(town, customer, text) == 0
    await town.recover(ahead=SETTLED)
    assert taken(town, customer, text) == 1
    assert flagged(town) == 1 if channel == "telegram" else True
    check(town)


async def test_a_request_that_slack_accepts_after_the_restart_is_found(town: Town) -> None:
    """C11: nobody sends again while the first request may still land."""
    customer = (await town.wake_up())["slack"]
    killed = town.kill_before(town.slack, "chat.postMessage")
    town.slack.faults.add("chat.postMessage", Fault(Effect.DELAY, seconds=4.0))
    mark = customer.say("rule")
    await asyncio.wait_for(killed.wait(), 5)
    landed = asyncio.get_running_loop().time() + 4.1
    await town.died()
    assert taken(town, customer, mark) == 0
    await town.recover()
    # Whoever does not wait is done before that, and must not pass for it.
    await asyncio.sleep(landed - asyncio.get_running_loop().time())
    assert taken(town, customer, mark) == 1
    check(town)


@pytest.mark.parametrize("channel", SENT)
async def test_a_part_whose_answer_was_never_heard_is_not_sent_again_where_we_can_ask(
    town: Town, channel: str, author: str
) -> None:
    """C11, C12, C17: Slack 0 repeats; Telegram takes the request when we are gone already, so it
    takes it twice, and this is flagged."""
    customer = await prepare(town, channel, author)
    killed = town.kill_when(
        journal(town, channel), lambda call: customer.name in str(call.arguments.get("text"))
    )
    text = await speak(town, customer, author)
    await asyncio.wait_for(killed.wait(), 5)
    await town.died()
    assert taken(town, customer, text) == 1
    await town.recover(ahead=SETTLED)
    assert taken(town, customer, text) == (2 if channel == "telegram" else 1)
    assert flagged(town) >= 1 if channel == "telegram" else True
    check(town)


@pytest.mark.parametrize("channel", SENT)
async def test_a_part_that_was_sent_and_not_noted_is_not_sent_again_where_we_can_ask(
    town: Town, channel: str, author: str
) -> None:
    """C12, C17: as above, with the answer read but not committed."""
    customer, text = await killed_at(town, channel, author, before("delivery sent"))
    assert taken(town, customer, text) == 1
    await town.recover(ahead=SETTLED)
    assert taken(town, customer, text) == (2 if channel == "telegram" else 1)
    check(town)


async def test_a_tab_shows_an_agents_reply_once_whenever_we_are_killed(town: Town) -> None:
    """C12, C17: the tab drops numbers it has seen and asks for those it has not."""
    customer, text = await killed_at(town, "web", "agent", after("agent reply"))
    await town.recover()
    assert taken(town, customer, text) == 1
    check(town)


@pytest.mark.parametrize("channel", SENT)
async def test_a_long_answer_goes_on_with_the_part_that_was_next(town: Town, channel: str) -> None:
    """C13: the order is kept, and no part comes twice."""
    customer = (await town.wake_up())[channel]
    await town.frontdesk.restart(after("delivery sent", 2))
    customer.say("long")
    await town.died()
    before_crash = len(customer.heard())
    assert before_crash == 1 + 2
    await town.recover(ahead=SETTLED)
    parts = [text for text in customer.heard() if "Paragraph" in text]
    assert len(parts) >= 3
    assert "".join(parts).count("Paragraph 8.") == 1
    assert flagged(town) == 0
    check(town)


async def test_a_part_that_kills_us_each_time_is_left_alone_and_told(town: Town) -> None:
    """C10, C12: Telegram is never given a third one; the agents are told."""
    customer, text = await killed_at(town, "telegram", "agent", before("delivery sent"))
    await town.frontdesk.start(before("delivery sent"), ready=False)
    await town.died()
    await town.recover()
    assert taken(town, customer, text) == 2
    thread = town.slack.thread(town.desk, town.agent.thread_of(customer.name))
    assert any("nobody knows whether it arrived" in seen(message) for message in thread)
    check(town)


async def test_a_repeat_that_never_began_is_no_reason_to_give_up(town: Town) -> None:
    """C10: killed after the doubt was noted and before the part was sent again."""
    point = after("delivery sending")
    customer, text = await killed_at(town, "telegram", "bot", point)
    await town.frontdesk.start(after("delivery doubted"), ready=False)
    await town.died()
    assert flagged(town) == 1
    await town.recover()
    assert taken(town, customer, text) == 1
    check(town)
