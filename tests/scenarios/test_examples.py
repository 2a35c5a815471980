"""Rules with examples in the whole service, as a customer on the web site meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.house import SETTINGS, House, until

RULES = """
  - id: refund
    when:
      any: [refund]
      examples:
        - I would like my money back please
        - Can you pay me back what I paid?
        - How do I get my money back?
    reply: "Three days."
  - id: dogs
    when: {examples: ["Can I bring my dog to the shop?", "May my dog come along?"]}
    reply: Dogs are welcome.
  - id: cats
    title: Cats in the shop
    when: {examples: ["Can I bring my cat to the shop?", "May my cat come along?"]}
    reply: Better not.
"""
PARAPHRASE = "please, I would like to have my money back"
CLOSE = "Can I bring my hamster to the shop?"


@pytest.fixture
def with_examples(house: House) -> House:
    house.write_settings(SETTINGS + RULES)
    return house


async def test_paraphrase_is_answered_by_its_rule_and_costs_no_call(with_examples: House) -> None:
    house = with_examples
    await house.open()
    async with house.visitor() as visitor:
        await visitor.say(PARAPHRASE)
        await visitor.hears("Three days.", "bot")
    assert not house.openai.journal.of("chat.completions")


async def test_nonsense_is_answered_by_gpt(with_examples: House) -> None:
    house = with_examples
    await house.open()
    house.openai.script("I know no elephants.")
    async with house.visitor() as visitor:
        await visitor.say("purple elephants sing opera")
        await visitor.hears("I know no elephants.", "bot")


async def test_customer_chooses_between_close_rules_by_a_press(with_examples: House) -> None:
    house = with_examples
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say(CLOSE)
        offer = await visitor.hears("Did you mean one of these?", "bot")
        await visitor.press(offer, "Cats in the shop")
        await visitor.hears("Better not.", "bot")


async def test_customer_on_telegram_chooses_too(with_examples: House) -> None:
    house = with_examples
    await house.open(gpt=False, slack=False, telegram=True)
    ann = house.telegram.add_customer("Ann")
    house.telegram.say(ann, CLOSE)
    offer = await house.on_telegram(ann, "Did you mean one of these?")
    house.telegram.press(ann, offer.message_id, "Cats in the shop")
    await house.on_telegram(ann, "Better not.")


async def test_example_of_a_changed_file_answers_within_a_second(house: House) -> None:
    await house.open()
    house.write_settings(SETTINGS + RULES)
    await until(lambda: house.service.policy().rules.examples, "the examples", within=2)
    async with house.visitor() as visitor:
        await visitor.say(PARAPHRASE)
        await visitor.hears("Three days.", "bot")


SERVED = """
import asyncio, json, sys
from core.app import Composition, utc_now
from core.service import Service
from datetime import timedelta
from pathlib import Path
from tests.scenarios.visitor import Visitor

async def main():
    composition = Composition(Path(sys.argv[1]), {})
    service = Service(composition.load(), composition.outward(), now=utc_now)
    await service.start()
    visitor = Visitor(service.url)
    await visitor.arrive()
    await visitor.say("hello")
    await visitor.hears("Hello", "bot")
    await visitor.say("purple elephants sing opera")
    await visitor.hears("colleague")
    await visitor.leave()
    await service.stop(timedelta(seconds=2))
    print(json.dumps(sorted(sys.modules)))

asyncio.run(main())
"""


@pytest.mark.parametrize(("rules", "loaded"), [("", False), (RULES, True)])
def test_without_examples_nothing_that_compares_texts_is_loaded(
    rules: str, loaded: bool, house: House
) -> None:
    house.write_settings(SETTINGS + rules)
    done = subprocess.run(
        [sys.executable, "-c", SERVED, str(house.settings_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    assert ("core.similarity" in modules) is loaded
    assert loaded or "numpy" not in modules
