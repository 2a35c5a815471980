"""What the writer runs: something to be stored, and whoever waits until it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from core.store.transaction import Transaction
from core.store.work import Work


class Unit(Protocol):
    """One object carries a message through the writer, because each further one would cost every
    message its making."""

    def quick(self, work: Work) -> Any:
        """What `run` would return, on the shortest way; None, and nothing is changed, where it
        must be `run`."""
        ...

    def run(self, transaction: Transaction) -> Any:
        """May be called again, see `core.store.transaction`."""
        ...

    def done(self, result: Any, error: Exception | None) -> None:
        """Called once: with the result when it is on disk, else with the error."""
        ...


class Awaited:
    """A plain function as a unit, whose caller waits for `future` and may give up waiting."""

    __slots__ = ("future", "quick", "run")

    def __init__(
        self, run: Callable[[Transaction], Any], quick: Callable[[Work], Any] | None
    ) -> None:
        self.run = run
        self.quick = quick or _no_short_way
        self.future: asyncio.Future[tuple[Any, Exception | None]] = (
            asyncio.get_running_loop().create_future()
        )

    def done(self, result: Any, error: Exception | None) -> None:
        # Not as the future's own exception: a StopIteration cannot be one, and nobody may be left
        # to ask for it.
        if not self.future.done():
            self.future.set_result((result, error))


def _no_short_way(work: Work) -> None:
    return None
