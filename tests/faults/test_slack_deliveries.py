"""What becomes of a post when Slack is busy, broken, or closed to us.

Whatever may have arrived is looked up in Slack before it is sent again, so that nothing comes
twice; and what follows in the same conversation waits for it, so that nothing overtakes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import pytest

from connectors.slack.pacer import Rate
from sandbox.faults import Effect, Fault
from sandbox.slack import Limits
from sandbox.slack.limits import Rate as Limit
from tests.faults.timed_house import TimedHouse, used_up
from tests.scenarios.house import SETTINGS, shown, until
from tests.slack.test_sending import answer, refused

POST = "chat.postMessage"
SETTLED = 10  # seconds; the platform's timeout and the time for a late acceptance
QUIET_FAILURES = [
    answer(500, "<html>"),
    answer(503),
    answer(200),
    refused("internal_error"),
    refused("fatal_error"),
    refused("request_timeout"),
    Fault(Effect.RESET),
    Fault(Effect.HANG),
]
LOST_ANSWERS = [
    Fault(Effect.ACCEPT_THEN_ANSWER, status=500),
    Fault(Effect.ACCEPT_THEN_RESET),
    Fault(Effect.ACCEPT_THEN_HANG),
    Fault(Effect.DELAY, seconds=0.6),  # accepted after we have given it up
]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TimedHouse]:
    """Not open yet; impatient with platforms."""
    house = TimedHouse(tmp_path)
    house.write_settings(SETTINGS.replace("platform: 2s", "platform: 300ms"))
    yield house
    await house.close()


def named(faults: list[Fault]) -> list[str]:
    return [f"{fault.effect.name.lower()}-{fault.status}-{fault.body[:40]}" for fault in faults]


async def test_when_slack_asks_for_a_pause_only_that_conversation_waits(
    house: TimedHouse,
) -> None:
    """D01: the others are answered at once, and what waited arrives in its order."""
    house.slack_customers = True
    house.write_settings()
    await house.open(gpt=False)
    ann, bob = (house.slack.add_user(name) for name in ("ann", "bob"))
    anns, bobs = house.slack.open_dm(ann), house.slack.open_dm(bob)
    house.slack.faults.add(POST, answer(429, Retry_After="1"))
    await house.slack.say(anns, ann, "hello")
    await used_up(house, POST)
    await house.slack.say(anns, ann, "shipping")
    await house.slack.say(bobs, bob, "hello")
    await until(lambda: house.answers(bobs), "an answer to Bob")
    assert house.answers(anns) == []
    await until(lambda: len(house.answers(anns)) == 2, "the answers to Ann")
    hello, shipping = house.answers(anns)
    assert "how can I help?" in hello
    assert "3 days" in shipping


async def test_a_pause_in_the_desks_channel_holds_all_of_its_threads(house: TimedHouse) -> None:
    """D01: the limit is the channel's, so a second thread does not run into it too."""
    await house.open(gpt=False)
    tries: list[float] = []
    house.slack.faults.listen(lambda method: tries.append(monotonic()) if method == POST else None)
    house.slack.faults.add(POST, answer(429, Retry_After="1"))
    async with house.visitor() as one, house.visitor() as two:
        await one.say("human")
        await used_up(house, POST)
        await two.say("human")
        await two.hears("I have called a colleague")
        await house.card(2)
    assert tries[1] - tries[0] >= 0.95


async def test_a_line_that_waits_for_its_second_in_the_channel_is_not_in_doubt(
    house: TimedHouse,
) -> None:
    """C13, L07: whoever is killed in that wait has sent nothing, and need not look it up."""
    house.rate = Rate(1.0, 3)
    await house.open(gpt=False)
    seen: list[tuple[int, int]] = []

    def posted() -> bool:
        seen.append((house.waiting_to_go(), house.under_way()))
        return house.posted("second line") > 0

    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        await visitor.say("first line")
        await house.in_thread("first line")
        await visitor.say("second line")
        await until(posted, "the second line")
        await house.in_thread("second line")
        assert house.lines(card) == ["first line", "second line"]
    still, under_way = map(sum, zip(*seen, strict=True))
    assert under_way < still / 4


@pytest.mark.parametrize("fault", QUIET_FAILURES, ids=named(QUIET_FAILURES))
async def test_a_line_that_did_not_arrive_is_sent_again_before_what_follows_it(
    house: TimedHouse, fault: Fault
) -> None:
    """D02: looked up first, then sent once; nothing overtakes it."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        house.slack.faults.add(POST, fault)
        await visitor.say("first line")
        await visitor.say("second line")
        await used_up(house, POST)
        await until(lambda: house.doubtful(), "the doubt")
        assert house.lines(card) == []
        house.later(SETTLED)
        await house.in_thread("second line")
        assert house.lines(card) == ["first line", "second line"]
        assert len(house.slack.journal.of("conversations.replies")) >= 1


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=named(LOST_ANSWERS))
async def test_a_line_whose_answer_was_lost_is_found_and_not_sent_again(
    house: TimedHouse, fault: Fault
) -> None:
    """D02, D03: no duplicate, also when Slack accepts it only after we have hung up."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        card = await house.waiting(visitor)
        house.slack.faults.add(POST, fault)
        await visitor.say("first line")
        await visitor.say("second line")
        await until(lambda: house.posted("first line"), "the late acceptance")
        await until(lambda: house.doubtful(), "the doubt")
        house.later(SETTLED)
        await house.in_thread("second line")
        assert house.lines(card) == ["first line", "second line"]


async def test_an_answer_to_a_customer_in_slack_is_found_in_the_conversation(
    house: TimedHouse,
) -> None:
    """D03: the customers' side settles its doubts in the same way."""
    house.slack_customers = True
    house.write_settings(SETTINGS.replace("platform: 2s", "platform: 300ms"))
    await house.open(gpt=False)
    ann = house.slack.add_user("ann")
    direct = house.slack.open_dm(ann)
    house.slack.faults.add(POST, Fault(Effect.ACCEPT_THEN_RESET))
    await house.slack.say(direct, ann, "hello")
    await house.slack.say(direct, ann, "shipping")
    await until(lambda: house.doubtful(), "the doubt")
    house.later(SETTLED)
    await until(lambda: len(house.answers(direct)) >= 2, "both answers")
    hello, shipping = house.answers(direct)
    assert "how can I help?" in hello
    assert "3 days" in shipping


async def test_a_page_that_nobody_can_read_is_not_asked_for_in_a_loop(
    house: TimedHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """D02, D04: a fault of our own on the way to a delivery has its pause, too."""
    house.slack_customers = True
    house.write_settings(SETTINGS.replace("platform: 2s", "platform: 300ms"))
    await house.open(gpt=False)
    ann = house.slack.add_user("ann")
    place = house.slack.open_dm(ann)
    house.slack.faults.add(POST, Fault(Effect.RESET))
    page = '{"ok": true, "messages": [{"ts": "yesterday"}]}'
    unreadable = Fault(Effect.ACCEPT_THEN_ANSWER, 200, page, {"Content-Type": "application/json"})
    await house.slack.say(place, ann, "hello")
    await until(lambda: house.doubtful(), "the doubt")
    house.slack.faults.add("conversations.history", unreadable, times=50)
    house.later(SETTLED)
    await until(lambda: "broke before it was sent" in caplog.text, "the complaint")
    bob = house.slack.add_user("bob")
    await house.slack.say(house.slack.open_dm(bob), bob, "hello")
    await until(lambda: house.answers(house.slack.open_dm(bob)), "an answer to somebody else")
    house.slack.faults.clear()

    def answered() -> bool:
        house.later(60)  # at each look, because the pause begins at some time after the complaint
        return bool(house.answers(place))

    await until(answered, "the answer")
    assert caplog.text.count("broke before it was sent") == 1
    assert len(house.answers(place)) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalid_auth", "slack.bot_token"),
        ("token_revoked", "slack.bot_token"),
        ("not_in_channel", "removed from the Slack channel"),
        ("is_archived", "archived"),
        ("channel_not_found", "gone"),
        ("msg_too_long", "too long"),
    ],
)
async def test_a_desk_that_refuses_is_not_hammered_and_gets_the_case_when_it_is_mended(
    house: TimedHouse, code: str, words: str
) -> None:
    """D04: the customer is told at once, the admin sees why, and nobody has to start anything."""
    await house.open(gpt=False)
    house.slack.faults.add(POST, refused(code), times=50)
    async with house.visitor() as visitor, house.visitor() as other:
        await visitor.say("human")
        await visitor.hears("I have called a colleague")
        await until(lambda: house.slack.faults.left(POST) == 49, "the refusal")
        readiness = await house.service.readiness()
        assert not readiness["ready"]
        assert words in readiness["parts"]["desk-slack"]
        house.later(2)
        await other.say("human")  # whoever was due before has been tried before this one
        await until(lambda: house.tries(2), "a try of the second case")
        assert house.tries(1) == 1
        await until(lambda: not house.under_way(), "its note, with which the pause begins")
        house.slack.faults.clear()
        house.later(90)
        await house.card(2)
        await until(lambda: house.posted("The conversation so far") == 2, "both transcripts")
        assert (await house.service.readiness())["ready"]


async def test_a_crowd_of_hand_overs_is_posted_within_slacks_limit(tmp_path: Path) -> None:
    """L07: paced, none left out, and each customer told at once."""
    crowd, interval = 12, 0.05
    house = TimedHouse(tmp_path)
    house.rate = Rate(interval, 4)
    house.slack.limits = Limits(
        posts_per_channel=Limit(1, interval, burst=5),
        methods={"chat.update": Limit(1, 0.01, burst=50)},
    )
    try:
        await house.open(gpt=False)
        for _ in range(crowd):
            async with house.visitor() as visitor:
                await visitor.say("human")
                await visitor.hears("I have called a colleague")
        await house.card(crowd)
        roots = house.slack.messages(house.desk)

        def threads() -> list[list[str]]:
            found = [house.slack.thread(house.desk, root.ts) for root in roots]
            return [[shown(reply) for reply in thread] for thread in found]

        await until(lambda: all(threads()), "a line in every thread")
        assert [len(thread) for thread in threads()] == [1] * crowd
        assert house.slack.over_limit[POST] == 0
    finally:
        await house.close()
