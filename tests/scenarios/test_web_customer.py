"""A customer on the web site: rules, GPT, a person, and back."""

from __future__ import annotations

from tests.scenarios.house import House


async def test_a_rule_answers_at_once_with_its_buttons(house: House) -> None:
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        ack = await visitor.say("hello")
        answer = await visitor.hears("Hello, how can I help?", "bot")
        assert (ack["type"], ack["seq"], answer["seq"]) == ("ack", 1, 2)
        assert answer["author"]["name"] == "Fern & Clay"
        await visitor.press(answer, "Shipping")
        await visitor.hears("Shipping takes 3 days.", "bot")


async def test_gpt_answers_what_no_rule_answers(house: House) -> None:
    await house.open(slack=False)
    house.openai.script("Water it once a week.")
    async with house.visitor() as visitor:
        await visitor.say("How often should I water a fern?")
        answer = await visitor.hears("Water it once a week.", "bot")
        assert answer["seq"] == 2


async def test_a_reload_keeps_the_chat(house: House) -> None:
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("order 123456")
        await visitor.hears("Order 123456 is on its way.")
    async with house.visitor(token=visitor.token) as again:
        await again.hears("Order 123456 is on its way.")
        assert [seq for seq, _, _ in again.transcript()] == [1, 2]


async def test_a_person_answers_in_a_slack_thread_and_hands_back(house: House) -> None:
    await house.open()
    async with house.visitor() as visitor:
        await visitor.say("shipping")
        await visitor.hears("Shipping takes 3 days.")
        await visitor.say("I want to talk to a person")
        await visitor.hears("I have called a colleague", "system")
        await house.in_thread("Shipping takes 3 days.")
        card = await house.card()
        await house.slack.say(house.desk, house.mia, "Hi, I am Mia.", thread_ts=card.ts)
        reply = await visitor.hears("Hi, I am Mia.", "agent")
        assert reply["author"]["name"] == "Mia Lindqvist"
        await visitor.say("My pot arrived broken")
        await house.in_thread("My pot arrived broken")
        await house.slack.say(house.desk, house.mia, "!bot", thread_ts=card.ts)
        await visitor.see(lambda f: f["type"] == "mode" and f["mode"] == "bot", "the bot back")
        await visitor.say("hello")
        await visitor.hears("Hello, how can I help?", "bot")
        assert len(house.slack.messages(house.desk)) == 1
