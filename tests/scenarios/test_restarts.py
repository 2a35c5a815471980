"""What survives when the service stops and starts."""

from __future__ import annotations

from tests.scenarios.house import House


async def test_an_agents_reply_during_a_restart_arrives_late_instead_of_never(
    house: House,
) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        await house.in_thread("human")
        await house.stop()
    house.slack.courier.retries = house.slack.courier.retries
    await house.slack.say(house.desk, house.mia, "First", thread_ts=card.ts)
    await house.slack.say(house.desk, house.mia, "Second", thread_ts=card.ts)
    await house.start()
    async with house.visitor(token=visitor.token) as again:
        await again.hears("Second", "agent")
        said = [text for _, kind, text in again.transcript() if kind == "agent"]
        assert said == ["First", "Second"]


async def test_a_customers_message_waiting_for_gpt_is_answered_after_a_restart(
    house: House,
) -> None:
    await house.open(slack=False)
    house.openai.script("After the break.")
    async with house.visitor() as visitor:
        await visitor.say("still there?")
    await house.restart()
    async with house.visitor(token=visitor.token) as again:
        await again.hears("After the break.", "bot")


async def test_nothing_is_sent_twice_by_a_restart(house: House) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        await house.in_thread("human")
        await visitor.say("one more thing")
        await house.in_thread("one more thing")
    await house.restart()
    async with house.visitor(token=visitor.token) as again:
        await again.say("and another")
        await house.in_thread("and another")
    posts = [call.arguments.get("text", "") for call in house.slack.journal.of("chat.postMessage")]
    assert sum("one more thing" in text for text in posts) == 1
    assert len(house.slack.messages(house.desk)) == 1
