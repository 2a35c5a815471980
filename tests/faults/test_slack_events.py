"""What Slack sends twice, late, in the wrong order or not at all, and what we then make of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.faults import Effect, Fault
from sandbox.slack import Retries, State
from sandbox.slack.delivery import Delivery
from tests.faults.timed_house import TimedHouse
from tests.scenarios.house import until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TimedHouse]:
    """Not open yet; people may write to the app in Slack."""
    house = TimedHouse(tmp_path)
    house.slack_customers = True
    yield house
    await house.close()


async def opened(house: TimedHouse, *, http: bool = False, gpt: bool = False) -> tuple[str, str]:
    """Open the house; Ann and her direct conversation."""
    house.environ["SLACK_RECEIVE"] = "http" if http else "socket"
    await house.open(gpt=gpt)
    if http:
        house.slack.requests.events_url = f"{house.service.url}/slack/events"
    ann = house.slack.add_user("ann")
    return ann, house.slack.open_dm(ann)


async def said(house: TimedHouse, peer: str, kind: str) -> list[str]:
    return [m.text for m in await house.transcript(peer) if m.author.kind.value == kind]


async def test_the_same_message_under_eleven_ids_is_answered_once(house: TimedHouse) -> None:
    """D08: known by its place and time, whatever the event's id."""
    ann, direct = await opened(house)
    house.slack.courier.copies, house.slack.courier.fresh_ids = 11, True
    await house.slack.say(direct, ann, "hello")
    await house.slack.settled()
    house.slack.courier.copies = 1
    await house.slack.say(direct, ann, "shipping")
    await until(lambda: len(house.answers(direct)) >= 2, "both answers")
    assert [("how can I help?" in a, "3 days" in a) for a in house.answers(direct)] == [
        (True, False),
        (False, True),
    ]
    assert await said(house, direct, "customer") == ["hello", "shipping"]


async def test_a_mention_and_its_message_are_answered_once(house: TimedHouse) -> None:
    """D08: both events of the pair, and one answer."""
    ann, _ = await opened(house)
    shop = house.slack.add_channel("shop")
    root = await house.slack.say(shop, ann, f"<@{house.slack.bot_user_id}> hello")
    await house.slack.settled()
    events = [delivery.payload["event"] for delivery in house.slack.courier.sent[:2]]
    assert {event["type"] for event in events} == {"message", "app_mention"}
    await house.slack.say(shop, ann, "shipping", thread_ts=root)
    await until(lambda: len(house.answers(shop)) >= 2, "both answers")
    assert await said(house, f"{shop}:{root}", "customer") == ["hello", "shipping"]
    assert len(house.answers(shop)) == 2


async def test_envelopes_that_come_three_times_and_backwards_are_taken_in_order(
    house: TimedHouse,
) -> None:
    """D06: by Slack's timestamp, and each once, also when one comes again after its ack."""
    ann, direct = await opened(house)
    house.slack.courier.copies = 3
    house.slack.courier.hold()
    root = await house.slack.say(direct, ann, "hello 1")
    for number in range(2, 6):
        thread = root if number % 2 else None
        await house.slack.say(direct, ann, f"hello {number}", thread_ts=thread)
    house.slack.courier.release(lambda held: held[::-1])
    await house.slack.settled()
    for delivery in list(house.slack.courier.sent):
        house.slack.courier.send_again(delivery.payload, fresh_id=True)
    await house.slack.settled()
    assert await said(house, direct, "customer") == [f"hello {number}" for number in range(1, 6)]
    assert {d.state for d in house.slack.courier.sent} == {State.ACKNOWLEDGED}


async def test_a_line_behind_its_mention_is_not_missed(house: TimedHouse) -> None:
    """D06: a thread's second line counts because of its first, even when that comes after it."""
    ann, _ = await opened(house)
    shop = house.slack.add_channel("shop")
    house.slack.courier.hold()
    root = await house.slack.say(shop, ann, f"<@{house.slack.bot_user_id}> hello")
    await house.slack.say(shop, ann, "shipping", thread_ts=root)
    house.slack.courier.release(lambda held: held[::-1])
    await house.slack.settled()
    assert await said(house, f"{shop}:{root}", "customer") == ["hello", "shipping"]


async def test_twenty_agents_who_reply_at_once_are_all_heard_once_and_in_order(
    house: TimedHouse,
) -> None:
    """L10: in the order of Slack's timestamps, whatever the order of the events."""
    await opened(house)
    agents = [house.slack.add_user(f"agent{n}", real_name=f"Agent {n}") for n in range(20)]
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        house.slack.courier.hold()
        for number, agent in enumerate(agents):
            await house.slack.say(house.desk, agent, f"reply {number}", thread_ts=card.ts)
        house.slack.courier.release(lambda held: [*held[1::2], *held[::2]])
        await house.slack.settled(10)
        await visitor.see(
            lambda f: sum(k == "agent" for _, k, _ in visitor.transcript()) == 20, "20 replies"
        )
        heard = [text for _, kind, text in visitor.transcript() if kind == "agent"]
        assert heard == [f"reply {number}" for number in range(20)]


async def test_an_event_that_we_are_slow_to_take_is_retried_and_taken_once(
    house: TimedHouse,
) -> None:
    """D07: three retries of Slack's, one turn."""
    ann, direct = await opened(house, http=True)
    house.slack.courier.retries = Retries(ack_within=0.15, delays=(0.0, 0.0, 0.5))
    house.slack.faults.add("users.info", Fault(Effect.DELAY, seconds=0.5))
    await house.slack.say(direct, ann, "hello")
    await house.slack.settled()
    delivery = house.slack.courier.sent[0]
    assert delivery.failures[:2] == ["http_timeout", "http_timeout"]
    assert delivery.state is State.ACKNOWLEDGED
    assert await said(house, direct, "customer") == ["hello"]
    await until(lambda: house.answers(direct), "the answer")
    assert len(house.answers(direct)) == 1


async def test_an_event_is_acknowledged_without_waiting_for_gpt(house: TimedHouse) -> None:
    """D07: what takes seconds happens after the acknowledgement."""
    ann, direct = await opened(house, http=True, gpt=True)
    house.slack.courier.retries = Retries(ack_within=2.0, delays=())
    house.openai.faults.add("*", Fault(Effect.DELAY, seconds=0.5))
    await house.slack.say(direct, ann, "what do you think of ferns?")
    await house.slack.settled()
    assert {d.state for d in house.slack.courier.sent} == {State.ACKNOWLEDGED}
    assert await said(house, direct, "customer") == ["what do you think of ferns?"]
    assert await said(house, direct, "bot") == []
    await until(lambda: house.answers(direct), "GPT's answer")


async def test_a_request_that_is_played_again_changes_nothing(house: TimedHouse) -> None:
    """A03: acknowledged, so that Slack is content, and no second turn."""
    ann, direct = await opened(house, http=True)
    await house.slack.say(direct, ann, "hello")
    await house.slack.settled()
    body = json.dumps(house.slack.courier.sent[0].payload).encode()
    headers = {"Content-Type": "application/json", **house.slack.requests.signed(body)}
    url = house.slack.requests.events_url or ""
    async with aiohttp.ClientSession() as session:
        for _ in range(3):
            async with session.post(url, data=body, headers=headers) as response:
                assert response.status == 200
    await house.slack.say(direct, ann, "shipping")
    await until(lambda: len(house.answers(direct)) >= 2, "both answers")
    assert await said(house, direct, "customer") == ["hello", "shipping"]
    assert len(house.answers(direct)) == 2


async def test_an_equal_channel_and_time_in_another_workspace_is_another_thread(
    house: TimedHouse,
) -> None:
    """A15, A06: the workspace is part of every thread's and conversation's name."""
    ann, direct = await opened(house)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        elsewhere: dict[str, Any] = {
            "team_id": "T0OTHER",
            "context_team_id": "T0OTHER",
            "authorizations": [{"team_id": "T0OTHER"}],
        }
        house.slack.courier.hold()
        await house.slack.say(house.desk, house.mia, "not for you", thread_ts=card.ts)
        await house.slack.say(direct, ann, "not from here")

        def moved(held: list[Delivery]) -> list[Delivery]:
            for delivery in held:
                delivery.payload |= elsewhere
            return held

        house.slack.courier.release(moved)
        await house.slack.settled()
        await house.slack.say(house.desk, house.mia, "for you", thread_ts=card.ts)
        await visitor.hears("for you", "agent")
        assert [t for _, kind, t in visitor.transcript() if kind == "agent"] == ["for you"]
        assert await house.transcript(direct) == []
