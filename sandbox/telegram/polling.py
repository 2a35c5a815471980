"""getUpdates: one poller at a time, the newest wins, and nobody polls beside a webhook."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.telegram.refusal import Refusal, bad_request, conflict
from sandbox.telegram.updates import KINDS, Updates

_OTHER = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
_LONGEST = 50


class Polling:
    """Answers getUpdates."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates
        self._waiting: asyncio.Future[Refusal | None] | None = None
        self.webhook_active = False
        updates.listeners.append(self._wake)

    async def poll(self, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """Waits up to `timeout` seconds for the first update; raises Refusal on a conflict."""
        limit, timeout = self._check(arguments)
        self.terminate(conflict(_OTHER))
        if "allowed_updates" in arguments:
            self._updates.ask_for(checked_kinds(arguments["allowed_updates"]))
        offset = arguments.get("offset", 0)
        found = self._updates.after(offset, limit)
        if not found and timeout > 0:
            await self._wait(timeout)
            # A negative offset has forgotten what was old; what came while waiting is new.
            found = self._updates.after(max(offset, 0), limit)
        return [update.wire() for update in found]

    def terminate(self, reason: Refusal | None = None) -> None:
        """End the poll that waits, with an error or, without a reason, with what there is."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(reason)

    def _check(self, arguments: dict[str, Any]) -> tuple[int, int]:
        if self.webhook_active:
            raise conflict(_WEBHOOK)
        limit = arguments.get("limit", 100)
        timeout = arguments.get("timeout", 0)
        if not 1 <= limit <= 100:
            raise bad_request("limit must be between 1 and 100")
        if not 0 <= timeout <= _LONGEST:
            raise bad_request(f"timeout must be between 0 and {_LONGEST} seconds")
        return limit, timeout

    async def _wait(self, seconds: float) -> None:
        mine: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._waiting = mine
        await asyncio.wait([mine], timeout=seconds)
        if self._waiting is mine:
            self._waiting = None
        reason = mine.result() if mine.done() else None
        if reason is not None:
            raise reason

    def _wake(self) -> None:
        self.terminate()


def checked_kinds(kinds: list[Any]) -> list[str]:
    """`allowed_updates` when every name in it is one of the Bot API's; raises Refusal if not."""
    for kind in kinds:
        if kind not in KINDS:
            raise bad_request(f'allowed_updates: there is no update type "{kind}"')
    return [str(kind) for kind in kinds]
