"""Percentiles, medians and the table."""

from __future__ import annotations

import json
import math

from tests.bench.figure import KEYS, Promise, Results, table
from tests.bench.numbers import median, percentile, rounded
from tests.bench.profiling import shares


def test_a_percentile_is_the_smallest_value_that_covers_the_share() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 0.99) == 99
    assert percentile(values, 0.5) == 50
    assert percentile(values, 1.0) == 100
    assert percentile([7.0], 0.01) == 7
    assert math.isnan(percentile([], 0.5))


def test_a_median_lies_between_the_two_middle_values() -> None:
    assert median([3.0, 1.0, 2.0]) == 2
    assert median([4.0, 1.0, 2.0, 3.0]) == 2.5
    assert median([math.nan, 5.0]) == 5
    assert math.isnan(median([]))


def test_numbers_are_rounded_to_three_digits_and_nan_becomes_null() -> None:
    assert rounded(12345.678) == 12346
    assert rounded(0.123456) == 0.123
    assert rounded(math.nan) is None


def test_a_promise_is_kept_on_its_own_side_of_the_target() -> None:
    assert Promise("a", "", 10, high=True).kept(10)
    assert not Promise("a", "", 10).kept(11)
    assert Promise("a", "").kept(11) is None
    assert Promise("a", "", 10).kept(math.nan) is None


def test_results_are_medians_under_exactly_the_promised_keys() -> None:
    results = Results()
    for value in (1.0, 9.0, 2.0):
        results.add("ready_s", value, 0.5, "s, echo")
    found = results.as_json(KEYS)
    assert list(found) == list(KEYS)
    assert found["ready_s"] == 2
    assert found["storm_5000_s"] is None
    assert json.loads(json.dumps(found)) == found


def test_the_table_shows_verdict_baseline_repetitions_and_faults() -> None:
    results = Results()
    results.add("ready_s", 2.0, 0.5, "s, echo")
    results.detail("ready_s", "with a new database 3 s")
    results.faults.append("one answer was lost")
    shown = table(results, ["ready_s", "storm_5000_s"])
    assert "✗ ready_s" in shown
    assert "0.5 s, echo" in shown
    assert "with a new database 3 s" in shown
    assert "FAULT: one answer was lost" in shown


def test_a_profile_counts_a_function_once_a_stack() -> None:
    own, whole = shares(["run (a.py:1);walk (a.py:2);walk (a.py:3) 3", "run (a.py:1) 1"])
    assert own == [("walk (a.py)", 0.75), ("run (a.py)", 0.25)]
    assert dict(whole) == {"run (a.py)": 1.0, "walk (a.py)": 0.75}
