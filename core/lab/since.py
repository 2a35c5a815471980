"""From when on the past counts, as an admin types it."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SPAN = re.compile(r"(\d{1,6})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Since:
    """A span before now, a day of the business's, or with neither all there is."""

    span: timedelta | None = None
    day: date | None = None

    def begin(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        if self.day is not None:
            return datetime.combine(self.day, time(), zone)
        return None if self.span is None else now - self.span


def since(text: str) -> Since:
    """For argparse: `7d`, `12h`, `2w`, or a date."""
    found = _SPAN.fullmatch(text.strip())
    if found is not None and int(found[1]):
        span = timedelta(**{_UNITS[found[2]]: int(found[1])})
        # Longer ago than anything can be: all there is, and no date that Python does not have.
        return Since(span) if span < timedelta(days=36_500) else Since()
    try:
        return Since(day=date.fromisoformat(text.strip()))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write a span like 12h, 7d or 4w, or a date like 2026-11-01"
        ) from None
