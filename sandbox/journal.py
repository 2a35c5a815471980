"""What a stand-in accepted, in order: the tests' oracle for "sent exactly once".

A call is recorded at the moment the platform would have committed to it, whether or not the
answer ever reaches the client.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One accepted call: the method's name and its arguments as the platform read them."""

    method: str
    arguments: Mapping[str, Any]
    result: Any = None
    at: float = field(default_factory=time.monotonic)


class Journal:
    """Accepted calls in the order of acceptance, with a way to wait for the next one."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._listeners: list[Callable[[Call], None]] = []
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls))

    def of(self, method: str) -> list[Call]:
        """The accepted calls of one method."""
        return [call for call in self._calls if call.method == method]

    def listen(self, listener: Callable[[Call], None]) -> None:
        """Have `listener` called, on the event loop, with every further accepted call."""
        self._listeners.append(listener)

    def record(self, method: str, arguments: Mapping[str, Any], result: Any = None) -> Call:
        call = Call(method, dict(arguments), result)
        self._calls.append(call)
        for listener in self._listeners:
            listener(call)
        task = asyncio.get_running_loop().create_task(self._announce())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return call

    async def wait_for(
        self, predicate: Callable[[Call], bool], *, count: int = 1, within: float = 10.0
    ) -> list[Call]:
        """The first `count` calls, past or future, that satisfy `predicate`.

        Raises TimeoutError naming what was seen instead when they do not come `within` seconds.
        """

        def found() -> list[Call]:
            return [call for call in self._calls if predicate(call)]

        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: len(found()) >= count)
        except TimeoutError:
            seen = ", ".join(call.method for call in self._calls) or "nothing"
            raise TimeoutError(
                f"{len(found())} of {count} expected calls came; the journal has: {seen}"
            ) from None
        return found()[:count]

    async def _announce(self) -> None:
        async with self._changed:
            self._changed.notify_all()
