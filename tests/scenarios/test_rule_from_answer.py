"""An agent's answer becomes a rule, and the next customer gets it at once."""

from __future__ import annotations

from sandbox.slack.message import Message
from tests.scenarios.house import SETTINGS, House, until

QUESTION = "Do you rent out plants for a wedding?"


def code_of(message: Message) -> str:
    """What stands in the message's code block."""
    (block,) = (block for block in message.blocks if block["type"] == "rich_text")
    text: str = block["elements"][0]["elements"][0]["text"]
    return text


async def test_a_light_bulb_turns_an_answer_into_a_rule_for_the_next_customer(
    house: House,
) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say(QUESTION)
        card = await house.card()
        ts = await house.slack.say(
            house.desk, house.mia, "Yes, from 80 € a day.", thread_ts=card.ts
        )
        await visitor.hears("Yes, from 80 € a day.", "agent")
        await house.slack.react(house.desk, ts, house.mia, "bulb")
        note = await house.in_thread("A rule for this answer")
        await house.slack.unreact(house.desk, ts, house.mia, "bulb")
        await house.slack.react(house.desk, ts, house.mia, "bulb")
        await house.slack.settled()
        proposals = [
            m for m in house.slack.thread(house.desk, card.ts) if m.text.startswith("frontdesk")
        ]
        assert len(proposals) == 1

    house.write_settings(SETTINGS + code_of(note))
    await until(lambda: len(house.service.policy().settings.quick_replies) == 5, "the rule")

    async with house.visitor() as next_one:
        await next_one.say("hello, can I rent out plants here?")
        await next_one.hears("Hello, how can I help?", "bot")
        await next_one.say(QUESTION)
        await next_one.hears("Yes, from 80 € a day.", "bot")
