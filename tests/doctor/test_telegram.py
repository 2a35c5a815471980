"""Who gets the messages of the bot: we, a webhook, or another program."""

from __future__ import annotations

import asyncio

import pytest

from connectors.telegram.api import TelegramApi
from core.findings import Mark
from tests.doctor.clinic import Clinic, lines


async def test_a_webhook_where_we_poll(clinic: Clinic) -> None:
    async with _bot(clinic) as api:
        await api.bot.set_webhook("http://127.0.0.1:9/secret")

    (doubt,) = lines(await clinic.findings(), "telegram", Mark.DOUBT)
    assert doubt.startswith("! a webhook is set for the bot, and leads to 127.0.0.1 (`front")


async def test_another_program_that_polls(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.telegram.doctor._LISTEN", 3)
    async with _bot(clinic) as api:
        rival = asyncio.create_task(_poll(api))
        (fault,) = lines(await clinic.findings(), "telegram", Mark.FAULT)
        rival.cancel()
        await asyncio.wait([rival])

    assert fault.startswith("✗ another program, perhaps another frontdesk, polls with this token")


async def test_messages_that_wait_are_not_taken(clinic: Clinic) -> None:
    ann = clinic.telegram.add_customer("Ann")
    clinic.telegram.say(ann, "hello")

    assert not lines(await clinic.findings(), "telegram", Mark.FAULT, Mark.DOUBT)
    assert clinic.telegram.pending_updates == 1


WEBHOOKS = {
    "none is set": ("", "! no webhook is set for the bot (`frontdesk run` sets it)"),
    "another one's": (
        "http://localhost:9/x",
        "! the bot's webhook leads to localhost (`frontdesk run` replaces it; another program "
        "may set it again)",
    ),
    "ours": ("https://127.0.0.1:8443/telegram/webhook", "✓ the webhook leads to us"),
}


@pytest.mark.parametrize("case", WEBHOOKS)
async def test_the_webhook_is_looked_at(case: str, clinic: Clinic) -> None:
    there, expected = WEBHOOKS[case]
    _use_webhook(clinic, "https://127.0.0.1:8443")
    if there:
        async with _bot(clinic) as api:
            await api.bot.set_webhook(there)

    _, *told = lines(await clinic.findings(), "telegram")
    assert told == [expected]


async def test_a_webhook_that_telegram_cannot_call(clinic: Clinic) -> None:
    _use_webhook(clinic, "http://chat.example.com:8080")

    assert lines(await clinic.findings(), "telegram", Mark.FAULT) == [
        "✗ Telegram cannot call server.public_url (set it to https://…, at port 443, 80, 88 or "
        "8443, or receive: polling)"
    ]


async def test_a_webhook_that_telegram_called_in_vain(clinic: Clinic) -> None:
    _use_webhook(clinic, "https://127.0.0.1:8443")
    async with _bot(clinic) as api:
        await api.bot.set_webhook("https://127.0.0.1:8443/telegram/webhook")
        clinic.telegram.say(clinic.telegram.add_customer("Ann"), "hello")
        while not (await api.bot.get_webhook_info()).last_error_message:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    (fault,) = lines(await clinic.findings(), "telegram", Mark.FAULT)
    assert fault.startswith("✗ Telegram could not call us: ")
    assert "https://127.0.0.1:8443/telegram/webhook must reach frontdesk" in fault


def _use_webhook(clinic: Clinic, public: str) -> None:
    clinic.say("{port: 0}", f"{{port: 0, public_url: '{public}'}}")
    clinic.say("telegram: {", "telegram: {receive: webhook, webhook_secret: abcdef, ")


class _bot:
    def __init__(self, clinic: Clinic) -> None:
        self._api = TelegramApi(clinic.telegram.token, clinic.telegram.api_url, 5.0)

    async def __aenter__(self) -> TelegramApi:
        await self._api.open()
        return self._api

    async def __aexit__(self, *_: object) -> None:
        await self._api.close()


async def _poll(api: TelegramApi) -> None:
    """Asks again after half a second, as pollers do."""
    while True:
        try:
            await api.bot.get_updates(timeout=5)
        except Exception:  # the conflict, which the rival has too
            await asyncio.sleep(0.2)
