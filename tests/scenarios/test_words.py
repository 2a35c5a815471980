"""Words as customers really write them, through the whole service."""

from __future__ import annotations

import pytest

from tests.scenarios.house import House


@pytest.mark.parametrize("text", ["What about shiping?", "When is it shipped?", "請問運費多少"])
async def test_what_a_rule_does_not_list_is_answered_by_it_and_costs_no_call(
    house: House, text: str
) -> None:
    await house.open(slack=False)
    async with house.visitor() as visitor:
        await visitor.say(text)
        await visitor.hears("Shipping takes 3 days.", "bot")
    assert not house.openai.journal.of("chat.completions")


async def test_a_german_with_an_english_browser_is_answered_in_german(house: House) -> None:
    await house.open()
    async with house.visitor() as visitor:
        await visitor.say("Guten Tag")
        await visitor.say("Ich möchte bitte mit einem Mitarbeiter sprechen")
        await visitor.hears("Ich habe jemanden aus dem Team gerufen", "system")


async def test_two_words_of_another_language_change_nothing(house: House) -> None:
    await house.open()
    async with house.visitor() as visitor:
        await visitor.say("Mitarbeiter bitte")
        await visitor.hears("I have called a colleague", "system")
