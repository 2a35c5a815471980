"""What a row of measured values comes to."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of all values do not exceed; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle one, between two the mean of both; NaN of nothing. NaNs do not count."""
    ordered = sorted(value for value in values if not math.isnan(value))
    if not ordered:
        return math.nan
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def rounded(value: float) -> float | None:
    """Three digits are more than a noisy machine deserves; None for NaN, which JSON lacks."""
    if math.isnan(value) or math.isinf(value):
        return None
    if abs(value) >= 1000:
        return float(round(value))
    return float(f"{value:.3g}")
