"""Answers that are longer than a message of Telegram, through the whole service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.heard import MAX_TEXT
from core.rendering import MAX_PARTS, units
from sandbox.openai import Turn
from tests.scenarios.house import SETTINGS, House, until

LIMIT = 4096


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.close()


async def answers(house: House, question: str, end: str) -> list[str]:
    li = house.telegram.add_customer("Li")
    house.telegram.say(li, question)

    def got() -> list[str]:
        return [message.text for message in house.telegram.chat(li) if message.from_bot]

    await until(lambda: got() and got()[-1].endswith(end), f"a message that ends with {end!r}")
    return got()


async def test_an_answer_of_forty_thousand_characters_comes_in_a_few_ordered_parts(
    house: House,
) -> None:
    """B08: cut where nobody reads on, split at 4,096 UTF-16 units, in order, marked at its end."""
    text = " ".join(f"{number}🌱" for number in range(7_000))
    assert len(text) > 40_000
    house.openai.brain = lambda request: Turn(text, chunk_size=2_000)
    house.write_settings(SETTINGS.replace("gpt: {", "gpt: {max_answer_tokens: 100000, "))
    await house.open(telegram=True, slack=False)
    parts = await answers(house, "moss?", "…")
    assert 2 <= len(parts) <= 4 <= MAX_PARTS
    assert all(units(part) <= LIMIT for part in parts)
    said = " ".join(parts).removesuffix(" …")
    assert text.startswith(said)
    assert MAX_TEXT - 20 < len(said) <= MAX_TEXT


@pytest.mark.parametrize("length", [4_095, 4_096, 4_097])
async def test_an_emoji_at_the_cut_stays_whole(house: House, length: int) -> None:
    """B08: one unit less, exactly as many, one more than Telegram takes, an emoji at the end."""
    text = "a" * (length - 2) + "🌱"
    house.write_settings(SETTINGS.replace('"Shipping takes 3 days."', f'"{text}"'))
    await house.open(telegram=True, slack=False, gpt=False)
    parts = await answers(house, "shipping", "🌱")
    assert "".join(parts) == text
    assert len(parts) == (1 if length <= LIMIT else 2)
    assert all(units(part) <= LIMIT for part in parts)


async def test_a_code_fence_at_the_cut_is_closed_and_opened_again(house: House) -> None:
    """B08: each part is code of its own, and no line is lost."""
    lines = [f"line {number}" for number in range(600)]
    house.openai.brain = lambda request: Turn("```python\n" + "\n".join(lines) + "\n```")
    await house.open(telegram=True, slack=False)
    parts = await answers(house, "code?", "line 599\n```")
    assert len(parts) == 2
    assert all(part.startswith("```python\n") and part.endswith("\n```") for part in parts)
    shown = [line for part in parts for line in part.splitlines() if line.startswith("line")]
    assert shown == lines
