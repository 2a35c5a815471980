"""What survives when the service stops and starts."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.scenarios.house import SETTINGS, House, until


async def test_an_agents_reply_during_a_restart_arrives_late_instead_of_never(
    house: House,
) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        await house.in_thread("human")
        await house.stop()
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


async def test_what_an_agent_says_while_the_web_is_off_is_delivered_when_it_is_on(
    house: House,
) -> None:
    """The transcript has it, so that nothing need be sent, and nothing is "not delivered"."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        await house.in_thread("human")
    without = SETTINGS.replace("web: {title: Fern & Clay}", "web: {enabled: false}")
    house.write_settings(without)
    await house.restart()
    said = await house.slack.say(house.desk, house.mia, "Three days", thread_ts=card.ts)
    wrong = await house.slack.say(house.desk, house.mia, "Or none", thread_ts=card.ts)
    await house.slack.edit(house.desk, said, "Four days")
    await house.slack.delete(house.desk, wrong)
    await house.slack.settled()
    await house.stop()
    with closing(sqlite3.connect(house.folder / "frontdesk.db")) as database, database:
        database.execute("UPDATE deliveries SET next_at = 0")  # as if a minute had gone by
    house.write_settings()
    await house.start()
    async with house.visitor(token=visitor.token) as again:
        await again.hears("Four days", "agent")
        reactions = house.slack.message(house.desk, said).reactions
        await until(lambda: "white_check_mark" in reactions, "the mark")
    thread = house.slack.thread(house.desk, card.ts)
    assert not any("did not reach" in m.text or "Not delivered" in m.text for m in thread)
