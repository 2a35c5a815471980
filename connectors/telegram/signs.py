"""Show that an answer is on its way: the typing sign, and in private chats the answer so far.

A sign is worth no message: it is left out when there is little room, when it fails, and where
Telegram does not take it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from connectors.telegram import outbound
from connectors.telegram.api import Client
from connectors.telegram.outcome import is_foreign, seconds_of
from connectors.telegram.pacer import Pacer

log = logging.getLogger(__name__)

_DRAFT = 1  # Telegram shows one draft a chat, and the same id lets it grow instead of blink
_REMEMBERED = 10_000


class Signs:
    """Never raises what Telegram says."""

    def __init__(
        self, bot: Client, pacer: Pacer, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bot = bot
        self._pacer = pacer
        self._clock = clock
        self._held: dict[int, float] = {}
        self._without_drafts: set[int] = set()

    async def typing(self, chat: int, topic: int | None) -> None:
        await self._show(chat, self._bot.send_chat_action, chat, "typing", message_thread_id=topic)

    async def draft(self, chat: int, text: str) -> None:
        """The answer so far, in private chats. Where one is refused, none is shown any more."""
        shown = outbound.cut(outbound.clean(text), outbound.MAX_TEXT)
        if chat < 0 or chat in self._without_drafts or not shown.strip():
            return
        error = await self._show(chat, self._bot.send_message_draft, chat, _DRAFT, shown)
        # A server that has no drafts answers as if the token were wrong.
        if isinstance(error, BadRequest | InvalidToken) and not is_foreign(error):
            log.info("Telegram takes no drafts for chat %s: %s", chat, error.message)
            if len(self._without_drafts) >= _REMEMBERED:
                self._without_drafts.clear()
            self._without_drafts.add(chat)

    async def _show(
        self, chat: int, request: Callable[..., Awaitable[object]], *values: Any, **options: Any
    ) -> TelegramError | None:
        """What Telegram said against it, if it was asked at all."""
        if not self._pacer.is_idle(chat) or self._held.get(chat, 0) > self._clock():
            return None
        try:
            await request(*values, **options)
        except RetryAfter as error:
            # Messages are not held: they are worth asking again.
            self._hold(chat, seconds_of(error))
            return error
        except TelegramError as error:
            return error
        return None

    def _hold(self, chat: int, seconds: float) -> None:
        if len(self._held) >= _REMEMBERED:
            self._held.clear()
        self._held[chat] = self._clock() + seconds
