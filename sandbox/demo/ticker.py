"""What just happened: every answer with who gave it, how long it took and what it cost."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 80


@dataclass(frozen=True, slots=True)
class Happening:
    """One line. `who` is "rule", "gpt", "person" or, for a change of who answers, "step".

    `label` is the rule's id, the agent's name, or what changed. `ms` is the customer's wait.
    `dollars` is what the answer cost, or saved when `saved` is set; both are estimates.
    """

    who: str
    label: str
    channel: str
    at: float  # Unix seconds
    question: str = ""
    answer: str = ""
    ms: float | None = None
    dollars: float | None = None
    saved: bool = False


class Ticker:
    """The last lines, and totals since the start. `basis` says how dollars are estimated."""

    def __init__(self, basis: str) -> None:
        self._basis = basis
        self._numbers = itertools.count(1)
        self._lines: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._counts = {"rule": 0, "gpt": 0, "person": 0}
        self._saved = 0.0
        self._spent = 0.0
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def add(self, happening: Happening) -> None:
        self._lines.append({"id": next(self._numbers), **asdict(happening)})
        if happening.who in self._counts:
            self._counts[happening.who] += 1
        if happening.dollars is not None:
            if happening.saved:
                self._saved += happening.dollars
            else:
                self._spent += happening.dollars
        for listener in self._listeners:
            listener()

    def scene(self) -> dict[str, Any]:
        """All of it as the page reads it, newest line first."""
        totals = {**self._counts, "saved": self._saved, "spent": self._spent}
        return {"lines": list(reversed(self._lines)), "totals": totals, "basis": self._basis}
