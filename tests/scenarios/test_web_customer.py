"""A customer on the web site: rules, GPT, a person, and back."""

from __future__ import annotations

import asyncio
import base64

from sandbox.openai import Turn
from sandbox.slack import Upload
from tests.scenarios.house import House, until

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


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


async def test_gpt_answers_are_seen_while_they_are_written(house: House) -> None:
    await house.open(slack=False)
    house.openai.script(Turn("One two three four five six.", chunk_size=4, seconds_between=0.06))
    async with house.visitor() as visitor:
        await visitor.say("count for me")
        await visitor.see(lambda f: f["type"] == "typing", "typing")
        await visitor.see(lambda f: f["type"] == "draft" and f["text"], "a draft")
        await visitor.hears("One two three four five six.", "bot")


async def test_two_tabs_show_the_same_chat(house: House) -> None:
    await house.open(slack=False, gpt=False)
    async with house.visitor() as first:
        await first.say("hello")
        async with house.visitor(token=first.token) as second:
            await first.say("shipping")
            await second.hears("shipping", "customer")
            await second.hears("Shipping takes 3 days.", "bot")
            assert [seq for seq, _, _ in second.transcript()] == [1, 2, 3, 4]


async def test_a_message_sent_twice_with_one_id_is_stored_once(house: House) -> None:
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        id = "6f1f9f0a-0c43-4b53-9d53-6d2b6d1f3a11"
        assert (await visitor.say("shipping", id=id))["seq"] == 1
    async with house.visitor(token=visitor.token) as again:
        assert (await again.say("shipping", id=id))["seq"] == 1
        assert (await again.say("hello"))["seq"] == 3


async def test_two_messages_at_once_open_one_thread(house: House) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await asyncio.gather(*(visitor.say(f"a human! {n}") for n in range(5)))
        for n in range(1, 5):
            await house.in_thread(f"a human! {n}")
    await house.slack.settled()
    assert len(house.slack.messages(house.desk)) == 1


async def test_an_agents_edit_and_deletion_follow_into_the_widget(house: House) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        ts = await house.slack.say(house.desk, house.mia, "It costs 5", thread_ts=card.ts)
        message = await visitor.hears("It costs 5", "agent")
        await house.slack.edit(house.desk, ts, "It costs 6")
        await visitor.see(lambda f: f["type"] == "edit" and f["text"] == "It costs 6", "the edit")
        await house.slack.delete(house.desk, ts)
        await visitor.see(
            lambda f: f["type"] == "delete" and f["seq"] == message["seq"], "the deletion"
        )


async def test_a_file_goes_from_the_widget_to_the_thread(house: House) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        await house.card()
        id = await visitor.upload("pot.png", "image/png", PNG)
        await visitor.say("look", attachments=[id])
        await house.in_thread("look")
        await until(
            lambda: any(m.files for m in house.slack.thread(house.desk, card_of(house))),
            "the file in the thread",
        )


async def test_a_file_goes_from_the_agent_to_the_widget(house: House) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        upload = Upload("care.png", PNG, "image/png")
        await house.slack.say(
            house.desk, house.mia, "Like this", thread_ts=card.ts, files=[upload]
        )
        message = await visitor.hears("Like this", "agent")
        (attachment,) = message["attachments"]
        assert (attachment["kind"], attachment["name"]) == ("image", "care.png")
        assert await visitor.download(attachment["url"]) == PNG
        picture = message["author"]["avatar"]
        assert picture.startswith("/widget/files/")
        assert await visitor.download(picture)


async def test_notes_stay_inside_and_commands_say_nothing_to_the_customer(house: House) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        for text in (";; rude one", "  ;; careful", "!claim", "!help", "!clsoe"):
            await house.slack.say(house.desk, house.mia, text, thread_ts=card.ts)
        await house.slack.say(house.desk, house.mia, "Hello!", thread_ts=card.ts)
        await visitor.hears("Hello!", "agent")
        said = [text for _, kind, text in visitor.transcript() if kind == "agent"]
        assert said == ["Hello!"]


async def test_each_agents_message_is_marked_when_it_is_delivered(house: House) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        ts = await house.slack.say(house.desk, house.mia, "Hello!", thread_ts=card.ts)
        await until(
            lambda: "white_check_mark" in str(house.slack.message(house.desk, ts).reactions),
            "the mark",
        )


async def test_the_cards_buttons_do_what_the_words_do(house: House) -> None:
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        actions = [
            element["action_id"]
            for block in card.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        ]
        close = next(action for action in actions if "close" in action)
        await house.slack.press(house.desk, card.ts, close, house.mia)
        await visitor.see(lambda f: f["type"] == "mode" and f["mode"] == "closed", "the end")
        await visitor.hears("This chat is closed", "system")


def card_of(house: House) -> str:
    return house.slack.messages(house.desk)[0].ts
