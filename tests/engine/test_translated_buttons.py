"""Buttons in the customer's language, and what a press of one means later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import connectors
from core.messages import Button, ButtonPressed
from core.policy import Policy
from core.settings import load
from tests.engine.core import TELEGRAM, Core, address

SETTINGS = """
business: {languages: [en, zh]}
quick_replies:
  - id: hello
    when: {any: [hello, 你好]}
    reply: {en: Hello there, zh: 您好}
    buttons:
      - {label: {en: Delivery, zh: 配送}, say: {en: "How long?", zh: 多久？}}
      - {label: {en: A person, zh: 人工}, do: escalate}
  - id: delivery
    when: {any: [how long, 多久]}
    reply: {en: Three days, zh: 三天}
"""


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Core]:
    core = await Core.open(tmp_path, settings=SETTINGS)
    yield core
    await core.close()


async def test_a_chinese_customer_gets_chinese_buttons_that_speak_chinese(shop: Core) -> None:
    await shop.wrote("你好")

    assert (await shop.messages())[-1].buttons == (
        Button("配送", say="多久？"),
        Button("人工", do="escalate"),
    )
    await shop.engine.accept(ButtonPressed(address(), "p1", seq=2, index=0))
    assert (await shop.lines())[2:] == [("customer", "多久？"), ("bot", "三天")]


async def test_the_label_in_chinese_chooses_a_button_where_they_are_numbered(shop: Core) -> None:
    await shop.wrote("你好", channel=TELEGRAM)
    await shop.wrote("配送", channel=TELEGRAM)

    assert (await shop.lines(TELEGRAM))[-1] == ("bot", "三天")


async def test_a_press_means_what_was_shown_whatever_has_changed_since(
    shop: Core, tmp_path: Path
) -> None:
    await shop.wrote("你好")
    await shop.wrote("hello, english please")
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS.replace("zh: 多久？", "zh: 别的"), encoding="utf-8")
    loaded = load(path, environ={}, channels=connectors.SETTINGS, sections=connectors.SECTIONS)
    shop.policy = Policy.of(loaded)

    await shop.engine.accept(ButtonPressed(address(), "p1", seq=2, index=0))
    await shop.engine.accept(ButtonPressed(address(), "p2", seq=2, index=1))

    said = [text for kind, text in await shop.lines() if kind == "customer"]
    assert said == ["你好", "hello, english please", "多久？", "人工"]
    assert (await shop.case()).reason == "The customer pressed “人工”."
