"""Failures on order: what a stand-in should do wrong, to which call, and how often."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


class Effect(Enum):
    """What happens to the call."""

    # Not accepted; `status`, `headers` and `body` are the answer, with OpenAI after `seconds`.
    ANSWER = auto()
    RESET = auto()  # not accepted; the connection is reset without an answer
    HANG = auto()  # not accepted; the answer never comes
    ACCEPT_THEN_ANSWER = auto()  # accepted, yet answered with `status`, `headers` and `body`
    ACCEPT_THEN_RESET = auto()  # accepted; the connection is reset before the answer
    ACCEPT_THEN_HANG = auto()  # accepted; the answer never comes
    DELAY = auto()  # accepted and answered properly after `seconds`
    CUT = auto()  # a streamed answer ends after `seconds` events, in the middle


@dataclass(frozen=True, slots=True)
class Fault:
    effect: Effect
    status: int = 500
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Faults:
    """A queue of faults for each method; `*` stands for any method."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Fault]] = defaultdict(deque)
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with the method of every call as it arrives, before anything
        is decided about it."""
        self._listeners.append(listener)

    def add(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """Let the next `times` calls of `method` go wrong as `fault` says."""
        self._waiting[method].extend([fault] * times)

    def clear(self) -> None:
        self._waiting.clear()

    def left(self, method: str) -> int:
        """How many faults of `method` still wait for a call."""
        return len(self._waiting[method])

    def take(self, method: str) -> Fault | None:
        """The fault for a call of `method` that has just arrived, used up by this."""
        for listener in self._listeners:
            listener(method)
        for name in (method, "*"):
            if self._waiting[name]:
                return self._waiting[name].popleft()
        return None
