"""Opening hours, so that a closed desk can be said honestly instead of letting customers wait."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import FrontdeskError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})")
_DAY_MINUTES = 24 * 60


Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class HoursFault:
    """One fault in `business.hours` or `business.timezone`; `path` starts at the business, such
    as ("hours", "mon-fri", 0)."""

    path: Path
    reason: str
    hint: str = ""


class BadHours(FrontdeskError):
    """The hours cannot be used; `faults` lists every reason."""

    def __init__(self, faults: Sequence[HoursFault]) -> None:
        super().__init__("; ".join(fault.reason for fault in faults))
        self.faults = tuple(faults)


Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When the desk is staffed, in the business's own time zone.

    `week` has the spans of Monday to Sunday as minutes after that day's midnight; a span that
    passes midnight ends beyond 1440. A holiday has no spans of its own, but a night that began
    the day before still ends in it.
    """

    timezone: tzinfo = UTC
    week: tuple[Spans, ...] = (((0, _DAY_MINUTES),),) * 7
    holidays: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, hours: Mapping[str, Any] | None, timezone: str = "UTC") -> OpeningHours:
        """From `{mon-fri: "09:00-18:00", sat: ["10:00-12:00", …], sun: closed, holidays: […]}`.

        A day that is not named is closed; nothing at all, or only holidays, means always open
        but for these. Raises BadHours.
        """
        parser = _Parser([])
        zone = parser.zone(timezone)
        week, holidays = parser.days(hours or {})
        if parser.faults:
            raise BadHours(parser.faults)
        return cls(zone, week or cls().week, holidays)

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at this aware time."""
        return _is_open(self, int(at.timestamp()) // 60)

    def _is_open(self, at: datetime) -> bool:
        today = at.astimezone(self.timezone).date()
        return any(
            start <= at < end
            for day in (today - timedelta(days=1), today)
            for start, end in self._spans(day)
        )

    def next_opening(self, at: datetime) -> datetime | None:
        """The next moment, in UTC, at which the desk is open: `at` itself when it is open now,
        None when it does not open within a year."""
        if self.is_open(at):
            return at.astimezone(UTC)
        today = at.astimezone(self.timezone).date()
        for days in range(366):
            starts = [start for start, _ in self._spans(today + timedelta(days=days))]
            later = [start for start in starts if start > at]
            if later:
                return min(later).astimezone(UTC)
        return None

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        if day in self.holidays:
            return []
        spans = self.week[day.weekday()]
        return [(self._moment(day, start), self._moment(day, end)) for start, end in spans]

    def _moment(self, day: date, minutes: int) -> datetime:
        # Counted on the wall clock, so that 09:00 stays 09:00 on the days the clocks change.
        days, rest = divmod(minutes, _DAY_MINUTES)
        wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60))
        return wall.replace(tzinfo=self.timezone).astimezone(UTC)


@lru_cache(maxsize=4)  # every message asks, and the answer changes with the minute at most
def _is_open(hours: OpeningHours, minute: int) -> bool:
    return hours._is_open(datetime.fromtimestamp(minute * 60, UTC))


@dataclass(frozen=True, slots=True)
class _Parser:
    faults: list[HoursFault]

    def zone(self, name: str) -> tzinfo:
        if name == "UTC":
            return UTC  # works where the machine has no time zone data
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self._fault(("timezone",), f"there is no time zone {name!r}", "such as Europe/Berlin")
            return UTC

    def days(self, hours: Mapping[str, Any]) -> tuple[tuple[Spans, ...], frozenset[date]]:
        week: dict[int, Spans] = {}
        holidays: frozenset[date] = frozenset()
        for name, value in hours.items():
            path = ("hours", name)
            if name == "holidays":
                holidays = self._holidays(value)
                continue
            spans = self._spans(path, value)
            for day in self._days(path, name):
                if day in week:
                    self._fault(path, f"{DAYS[day]} is given twice", "name each day once")
                week[day] = spans
        return tuple(week.get(day, ()) for day in range(7)) if week else (), holidays

    def _days(self, path: Path, name: str) -> list[int]:
        first, dash, last = str(name).lower().replace("–", "-").partition("-")
        start = self._day(path, first.strip())
        end = self._day(path, last.strip()) if dash else start
        if start is None or end is None:
            return []
        return [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]

    def _day(self, path: Path, name: str) -> int | None:
        for names in (DAYS, _LONG):
            if name in names:
                return names.index(name)
        from difflib import get_close_matches  # only where there is a mistake

        close = get_close_matches(name, (*DAYS, *_LONG, "holidays"), n=1)
        hint = f"did you mean {close[0]}?" if close else "mon, tue, … sun, or mon-fri"
        self._fault(path, f"{name!r} is not a day", hint)
        return None

    def _spans(self, path: Path, value: Any) -> Spans:
        if value is None or value == [] or value == "closed":
            return ()
        if not isinstance(value, list | tuple):
            return self._merged(path, [self._span(path, value)])
        spans = [self._span((*path, index), part) for index, part in enumerate(value)]
        return self._merged(path, spans)

    def _span(self, path: Path, value: Any) -> tuple[int, int] | None:
        found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
        hint = 'such as "09:00-18:00", in quotes, or closed'
        if not found:
            self._fault(path, f"{value!r} is not a span of time", hint)
            return None
        hours = [int(part) for part in found.groups()]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if max(start, end) > _DAY_MINUTES or max(hours[1], hours[3]) > 59:
            self._fault(path, f"{value!r} has a time that no clock shows", "00:00 to 24:00")
            return None
        if start == end:
            self._fault(path, f"{value!r} begins and ends at once", '"00:00-24:00" is all day')
            return None
        return start, end if end > start else end + _DAY_MINUTES

    def _merged(self, path: Path, spans: Sequence[tuple[int, int] | None]) -> Spans:
        good = sorted(span for span in spans if span is not None)
        for (_, end), (start, _) in itertools.pairwise(good):
            if start < end:
                self._fault(path, "two spans of this day overlap", "make them one")
        return tuple(good)

    def _holidays(self, value: Any) -> frozenset[date]:
        days = value if isinstance(value, list | tuple) else [value]
        found = (
            self._holiday(("hours", "holidays", index), day) for index, day in enumerate(days)
        )
        return frozenset(day for day in found if day is not None)

    def _holiday(self, path: Path, value: Any) -> date | None:
        if isinstance(value, date):
            return value.date() if isinstance(value, datetime) else value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self._fault(path, f"{value!r} is not a date", "such as 2026-12-25")
            return None

    def _fault(self, path: Path, reason: str, hint: str) -> None:
        self.faults.append(HoursFault(path, reason, hint))
