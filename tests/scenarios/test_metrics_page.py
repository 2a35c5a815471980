"""What an operator's dashboard reads while customers chat."""

from __future__ import annotations

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from sandbox.faults import Effect, Fault
from tests.scenarios.house import House, until

PACED = Fault(Effect.ANSWER, 429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "60"})


async def page(house: House) -> dict[str, float]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{house.service.url}/metrics") as response,
    ):
        assert response.status == 200
        families = text_string_to_metric_families(await response.text())
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


async def test_open_chats_and_gpts_tokens_are_counted(house: House) -> None:
    await house.open(slack=False)
    house.openai.script("At noon.")
    async with house.visitor() as visitor:
        await visitor.say("When do you open on Sunday?")
        await visitor.hears("At noon.", "bot")
        values = await page(house)
        assert values["frontdesk_connections web"] == 1
        assert values["frontdesk_gpt_tokens_total input"] > 0
        assert values["frontdesk_gpt_tokens_total output"] > 0
        assert values["frontdesk_answers_total gpt"] == 1
    assert (await page(house))["frontdesk_connections web"] == 0


async def test_what_slack_keeps_waiting_is_counted(house: House) -> None:
    await house.open(gpt=False)
    house.slack.faults.add("chat.postMessage", PACED, times=9)
    async with house.visitor() as visitor:
        await visitor.say("human")
        failures = house.service.metrics
        await until(
            lambda: b'failures_total{class="SendLater",target="desk"}' in failures.page(),
            "a failure",
        )
        await house.restart()
    values = await page(house)
    assert values["frontdesk_outbox_pending desk"] == 2  # the card, and the chat below it
