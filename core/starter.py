"""Start channels and the desk, and start them again while their platform is not ready."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence

from core.errors import BadCredentials, NotReady
from core.ports import AgentDesk, Connector, Inbox
from core.tasks import Tasks

log = logging.getLogger(__name__)

_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 1.0, 1.75, 60.0


class Starter:
    """One part that fails keeps no other from starting."""

    def __init__(self, inbox: Inbox, tasks: Tasks) -> None:
        self._inbox = inbox
        self._tasks = tasks

    async def start(self, parts: Sequence[Connector | AgentDesk]) -> None:
        """Returns when each part has been tried once; those not ready are tried on."""
        outcomes = await asyncio.gather(*(self._try(part) for part in parts))
        for part, done in zip(parts, outcomes, strict=True):
            if not done:
                self._tasks.start(self._try_on(part), f"start of {part.name}")

    async def _try(self, part: Connector | AgentDesk) -> bool:
        """Whether there is nothing more to try."""
        try:
            await part.start(self._inbox)
        except BadCredentials as error:
            log.error("%s stays off: %s", part.name, error)
        except NotReady as error:
            log.warning("%s is not ready and is tried again: %s", part.name, error)
            return False
        except Exception:
            log.exception("%s could not start and is tried again", part.name)
            return False
        else:
            log.info("%s is on", part.name)
        return True

    async def _try_on(self, part: Connector | AgentDesk) -> None:
        pause = _FIRST_PAUSE
        while True:
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - only jitter
            if await self._try(part):
                return
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
