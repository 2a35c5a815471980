"""Close each day's account of GPT with a line in the log, and keep the budget's gauge true."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import date, timedelta

from core.budget import Today, had, midnight, today
from core.errors import StoreUnavailable
from core.policy import Policy
from core.records import AnswerSource
from core.store import Reader, Store

log = logging.getLogger(__name__)

_LOOK_EVERY = 60.0  # seconds
_OPEN_DAY = "gpt.day"


class Accounts:
    """A day is one of the business's own time zone. `looked` is told how today stands."""

    def __init__(
        self, store: Store, policy: Callable[[], Policy], looked: Callable[[Today], None]
    ) -> None:
        self._store = store
        self._policy = policy
        self._looked = looked

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                log.debug("the account of GPT waits: %s", error)
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """Tell what the last day cost when another one has begun, also after a restart."""
        policy = self._policy()
        now, open_day = await self._store.read(
            lambda reader: (today(reader, policy), reader.cursor(_OPEN_DAY))
        )
        self._looked(now)
        if had(open_day or "", now.day):
            return
        if open_day and (line := await self._store.read(_account(policy, open_day))):
            log.info("%s", line)
        await self._store.write(lambda tx: tx.set_cursor(_OPEN_DAY, now.day.isoformat()))


def _account(policy: Policy, day: str) -> Callable[[Reader], str]:
    """A query for the line about `day`; it gives "" when GPT had nothing to do."""
    first = date.fromisoformat(day)
    since, until = midnight(policy, first), midnight(policy, first + timedelta(days=1))

    def line(reader: Reader) -> str:
        spent = reader.spent_since(since) - reader.spent_since(until)
        counts = reader.count_answers(since, until)
        asked = counts.pop(AnswerSource.GPT, 0)
        if not (spent or asked or counts):
            return ""
        free = "".join(f", {number} from the {source}" for source, number in counts.items())
        return f"GPT on {day}: ${spent / 1_000_000:.2f} for {asked} answers{free}"

    return line
