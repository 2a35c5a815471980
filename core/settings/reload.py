"""Notice that the settings were saved, and never let a bad save disturb the service.

The files are asked for their state a few times a second, which works for editors that write in
place, rename over the old file or swap a link, and for mounts that send no events.
"""

from __future__ import annotations

import asyncio
import glob
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from core.errors import Problem, SettingsError
from core.settings.changes import NOTHING, summary
from core.settings.environment import dotenv_path
from core.settings.saves import State, state_of
from core.settings.schema import Settings

log = logging.getLogger(__name__)


class SettingsWatcher:
    """Loads the settings anew whenever their file, what it includes or `.env` beside it changes.

    `load` is called in a thread. `on_loaded(settings, summary)` gets what loaded and differs from
    what was in force, or what follows a file that was refused; `on_refused(error)` what did not
    load, once for each save, while the old settings stay in force. Both are called on the event
    loop; a save while `on_loaded` still works is looked at afterwards.
    """

    def __init__(
        self,
        current: Settings,
        load: Callable[[], Settings],
        *,
        on_loaded: Callable[[Settings, str], Awaitable[None]],
        on_refused: Callable[[SettingsError], None],
        every: float = 0.3,
    ) -> None:
        """`current` is what the process has started with."""
        self._started_with = self._current = current
        self._load = load
        self._on_loaded = on_loaded
        self._on_refused = on_refused
        self._every = every
        self._paths = (current.path, dotenv_path(current.path))
        self._inputs = current.inputs
        self._seen = current.states
        self._refused: tuple[Problem, ...] = ()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._look()
            except Exception:
                log.exception("loading the settings failed; the old ones stay in force")

    async def _look(self) -> None:
        state = await self._settled()
        if state == self._seen:
            return
        # The state is read before the file: a save in between is seen as a change next time.
        self._seen = state
        try:
            new = await asyncio.to_thread(self._load)
        except SettingsError as error:
            self._inputs = error.inputs or self._inputs
            self._refuse(error)
        else:
            await self._accept(new)

    async def _settled(self) -> frozenset[State]:
        # An editor writes in several steps; half a file is seldom worth a complaint.
        state = await asyncio.to_thread(_states, self._paths, self._inputs)
        for _ in range(3):
            before = state
            if state == self._seen:
                break
            await asyncio.sleep(self._every / 4)
            state = await asyncio.to_thread(_states, self._paths, self._inputs)
            if state == before:
                break
        return state

    def _refuse(self, error: SettingsError) -> None:
        if error.problems != self._refused:
            self._refused = error.problems
            self._on_refused(error)

    async def _accept(self, new: Settings) -> None:
        self._inputs = new.inputs
        changes, was_refused = self._changes(new), bool(self._refused)
        self._refused = ()
        if was_refused:
            changes = f"the file is fine again; {changes}"
        if changes != NOTHING:
            self._current = new
            await self._on_loaded(new, changes)

    def _changes(self, new: Settings) -> str:
        if summary(self._current, new) == NOTHING:
            return NOTHING  # what a former save left to a restart was told then
        return summary(self._current, new, self._started_with)


def _states(paths: Sequence[Path], inputs: Sequence[str]) -> frozenset[State]:
    included = (Path(name) for pattern in inputs for name in glob.glob(pattern))
    return frozenset(map(state_of, (*paths, *included)))
