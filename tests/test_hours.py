"""Opening hours as people write them, in the business's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.hours import BadHours, OpeningHours

BERLIN = "Europe/Berlin"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _faults(hours: dict[str, Any], zone: str = "UTC") -> list[tuple[Any, ...]]:
    with pytest.raises(BadHours) as caught:
        OpeningHours.parse(hours, zone)
    return [fault.path for fault in caught.value.faults]


def test_week_is_read_in_the_business_time_zone() -> None:
    hours = OpeningHours.parse({"mon-fri": "09:00-18:00", "sat": "10:00-14:00"}, BERLIN)
    # 2026-01-05 is a Monday; Berlin is an hour ahead of UTC in winter.
    assert not hours.is_open(_at("2026-01-05T07:59"))
    assert hours.is_open(_at("2026-01-05T08:00"))
    assert hours.is_open(_at("2026-01-05T16:59"))
    assert not hours.is_open(_at("2026-01-05T17:00"))
    assert hours.is_open(_at("2026-01-10T09:30"))
    assert not hours.is_open(_at("2026-01-11T09:30"))


def test_several_spans_a_day_leave_a_break() -> None:
    hours = OpeningHours.parse({"mon": ["09:00-12:00", "13:00-18:00"]})
    opens = [hours.is_open(_at(f"2026-01-05T{time}")) for time in ("11:59", "12:30", "13:00")]
    assert opens == [True, False, True]


def test_night_span_ends_the_next_day() -> None:
    hours = OpeningHours.parse({"fri": "22:00-02:00"})
    assert hours.is_open(_at("2026-01-09T23:00"))
    assert hours.is_open(_at("2026-01-10T01:59"))
    assert not hours.is_open(_at("2026-01-10T02:00"))
    assert not hours.is_open(_at("2026-01-09T01:00"))


def test_range_of_days_may_pass_the_weekend() -> None:
    hours = OpeningHours.parse({"sat-mon": "10:00-12:00", "Wednesday": "10:00-24:00"})
    days = [hours.is_open(_at(f"2026-01-{day:02}T11:00")) for day in range(5, 12)]
    assert days == [True, False, True, False, False, True, True]
    assert hours.is_open(_at("2026-01-07T23:59"))


def test_holidays_are_closed() -> None:
    hours = OpeningHours.parse(
        {"mon-sun": "00:00-24:00", "holidays": ["2026-12-25", date(2026, 12, 26)]}
    )
    opens = [hours.is_open(_at(f"2026-12-{day}T12:00")) for day in (24, 25, 26, 27)]
    assert opens == [True, False, False, True]


def test_nothing_said_means_always_open() -> None:
    assert OpeningHours.parse(None).is_open(_at("2026-01-04T03:00"))
    assert OpeningHours.parse({}).next_opening(_at("2026-01-04T03:00")) == _at("2026-01-04T03:00")


def test_day_that_is_not_named_or_closed_is_closed() -> None:
    hours = OpeningHours.parse({"mon": "09:00-10:00", "tue": "closed", "wed": None, "thu": []})
    assert hours.next_opening(_at("2026-01-05T09:30")) == _at("2026-01-05T09:30")
    assert hours.next_opening(_at("2026-01-05T10:00")) == _at("2026-01-12T09:00")


def test_next_opening_skips_holidays_and_is_none_when_there_is_none() -> None:
    hours = OpeningHours.parse({"mon": "09:00-10:00", "holidays": "2026-01-12"}, BERLIN)
    assert hours.next_opening(_at("2026-01-06T00:00")) == _at("2026-01-19T08:00")
    assert OpeningHours.parse({"mon": "closed"}).next_opening(_at("2026-01-06T00:00")) is None


def test_nine_stays_nine_when_the_clocks_change() -> None:
    hours = OpeningHours.parse({"mon-sun": "09:00-10:00"}, BERLIN)
    assert hours.next_opening(_at("2026-03-28T12:00")) == _at("2026-03-29T07:00")
    assert hours.next_opening(_at("2026-03-27T12:00")) == _at("2026-03-28T08:00")


def test_every_fault_is_named_with_its_place() -> None:
    faults = _faults(
        {
            "mon-fry": "09:00-18:00",
            "tue": "9-18",
            "wed": ["09:00-12:00", "11:00-13:00"],
            "thu": ["25:00-26:00"],
            "fri": 540,
            "sat": "10:00-10:00",
            "holidays": ["2026-02-30"],
        },
        "Mars/Base",
    )
    assert faults == [
        ("timezone",),
        ("hours", "mon-fry"),
        ("hours", "tue"),
        ("hours", "wed"),
        ("hours", "thu", 0),
        ("hours", "fri"),
        ("hours", "sat"),
        ("hours", "holidays", 0),
    ]


def test_day_given_twice_is_refused() -> None:
    assert _faults({"mon-fri": "09:00-18:00", "fri": "09:00-15:00"}) == [("hours", "fri")]


def test_misspelt_day_gets_a_suggestion() -> None:
    with pytest.raises(BadHours) as caught:
        OpeningHours.parse({"tuseday": "09:00-10:00"})
    assert caught.value.faults[0].hint == "did you mean tuesday?"
