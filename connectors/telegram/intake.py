"""Take in one update, the same way whether we asked for it or Telegram brought it."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs
from telegram.error import TelegramError

from connectors.telegram import inbound
from connectors.telegram.api import Client
from connectors.telegram.inbound import Me, TelegramEvent
from connectors.telegram.moves import Moves
from core.errors import TextTooLong, TooManyMessages
from core.messages import ButtonPressed, CustomerEdited, CustomerWrote
from core.ports import Inbox
from core.settings.texts import Texts
from core.tasks import Tasks

log = logging.getLogger(__name__)

_ALBUMS = 50
TRIES = 5  # for an update on which the core breaks

Update = Mapping[str, Any]


class Intake:
    """Turns updates into events for `inbox`."""

    def __init__(
        self, inbox: Inbox, me: Me, bot: Client, moves: Moves, texts: Texts, tasks: Tasks
    ) -> None:
        self._inbox = inbox
        self._me = me
        self._bot = bot
        self._moves = moves
        self._texts = texts
        self._tasks = tasks
        self._albums: deque[tuple[int, str]] = deque(maxlen=_ALBUMS)  # that are said to us

    async def take(self, update: Update) -> None:
        """Returns once whatever the update means is durable. Raises StoreUnavailable."""
        event, moved = self._read(update)
        if moved is not None:
            await self._moves.note(*moved)
        if event is not None:
            await self._accept(await self._at_home(event))
        if query := inbound.query_of(update):
            self._tasks.start(self._release(query), "release of a Telegram button")

    def _read(self, update: Update) -> tuple[TelegramEvent | None, tuple[int, int] | None]:
        try:
            album = inbound.album_of(update)
            event = inbound.parse(update, self._me, addressed=album in self._albums)
            if album is not None and event is not None and album not in self._albums:
                self._albums.append(album)
            return event, inbound.migration(update)
        except Exception as error:  # whatever is wrong with it, it will be wrong next time too
            id, kind = update.get("update_id"), type(error).__name__
            log.error("update %s of Telegram cannot be read and is skipped (%s)", id, kind)
            return None, None

    async def _at_home(self, event: TelegramEvent) -> TelegramEvent:
        home = await self._moves.home(int(event.address.peer))
        address = structs.replace(event.address, peer=str(home))
        match event:  # each head has a `replace` of its own type
            case CustomerWrote():
                return structs.replace(event, address=address)
            case CustomerEdited():
                return replace(event, address=address)
            case ButtonPressed():
                return replace(event, address=address)

    async def _accept(self, event: TelegramEvent) -> None:
        try:
            await self._inbox.accept(event)
        except TooManyMessages as error:
            self._refuse(event, "too_fast", seconds=f"{error.after:.0f}")
        except TextTooLong as error:
            self._refuse(event, "too_long", limit=error.limit)

    def _refuse(self, event: TelegramEvent, sentence: str, **values: object) -> None:
        language = "" if isinstance(event, CustomerEdited) else event.sender.language
        text = self._texts.say(sentence, language, **values)
        self._tasks.start(self._say(int(event.address.peer), text), "telling a Telegram customer")

    async def _say(self, chat: int, text: str) -> None:
        with contextlib.suppress(TelegramError):
            await self._bot.send_message(await self._moves.current(chat), text)

    async def _release(self, query: str) -> None:
        """Let the button stop spinning; one that was pressed long ago does not spin any more."""
        with contextlib.suppress(TelegramError):
            await self._bot.answer_callback_query(query)
