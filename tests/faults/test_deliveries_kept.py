"""What was written for agents, or sent to a customer, outlives what goes wrong around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from connectors.slack.pacer import Rate
from sandbox.faults import Effect, Fault
from sandbox.telegram import troubles
from tests.faults.test_store_locked import held
from tests.faults.timed_house import TimedHouse, used_up
from tests.scenarios.house import SETTINGS, shown, until
from tests.slack.test_sending import refused

POST = "chat.postMessage"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TimedHouse]:
    """Not open yet; impatient with platforms."""
    house = TimedHouse(tmp_path)
    house.write_settings(SETTINGS.replace("platform: 2s", "platform: 300ms"))
    yield house
    await house.close()


async def test_what_was_sent_is_not_sent_again_because_the_store_was_away(
    house: TimedHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """D24: Telegram has taken the message, and only our note of it is refused for a while."""
    house.store_url += "?timeout=0.1"
    house.settings_path.unlink()
    await house.open(telegram=True, slack=False, gpt=False)
    li = house.telegram.add_customer("Li")
    house.telegram.faults.add("sendMessage", Fault(Effect.DELAY, seconds=0.5))
    house.telegram.say(li, "shipping")
    await until(lambda: not house.telegram.faults.left("sendMessage"), "the send")
    async with held(house) as other:
        await house.on_telegram(li, "Shipping takes 3 days.")
        await until(lambda: "waits for the store" in caplog.text, "the refused commit")
        other.execute("ROLLBACK")
    house.telegram.say(li, "hello")
    await house.on_telegram(li, "how can I help?")
    sent = [message.text for message in house.telegram.chat(li) if message.from_bot]
    assert sum("Shipping" in text for text in sent) == 1


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "restricted_action"])
async def test_a_customers_line_waits_until_the_desks_channel_is_mended(
    house: TimedHouse, code: str
) -> None:
    """D04: however long that takes; /readyz names the channel meanwhile."""
    house.rate = Rate(0.01, 50)
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await house.waiting(visitor)
        house.slack.faults.add(POST, refused(code), times=30)
        await visitor.say("my second line")
        for left in range(29, 15, -1):
            house.later(70)
            await until(partial(house.refused_down_to, POST, left), "a refusal")
        assert "desk.channel" in (await house.service.readiness())["parts"]["desk-slack"]
        house.slack.faults.clear()
        house.later(70)
        await house.in_thread("my second line")
        assert house.posted("my second line") == 1
        assert (await house.service.readiness())["ready"]


async def test_a_deleted_thread_is_replaced_by_one_with_everything_so_far(
    house: TimedHouse,
) -> None:
    """D10: the case goes on in a new thread, and no line of the customer's is lost or doubled."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await house.waiting(visitor)
        house.slack.faults.add(POST, refused("thread_not_found"))
        await visitor.say("my second line")
        await house.in_thread("my second line", 2)
        await visitor.say("my third line")
        await house.in_thread("my third line", 2)
        card = await house.card(2)
        await house.slack.say(house.desk, house.mia, "Here I am", thread_ts=card.ts)
        await visitor.hears("Here I am", "agent")
    thread = [shown(message) for message in house.slack.thread(house.desk, card.ts)]
    for line in ("my second line", "my third line"):
        assert sum(line in message for message in thread) == 1


async def test_an_answer_in_doubt_is_told_to_the_desk_although_nobody_asked_for_a_person(
    house: TimedHouse,
) -> None:
    """D12: there is no thread for it, so it is said in the channel."""
    policy = ', on_uncertain: hold, api_url: "${TELEGRAM_URL'
    house.write_settings(
        SETTINGS.replace("platform: 2s", "platform: 300ms").replace(
            ', api_url: "${TELEGRAM_URL', policy
        )
    )
    await house.open(telegram=True, gpt=False)
    li = house.telegram.add_customer("Li")
    house.telegram.faults.add("sendMessage", troubles.bad_gateway(accepted=True))
    house.telegram.say(li, "shipping")
    await until(
        lambda: any(
            "not known to have arrived" in m.text for m in house.slack.messages(house.desk)
        ),
        "the word in the channel",
    )
    (told,) = [m.text for m in house.slack.messages(house.desk) if "arrived" in m.text]
    assert "Li" in told
    assert "telegram" in told


async def test_no_false_alarm_where_the_platform_could_be_asked(house: TimedHouse) -> None:
    """D03: a doubtful post that was found in Slack came once, and nobody is told otherwise."""
    house.slack_customers = True
    house.write_settings(SETTINGS.replace("platform: 2s", "platform: 300ms"))
    await house.open(gpt=False)
    ann = house.slack.add_user("ann", real_name="Ann")
    direct = house.slack.open_dm(ann)
    house.slack.faults.add(POST, Fault(Effect.ACCEPT_THEN_RESET))
    await house.slack.say(direct, ann, "shipping")
    await used_up(house, POST)
    await until(lambda: house.doubtful() == 1, "the doubt")
    house.later(20)
    await until(lambda: house.doubtful() == 0, "the certainty")
    assert len(house.answers(direct)) == 1
    assert not house.slack.messages(house.desk)
