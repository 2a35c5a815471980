"""Slack's events as signed requests instead of a socket."""

from __future__ import annotations

import aiohttp

from tests.scenarios.house import House


async def _open(house: House) -> None:
    house.environ["SLACK_RECEIVE"] = "http"
    await house.open(gpt=False)
    house.slack.requests.events_url = f"{house.service.url}/slack/events"
    house.slack.requests.interactivity_url = f"{house.service.url}/slack/events"


async def test_a_person_answers_and_hands_back_over_http(house: House) -> None:
    await _open(house)
    await house.slack.requests.verify()
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        await house.slack.say(house.desk, house.mia, "Hi, I am Mia.", thread_ts=card.ts)
        await visitor.hears("Hi, I am Mia.", "agent")
        await house.slack.say(house.desk, house.mia, "!bot", thread_ts=card.ts)
        await visitor.see(lambda f: f["type"] == "mode" and f["mode"] == "bot", "the bot back")


async def test_an_unsigned_event_is_refused_and_does_nothing(house: House) -> None:
    await _open(house)
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        event = {"type": "event_callback", "event": {"type": "message", "thread_ts": card.ts}}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{house.service.url}/slack/events", json=event) as response,
        ):
            assert response.status == 401
