"""Look, before anything is received, whether the bot is still the one we know and is ours alone.

Nothing of this stops a start: each finding is one line of the log that says what it means.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from connectors.telegram.api import Client
from connectors.telegram.inbound import Me
from core.ports import Cursors

log = logging.getLogger(__name__)

_LAST_BOT = "telegram:bot"


async def meet(bot: Client, cursors: Cursors) -> Me:
    """Our bot, as Telegram knows it. Raises TelegramError or StoreUnavailable."""
    user = await bot.get_me()
    log.info("Telegram knows our bot as @%s", user.username)
    before = await cursors.get(_LAST_BOT)
    if before not in (None, str(user.id)):
        log.warning(
            "channels.telegram.token is of another bot than last time: @%s (%s), not %s. Whoever "
            "wrote to the former one cannot be answered until its token is back",
            user.username,
            user.id,
            before,
        )
    await cursors.set(_LAST_BOT, str(user.id))
    return Me(user.id, user.username or "")


async def take_over_from_webhook(bot: Client) -> None:
    """Before polling: a webhook, set by whomever, would get our updates. Raises TelegramError."""
    if there := (await bot.get_webhook_info()).url:
        log.warning(
            "a webhook was set for our bot and is deleted, because channels.telegram.receive is "
            "polling; updates went to %s so far",
            _host(there),
        )
        await bot.delete_webhook(drop_pending_updates=False)


async def look_at_webhook(bot: Client, ours: str) -> None:
    """Before the webhook is set: who had one, and how ours fared. Raises TelegramError."""
    there = await bot.get_webhook_info()
    if there.url and there.url != ours:
        log.warning(
            "another webhook was set for our bot and is replaced; updates went to %s so far",
            _host(there.url),
        )
    elif there.url and there.last_error_message:
        log.warning("Telegram could not use our webhook: %s", there.last_error_message)


def _host(url: str) -> str:
    """The rest of an address may be a secret."""
    return urlsplit(url).hostname or "an unknown place"
