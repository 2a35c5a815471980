"""The same service on PostgreSQL, by URL alone."""

from __future__ import annotations

from tests.scenarios.house import House


async def test_the_whole_main_job_works_on_postgresql(
    house: House, postgres_database: str
) -> None:
    house.store_url = postgres_database
    await house.open()
    house.openai.script("Water it once a week.")
    async with house.visitor() as visitor:
        await visitor.say("hello")
        await visitor.hears("Hello, how can I help?", "bot")
        await visitor.say("How often should I water a fern?")
        await visitor.hears("Water it once a week.", "bot")
        await visitor.say("a real person please")
        card = await house.card()
        await house.slack.say(house.desk, house.mia, "Hi, I am Mia.", thread_ts=card.ts)
        await visitor.hears("Hi, I am Mia.", "agent")
    await house.restart()
    async with house.visitor(token=visitor.token) as again:
        await again.hears("Hi, I am Mia.", "agent")
        await again.say("Thanks")
        await house.in_thread("Thanks")
