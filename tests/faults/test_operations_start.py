"""A channel that cannot start says which setting is wrong and what to do; the others start."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sandbox.slack import Limits as SlackLimits
from sandbox.slack import SlackSandbox
from sandbox.slack.identity import ALL_BRIDGE_SCOPES
from tests.scenarios.house import House, until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.close()


def _no_token(house: House) -> None:
    del house.environ["TELEGRAM_TOKEN"]


def _no_app_token(house: House) -> None:
    del house.environ["SLACK_APP_TOKEN"]


def _wrong_bot_token(house: House) -> None:
    house.environ["SLACK_BOT_TOKEN"] = "xoxb-wrong"


def _wrong_app_token(house: House) -> None:
    house.environ["SLACK_APP_TOKEN"] = "xapp-wrong"


def _wrong_telegram_token(house: House) -> None:
    house.environ["TELEGRAM_TOKEN"] = "123456:wrong"


def _missing_channel(house: House) -> None:
    house.environ["DESK"] = "C0NOTTHERE"


def _not_invited(house: House) -> None:
    house.environ["DESK"] = house.slack.add_channel("other", bot_is_member=False)


def _wrong_openai_key(house: House) -> None:
    house.environ["OPENAI_API_KEY"] = "sk-wrong"


TROUBLES: dict[str, tuple[Callable[[House], None], str]] = {
    "no Telegram token": (_no_token, "telegram is off: TELEGRAM_TOKEN is empty"),
    "no app token": (_no_app_token, "desk is off: SLACK_APP_TOKEN is empty"),
    "wrong Telegram token": (_wrong_telegram_token, "channels.telegram.token"),
    "wrong bot token": (
        _wrong_bot_token,
        "slack.bot_token: Slack refuses it (invalid_auth); set the Bot User OAuth Token (xoxb-…)",
    ),
    "wrong app token": (
        _wrong_app_token,
        "slack.app_token: Slack refuses it (invalid_auth); set an app-level token (xapp-…) with "
        "the scope connections:write",
    ),
    "missing channel": (_missing_channel, "desk.channel: "),
    "bot not in the channel": (_not_invited, "desk.channel: invite the bot: write `/inv"),
    "wrong OpenAI key": (_wrong_openai_key, "gpt.api_key"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_part_that_cannot_start_names_its_setting_and_stops_no_other(
    trouble: str, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """O01: no token, a wrong one, a missing channel: the log has the setting and the cure."""
    caplog.set_level(logging.INFO)
    spoil, words = TROUBLES[trouble]
    await house.open(telegram=True)
    await house.stop()
    spoil(house)
    caplog.clear()
    await house.start()
    await until(lambda: words in caplog.text, words)
    async with house.visitor() as visitor:
        await visitor.say("shipping")
        await visitor.hears("Shipping takes 3 days.")
    if "elegram" not in trouble:
        anna = house.telegram.add_customer("Anna")
        house.telegram.say(anna, "shipping")
        await house.on_telegram(anna, "Shipping takes 3 days.")


async def test_a_missing_scope_is_said_with_its_cure_and_the_web_goes_on(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """O01: the app's manifest is what has to be brought up to date."""
    scopes = set(ALL_BRIDGE_SCOPES) - {"channels:read", "groups:read"}
    house.slack = SlackSandbox(limits=SlackLimits.off(), scopes=scopes)
    await house.open(gpt=False)
    assert "desk.channel: " in caplog.text
    assert "lacks a scope: update it from `frontdesk manifest`" in caplog.text
    async with house.visitor() as visitor:
        await visitor.say("shipping")
        await visitor.hears("Shipping takes 3 days.")
