"""Trigger ids: the short-lived right, earned by a person's click, to open a view once."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.slack.errors import SlackError
from sandbox.slack.identity import Ids


class Triggers:
    """Each trigger id may be used once, `lasts` seconds long."""

    def __init__(self, ids: Ids, clock: Callable[[], float]) -> None:
        self.lasts = 3.0
        self._ids = ids
        self._clock = clock
        self._issued: dict[str, float] = {}
        self._used: set[str] = set()

    def issue(self) -> str:
        trigger = f"{self._ids.new('')}.{self._ids.new('')}.{self._ids.new('')}"
        self._issued[trigger] = self._clock()
        return trigger

    def use(self, trigger: str) -> None:
        issued = self._issued.get(trigger)
        if issued is None:
            raise SlackError("invalid_trigger_id")
        if trigger in self._used:
            raise SlackError("exchanged_trigger_id")
        if self._clock() - issued > self.lasts:
            raise SlackError("expired_trigger_id")
        self._used.add(trigger)
