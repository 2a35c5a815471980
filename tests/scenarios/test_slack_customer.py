"""A customer who writes to the bot in Slack."""

from __future__ import annotations

from sandbox.slack.message import Message
from tests.scenarios.house import House, shown, until


async def _open(house: House, **options: bool) -> None:
    house.slack_customers = True
    await house.open(**options)
    house.ann = house.slack.add_user("ann", real_name="Ann Customer")


async def _bot_says(house: House, channel: str, root: str, text: str) -> Message:
    def found() -> list[Message]:
        return [m for m in house.slack.thread(channel, root) if text in shown(m)]

    await until(found, f"{text!r} in the customer's thread")
    return found()[0]


async def test_a_direct_message_is_answered_in_its_thread(house: House) -> None:
    await _open(house, gpt=False)
    dm = house.slack.open_dm(house.ann)
    ts = await house.slack.say(dm, house.ann, "hello")
    await _bot_says(house, dm, ts, "Hello, how can I help?")


async def test_a_mention_is_answered_once_in_its_thread(house: House) -> None:
    await _open(house, gpt=False)
    general = house.slack.add_channel("general")
    ts = await house.slack.say(general, house.ann, f"<@{house.slack.bot_user_id}> shipping?")
    await _bot_says(house, general, ts, "Shipping takes 3 days.")
    await house.slack.settled()
    assert len(house.slack.thread(general, ts)) == 1


async def test_the_desks_channel_is_never_a_customers_channel(house: House) -> None:
    await _open(house, gpt=False)
    ts = await house.slack.say(house.desk, house.mia, f"<@{house.slack.bot_user_id}> hello")
    dm = house.slack.open_dm(house.ann)
    mark = await house.slack.say(dm, house.ann, "hello")
    await _bot_says(house, dm, mark, "Hello")
    assert house.slack.thread(house.desk, ts) == []


async def test_a_person_answers_a_slack_customer_and_hands_back(house: House) -> None:
    await _open(house, gpt=False)
    dm = house.slack.open_dm(house.ann)
    ts = await house.slack.say(dm, house.ann, "I want to talk to a person")
    await _bot_says(house, dm, ts, "I have called a colleague")
    card = await house.card()
    assert "Ann Customer" in shown(card)
    await house.slack.say(house.desk, house.mia, "Hi Ann", thread_ts=card.ts)
    await _bot_says(house, dm, ts, "Hi Ann")
    await house.slack.say(dm, house.ann, "My pot broke", thread_ts=ts)
    await house.in_thread("My pot broke")
    await house.slack.say(house.desk, house.mia, "!bot", thread_ts=card.ts)
    await _bot_says(house, dm, ts, "I am the assistant again")
    await house.slack.say(dm, house.ann, "shipping", thread_ts=ts)
    await _bot_says(house, dm, ts, "Shipping takes 3 days.")


async def test_agents_see_what_is_changed_of_the_conversation_so_far(house: House) -> None:
    await _open(house, gpt=False)
    dm = house.slack.open_dm(house.ann)
    key = await house.slack.say(dm, house.ann, "hello, my PIN is 4711")
    await _bot_says(house, dm, key, "Hello, how can I help?")
    order = await house.slack.say(dm, house.ann, "A person please, for order 123")
    await house.in_thread("for order 123")
    await house.slack.edit(dm, order, "A person please, for order 456")
    await house.in_thread("for order 456 (edited)")
    await house.slack.delete(dm, key)
    transcript = await house.in_thread("(deleted by the customer)")
    assert "for order 456" in shown(transcript)
    assert "4711" not in shown(transcript)
    assert len(house.slack.thread(house.desk, (await house.card()).ts)) == 1
