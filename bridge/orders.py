"""Carry out each order of an agent once, however often Slack and the catch-up bring it.

A repeated reply is known by its id, but an order leaves no line in the transcript. Without this, a
`!claim` that is read again would take the case from the colleague who has it by now.
"""

from __future__ import annotations

from core.messages import AgentCommanded, AgentEvent, Command
from core.ports import Cursors


class Orders:
    """Remembers the newest order of each thread. Raises StoreUnavailable."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def is_new(self, event: AgentEvent) -> bool:
        """Whether to act on this: anything that is no order is new."""
        if not isinstance(event, AgentCommanded):
            return True
        last = await self._cursors.get(_name(event))
        if last is None or event.external_id == last:
            return last is None
        # Ending a case twice harms nobody; taking it belatedly does.
        return event.command is not Command.CLAIM or float(event.external_id) > float(last)

    async def done(self, event: AgentEvent) -> None:
        """Durable when this returns."""
        if isinstance(event, AgentCommanded):
            await self._cursors.set(_name(event), event.external_id)


def _name(event: AgentCommanded) -> str:
    case = event.case
    return f"slack:{case.workspace}:{case.channel}:{case.thread}:order"
