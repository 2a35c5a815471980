"""What every stand-in for the core's inbox needs."""

from __future__ import annotations

from core.messages import Accepted, InboundEvent
from core.ports import Told
from core.tasks import Tasks


class HandsIn:
    """An inbox whose `hand_in` is its `accept`, in a task of its own for each event."""

    _tasks: Tasks

    async def accept(self, event: InboundEvent) -> Accepted:
        raise AssertionError("the stand-in accepts nothing")

    def hand_in(self, event: InboundEvent, told: Told) -> None:
        if not hasattr(self, "_tasks"):
            self._tasks = Tasks()
        self._tasks.start(self._hand_in(event, told), "an event that was handed in")

    async def _hand_in(self, event: InboundEvent, told: Told) -> None:
        try:
            answer: Accepted | Exception = await self.accept(event)
        except Exception as error:
            answer = error
        told(answer)
