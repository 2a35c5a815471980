"""Own every background task, so that none vanishes with its error and all end with the service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Tasks:
    """Keeps references to running tasks, logs failures, and cancels what is left on close."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, coroutine: Coroutine[Any, Any, Any], name: str) -> None:
        """Run `coroutine` in the background; `name` is what the log calls it if it fails."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def keep(
        self, run: Callable[[], Coroutine[Any, Any, None]], name: str, pause: float = 5.0
    ) -> None:
        """Run what is to last as long as the service: should it break, it begins again after
        `pause` seconds, because nothing else would do its work."""
        self.start(_kept(run, name, pause), name)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s failed", task.get_name(), exc_info=error)

    async def close(self) -> None:
        """Cancel whatever still runs and wait until it has ended."""
        while self._running:
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.wait(running)


async def _kept(run: Callable[[], Coroutine[Any, Any, None]], name: str, pause: float) -> None:
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s broke and begins again in %g s", name, pause)
            await asyncio.sleep(pause)
        else:
            return
