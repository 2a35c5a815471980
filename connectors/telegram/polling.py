"""Ask for updates, and confirm none before it is stored.

Telegram forgets an update once a later request names a higher offset. So the offset moves, here
and in the store, only after every update below it was taken in; what was in hand when the process
ended comes again and is recognised.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from connectors.telegram.api import Client
from connectors.telegram.inbound import ALLOWED_UPDATES, chat_of
from connectors.telegram.intake import TRIES, Update
from connectors.telegram.outcome import UNKNOWN_BOT, seconds_of, words_of
from core.errors import StoreUnavailable
from core.ports import Cursors

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
_GROWTH, _LONGEST_PAUSE = 1.75, 60.0
_RIVAL = (
    "Telegram gives our updates to somebody else: either another program polls with the same "
    "token, or a webhook was set for it. Stop the one, delete the other, or use a bot of its own"
)


class Poller:
    """Polls until cancelled. `report` gets what is wrong in a few words, "" when nothing is."""

    def __init__(
        self,
        bot: Client,
        cursors: Cursors,
        name: str,
        take: Callable[[Update], Awaitable[None]],
        report: Callable[[str], None],
        *,
        seconds: float,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """`name` is the cursor's. `seconds` is how long Telegram may wait for an update, and
        `first_pause` how many we wait after a first failure."""
        self._bot = bot
        self._cursors = cursors
        self._name = name
        self._take = take
        self._report = report
        self._seconds = seconds
        self._first_pause = first_pause
        self._offset: int | None = None
        self._in_doubt = False
        self._trouble = ""
        self._broken: dict[int, int] = defaultdict(int)

    async def run(self) -> None:
        pause = self._first_pause
        while True:
            try:
                was_in_doubt = self._in_doubt
                await self._round()
                pause = pause if was_in_doubt else self._first_pause
                continue
            except Exception as error:
                wait = max(pause, self._explain(error))
                # A short poll would succeed beside a rival, and hide that there is one.
                self._in_doubt = not isinstance(error, Conflict)
            await asyncio.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311 - only jitter
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)

    async def _round(self) -> None:
        if self._offset is None:
            self._offset = int(await self._cursors.get(self._name) or 0)
        # After trouble a short poll tells soon whether it is over.
        seconds = 0.0 if self._in_doubt else self._seconds
        updates = await self._bot.updates(self._offset, seconds, ALLOWED_UPDATES)
        if updates:
            await self._take_all(updates)
            # The last one's, not the highest: after a quiet week the ids may begin anywhere.
            offset = updates[-1]["update_id"] + 1
            await self._cursors.set(self._name, str(offset))
            self._offset = offset
            self._broken.clear()
        self._in_doubt = False
        self._trouble = ""
        self._report("")

    async def _take_all(self, updates: Sequence[Update]) -> None:
        """Each chat's in order, chats side by side; raises after all were tried."""
        lanes: dict[Any, list[Update]] = defaultdict(list)
        for update in updates:
            chat = chat_of(update)
            lanes[("update", update["update_id"]) if chat is None else chat].append(update)
        outcomes = await asyncio.gather(
            *(self._take_lane(lane) for lane in lanes.values()), return_exceptions=True
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _take_lane(self, lane: Sequence[Update]) -> None:
        for update in lane:
            try:
                await self._take(update)
            except StoreUnavailable:
                raise
            except Exception:
                id = update["update_id"]
                self._broken[id] += 1
                if self._broken[id] < TRIES:
                    raise
                log.exception("update %s could not be taken in and is skipped", id)

    def _explain(self, error: Exception) -> float:
        """Tell the log and the status what is wrong; how many seconds to wait at least."""
        match error:
            case Conflict():
                self._tell(logging.ERROR, "another program or a webhook takes our updates", _RIVAL)
            case InvalidToken():
                self._tell(logging.ERROR, "Telegram refuses channels.telegram.token", UNKNOWN_BOT)
            case TelegramError():
                words = words_of(error)
                self._tell(logging.WARNING, words, f"no updates from Telegram: {words}")
                return seconds_of(error) if isinstance(error, RetryAfter) else 0.0
            case StoreUnavailable():
                why = f"updates wait at Telegram: the store is not available ({error})"
                self._tell(logging.WARNING, "the store is not available", why)
            case _:
                log.error("updates could not be taken in", exc_info=error)
                self._report(f"updates cannot be taken in ({type(error).__name__})")
        return 0.0

    def _tell(self, level: int, trouble: str, sentence: str) -> None:
        """Once for as long as it lasts: what is tried for hours would fill the log."""
        if trouble != self._trouble:
            log.log(level, "%s", sentence)
        self._trouble = trouble
        self._report(trouble)
