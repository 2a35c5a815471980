"""Where more is written to the desk than Slack takes, a thread's waiting lines become one post.

Slack takes about one post a second in a channel, whatever the number of cases that are open there;
one by one, a busy hour's lines would reach the agents minutes late.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from connectors.slack.pacer import Rate
from sandbox.faults import Effect, Fault
from tests.faults.timed_house import TimedHouse
from tests.scenarios.house import SETTINGS, until
from tests.scenarios.visitor import Visitor
from tests.slack.test_sending import refused

POST = "chat.postMessage"
SETTLED = 10  # seconds; the platform's timeout and the time for a late acceptance
THREE = "two\nthree\nfour"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TimedHouse]:
    """Not open yet; a thread's root, its transcript and one line may be posted at once."""
    house = TimedHouse(tmp_path)
    house.write_settings(SETTINGS.replace("platform: 2s", "platform: 300ms"))
    house.rate = Rate(0.6, 3)
    yield house
    await house.close()


async def say(visitor: Visitor, *lines: str) -> None:
    for line in lines:
        await visitor.say(line)


async def test_lines_that_wait_for_their_second_go_out_together(house: TimedHouse) -> None:
    """L07: in their order, each once, and the next one alone again."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        await say(visitor, "one")
        await house.in_thread("one")
        await say(visitor, "two", "three", "four")
        await house.in_thread("four")
        await say(visitor, "five")
        await house.in_thread("five")
    assert house.lines(card) == ["one", THREE, "five"]
    await until(lambda: not house.unsent(), "the notes of all that")


async def test_a_post_of_several_lines_whose_answer_was_lost_settles_them_all(
    house: TimedHouse,
) -> None:
    """D03, L07: found by its key, and none of its lines is sent again."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        await say(visitor, "one")
        await house.in_thread("one")
        house.slack.faults.add(POST, Fault(Effect.ACCEPT_THEN_RESET))
        await say(visitor, "two", "three", "four")
        await until(lambda: house.doubtful() == 3, "the doubt")
        await say(visitor, "five")
        house.later(SETTLED)
        await house.in_thread("five")
    assert house.lines(card) == ["one", THREE, "five"]
    assert house.posted("two") == 1


async def test_a_post_of_several_lines_that_never_arrived_is_sent_again_as_it_was(
    house: TimedHouse,
) -> None:
    """D02, L07: without what was written meanwhile, in case the first is found after all."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        await say(visitor, "one")
        await house.in_thread("one")
        house.slack.faults.add(POST, Fault(Effect.RESET))
        await say(visitor, "two", "three", "four")
        await until(lambda: house.doubtful() == 3, "the doubt")
        await say(visitor, "five")
        house.later(SETTLED)
        await house.in_thread("five")
    assert house.lines(card) == ["one", THREE, "five"]


async def test_a_line_that_slack_refuses_holds_up_no_other_for_long(house: TimedHouse) -> None:
    """D10, L07: after a few tries together each line goes alone."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        await say(visitor, "one")
        await house.in_thread("one")
        house.slack.faults.add(POST, refused("invalid_blocks"), times=3)
        await say(visitor, "two", "three", "four")
        for left in (2, 1, 0):
            await until(partial(house.refused_down_to, POST, left), "a refusal")
            house.later(60)
        await house.in_thread("four")
    first, second, *_ = house.lines(card)
    assert (first, second) == ("one", "two")


async def test_a_line_that_is_changed_is_changed_among_those_it_went_with(
    house: TimedHouse,
) -> None:
    await house.open(telegram=True, gpt=False)
    li = house.telegram.add_customer("Li")
    house.telegram.say(li, "human")
    card = await house.card()
    await house.in_thread("human")
    house.telegram.say(li, "one")
    await house.in_thread("one")
    ids = [house.telegram.say(li, text) for text in ("two", "three", "four")]
    await house.in_thread("four")
    assert house.lines(card) == ["one", THREE]
    house.telegram.edit(li, ids[1], "drei")
    await house.in_thread("drei")
    assert house.lines(card) == ["one", "two\ndrei (edited)\nfour"]
