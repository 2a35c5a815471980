"""What `frontdesk doctor` finds, and what whoever looks for it gets to know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.settings import Settings


class Mark(StrEnum):
    """How a finding looks at the beginning of its line."""

    FINE = "✓"
    FAULT = "✗"
    DOUBT = "!"
    OFF = "-"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what is so with a part, and what to do about it."""

    mark: Mark
    part: str
    what: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.what} ({self.cure})" if self.cure else self.what


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined. `running` has the state of each part of the service, "ok" or what is
    wrong, as the service itself tells it; None when none runs here."""

    settings: Settings
    now: Callable[[], datetime]
    running: Mapping[str, str] | None = None

    @property
    def timeout(self) -> float:
        """Seconds that one request may take."""
        return self.settings.timeouts.platform.total_seconds()


Examination = Callable[[Patient], AsyncIterator[Finding]]
"""Looks at one part. Changes nothing there, and shows no secret."""
