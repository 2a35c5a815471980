"""The same service on PostgreSQL, by URL alone."""

from __future__ import annotations

from tests.scenarios.house import SETTINGS, House, shown, until


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


async def test_money_is_counted_and_answers_are_known_on_postgresql(
    house: House, postgres_database: str
) -> None:
    house.store_url = postgres_database
    price = "prices: {gpt-5-mini: {input: 0, output: 2000}}"  # 5 tokens for a cent
    house.write_settings(SETTINGS.replace("gpt: {", f"gpt: {{daily_budget_usd: 0.01, {price}, "))
    await house.open()
    house.openai.script("Water it weekly yes.")
    question = "How often should I water a fern?"
    async with house.visitor() as first, house.visitor() as second, house.visitor() as third:
        await first.say(question)
        await first.hears("Water it weekly yes.", "bot")
        await second.say(question)
        await second.hears("Water it weekly yes.", "bot")
        await third.say("And a cactus?")
        await third.hears("I have called a colleague")
    await until(
        lambda: [m for m in house.slack.messages(house.desk) if "is used up" in shown(m)],
        "the empty budget in the desk's channel",
    )
