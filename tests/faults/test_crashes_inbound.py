"""Killed between a customer's line and its answer: it is answered once, whoever sends it again.

A rule's answer is stored in one commit with the line it answers, before the acknowledgement, so
for rules "stored" and "answered" are the same boundary.
"""

from __future__ import annotations

import pytest

from sandbox.openai import Turn
from sandbox.slack import State
from tests.faults import ledger
from tests.faults.invariants import check
from tests.faults.people import Customer, WebCustomer
from tests.faults.points import Point, after, before
from tests.faults.process import until
from tests.faults.town import CHANNELS, Town

ENTRANCES = {
    "web": ("web", "connectors.web.intake:Intake.take"),
    "telegram": ("telegram", "connectors.telegram.intake:Intake.take"),
    "telegram webhook": ("telegram", "connectors.telegram.webhook:Webhook._is_genuine"),
    "slack": ("slack", "connectors.slack.app:SlackApp._take_envelope"),
    "slack events": ("slack", "connectors.slack.endpoint:is_genuine"),
}


def acknowledged(town: Town, customer: Customer) -> bool:
    """Whether the platform, or the tab, believes that the newest line is taken."""
    match customer.channel:
        case "web":
            assert isinstance(customer, WebCustomer)
            return not customer.unacknowledged
        case "telegram":
            return town.telegram.pending_updates == 0
        case _:
            return any(
                delivery.state is State.ACKNOWLEDGED
                for delivery in town.slack.courier.sent
                if customer.said[-1] in str(delivery.payload)
            )


async def dies_at(town: Town, point: Point, customer: Customer, words: str) -> None:
    """The service is started anew, the customer writes, and at `point` it is killed."""
    await town.frontdesk.restart(point)
    customer.say(words)
    await town.died()


@pytest.mark.parametrize("entrance", ENTRANCES)
async def test_a_request_that_was_only_read_leaves_nothing_and_comes_again(
    town: Town, entrance: str
) -> None:
    """C01: no row, no acknowledgement; the platform or the tab sends it again."""
    channel, place = ENTRANCES[entrance]
    if entrance in ("telegram webhook", "slack events"):
        town.receive_over_http()
    customer = (await town.wake_up())[channel]
    await dies_at(town, before(place), customer, "rule")
    assert customer.said[-1] not in ledger.stored_marks(town.database)
    assert not acknowledged(town, customer)
    await town.recover()
    check(town)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_line_that_was_not_committed_is_not_acknowledged_and_comes_again(
    town: Town, channel: str
) -> None:
    """C02: one row after the platform has sent it again."""
    customer = (await town.wake_up())[channel]
    await dies_at(town, before("customer message"), customer, "rule")
    assert customer.said[-1] not in ledger.stored_marks(town.database)
    assert not acknowledged(town, customer)
    await town.recover()
    check(town)


@pytest.mark.parametrize("words", ["rule", "gpt"])
@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_line_that_was_stored_but_not_acknowledged_is_recognised_when_it_comes_again(
    town: Town, channel: str, words: str
) -> None:
    """C03: the same row, acknowledged, and no second turn."""
    customer = (await town.wake_up())[channel]
    await dies_at(town, after("customer message"), customer, words)
    assert customer.said[-1] in ledger.stored_marks(town.database)
    assert not acknowledged(town, customer)
    await town.recover()
    assert acknowledged(town, customer)
    check(town)


async def test_updates_that_were_stored_before_the_offset_moved_are_recognised(
    town: Town,
) -> None:
    """C03: Telegram gives them once more, and they change nothing."""
    customer = (await town.wake_up())["telegram"]
    await dies_at(town, before("telegram offset"), customer, "rule")
    assert town.telegram.pending_updates == 1
    await town.recover()
    check(town)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_turn_that_nobody_had_begun_begins_with_the_next_start(
    town: Town, channel: str
) -> None:
    """C04: acknowledged, pending in the store, answered though nobody writes again."""
    customer = (await town.wake_up())[channel]
    await dies_at(town, before("turn claimed"), customer, "gpt")
    assert customer.said[-1] in ledger.stored_marks(town.database)
    assert acknowledged(town, customer)
    await town.frontdesk.start()
    await town.drained()
    check(town)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_rules_answer_that_was_not_committed_is_given_once(
    town: Town, channel: str
) -> None:
    """C05: here the rule's answer waits for GPT's, and both are lost with one commit."""
    customer = (await town.wake_up())[channel]
    town.openai.script(Turn("Never shown.", seconds_before=0.3))
    await town.frontdesk.restart(before("answer"))
    customer.say("gpt")
    await until(lambda: town.openai.journal.of("chat.completions"), "the question to GPT")
    customer.say("rule")
    await town.died()
    await town.recover()
    assert [text for text in customer.heard() if "Never" in text] == []
    check(town)
