"""Look whether Telegram knows our bot, and whether its updates come to us alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

from telegram import WebhookInfo
from telegram.error import Conflict, InvalidToken, TelegramError

from connectors.telegram.api import Client, TelegramApi
from connectors.telegram.outcome import UNKNOWN_BOT, is_foreign, words_of
from connectors.telegram.settings import Receive, TelegramSettings
from connectors.telegram.webhook import PATH
from core.findings import Finding, Mark, Patient

_PART = "telegram"
_LISTEN = 3  # seconds in which a rival asks again after our poll has ended its own
_PORTS = (None, 443, 80, 88, 8443)  # those that Telegram calls
_MANY = 100
_LONG_AGO = timedelta(hours=1)


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    """See `Examination`."""
    settings: TelegramSettings = patient.settings.channels["telegram"]
    api = TelegramApi(settings.token.get_secret_value(), settings.api_url, patient.timeout)
    await api.open()
    try:
        me = await api.bot.get_me()
        yield Finding(Mark.FINE, _PART, f"the token is the one of @{me.username}")
        info = await api.bot.get_webhook_info()
        if settings.receive is Receive.WEBHOOK:
            for finding in _webhook(patient, info):
                yield finding
        else:
            yield await _polling(patient, api.bot, info)
    except InvalidToken as error:
        yield _unasked(error) if is_foreign(error) else _fault(UNKNOWN_BOT)
    except TelegramError as error:
        yield _unasked(error)
    finally:
        await api.close()


def _webhook(patient: Patient, info: WebhookInfo) -> list[Finding]:
    found = []
    public = patient.settings.server.public_url.rstrip("/")
    parts = urlsplit(public)
    if parts.scheme != "https" or parts.port not in _PORTS:
        cure = "set it to https://…, at port 443, 80, 88 or 8443, or receive: polling"
        found.append(_fault("Telegram cannot call server.public_url", cure))
    if not info.url:
        cure = "`frontdesk run` sets it"
        found.append(Finding(Mark.DOUBT, _PART, "no webhook is set for the bot", cure))
    elif info.url != public + PATH:
        where = urlsplit(info.url).hostname
        cure = "`frontdesk run` replaces it; another program may set it again"
        found.append(Finding(Mark.DOUBT, _PART, f"the bot's webhook leads to {where}", cure))
    elif info.last_error_date and patient.now() - info.last_error_date < _LONG_AGO:
        cure = f"look at your proxy: {public}{PATH} must reach frontdesk"
        found.append(_fault(f"Telegram could not call us: {info.last_error_message}", cure))
    else:
        found.append(Finding(Mark.FINE, _PART, "the webhook leads to us"))
    if info.pending_update_count > _MANY:
        what = f"{info.pending_update_count} messages wait at Telegram"
        found.append(Finding(Mark.DOUBT, _PART, what, "they come when frontdesk takes them"))
    return found


async def _polling(patient: Patient, bot: Client, info: WebhookInfo) -> Finding:
    if info.url:
        what = f"a webhook is set for the bot, and leads to {urlsplit(info.url).hostname}"
        cure = "`frontdesk run` deletes it; use a bot of its own if another program needs it"
        return Finding(Mark.DOUBT, _PART, what, cure)
    if patient.running is not None:
        return Finding(Mark.FINE, _PART, "no webhook is in the way; the service itself polls")
    try:
        # Without an offset nothing is confirmed.
        await bot.get_updates(limit=1, timeout=_LISTEN)
    except Conflict:
        cure = "stop it, or use a bot of its own"
        return _fault("another program, perhaps another frontdesk, polls with this token", cure)
    return Finding(Mark.FINE, _PART, "no webhook and no other program takes the messages")


def _unasked(error: TelegramError) -> Finding:
    cure = "is the way to the Internet open? see channels.telegram.api_url"
    return _fault(words_of(error), cure if is_foreign(error) else "")


def _fault(what: str, cure: str = "") -> Finding:
    return Finding(Mark.FAULT, _PART, what, cure)
