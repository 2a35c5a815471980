"""The figures by name: what is promised, what was measured, and beside what."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.bench.numbers import median, rounded


@dataclass(frozen=True, slots=True)
class Promise:
    """`target` None: only reported. `high`: a higher value is better."""

    key: str
    what: str
    target: float | None = None
    aim: float | None = None
    high: bool = False

    def kept(self, value: float) -> bool | None:
        if self.target is None or math.isnan(value):
            return None
        return value >= self.target if self.high else value <= self.target


PROMISES = (
    Promise("exchanges_per_s_one_core", "exchanges/s, 100 × 16 in flight", 25e3, 40e3, high=True),
    Promise("exchanges_closed100_per_s", "exchanges/s, 100 × 1 in flight", 15e3, 25e3, high=True),
    Promise("exchanges_vs_echo", "exchanges over the echo's messages", 0.3, 0.5, high=True),
    Promise("closed100_p99_ms", "p99 ms, 100 × 1 in flight", 23, 8),
    Promise("open1000_p99_ms", "p99 ms at 1,000/s", 5, 2),
    Promise("open10000_p99_ms", "p99 ms at 10,000/s", 10, 4),
    Promise("forward_per_s_one_core", "agents' replies/s to two tabs each", 20e3, high=True),
    Promise("kb_per_socket_10000", "kB a held socket", 20),
    Promise("storm_5000_s", "s until 5,000 tabs replayed 20 each", 10),
    Promise("rss_idle_web_rules_mb", "MB idle, web and rules", 78),
    Promise("rss_idle_all_channels_mb", "MB idle, every channel and GPT", 110),
    Promise("ready_s", "s from start to ready, every channel", 1.5),
    Promise("rules1000_us", "µs a message through 1,000 rules", 20),
    Promise("rules10000_vs_1000", "the same with 10,000 rules, over it", 2),
    Promise("million_vs_empty", "exchanges/s empty over a million stored", 1.2),
    Promise("first_draft_overhead_ms", "ms added to GPT's first words", 10),
    Promise("telegram_per_s", "Telegram messages/s taken", high=True),
    Promise("slack_events_per_s", "Slack events/s taken", high=True),
)
KEYS = tuple(promise.key for promise in PROMISES)


@dataclass(slots=True)
class Measured:
    """The repetitions of one figure and of its baseline; `details` are printed under it."""

    values: list[float] = field(default_factory=list)
    baselines: list[float] = field(default_factory=list)
    baseline: str = ""
    details: list[str] = field(default_factory=list)

    @property
    def value(self) -> float:
        return median(self.values)


class Results:
    """Everything measured so far. `faults` are answers that were lost, repeated or wrong."""

    def __init__(self) -> None:
        self.figures: dict[str, Measured] = {}
        self.faults: list[str] = []

    def add(self, key: str, value: float, base: float = math.nan, beside: str = "") -> None:
        found = self.figures.setdefault(key, Measured())
        found.values.append(value)
        if not math.isnan(base):
            found.baselines.append(base)
        found.baseline = beside or found.baseline

    def detail(self, key: str, text: str) -> None:
        self.figures.setdefault(key, Measured()).details.append(text)

    def value(self, key: str) -> float:
        return self.figures[key].value if key in self.figures else math.nan

    def as_json(self, keys: Iterable[str]) -> dict[str, float | None]:
        return {key: rounded(self.value(key)) for key in keys}


def table(results: Results, keys: Iterable[str]) -> str:
    """One line a figure: median, verdict, target, baseline, the repetitions."""
    lines = [f"{'':2}{'figure':27}{'median':>10} {'target':>9}  {'baseline':<27} runs"]
    for promise in PROMISES:
        if promise.key not in keys:
            continue
        found = results.figures.get(promise.key, Measured())
        verdict = {True: "✓", False: "✗", None: " "}[promise.kept(found.value)]
        base = median(found.baselines)
        beside = "" if math.isnan(base) else f"{_short(base)} {found.baseline}"
        runs = " ".join(_short(value) for value in found.values)
        lines.append(
            f"{verdict:2}{promise.key:27}{_short(found.value):>10} {_target(promise):>9}"
            f"  {beside:<27} {runs}"
        )
        lines += [f"{'':4}{detail}" for detail in found.details]
    lines += [f"FAULT: {fault}" for fault in results.faults]
    return "\n".join(lines)


def _target(promise: Promise) -> str:
    if promise.target is None:
        return "report"
    return f"{'≥' if promise.high else '≤'} {promise.target:,.4g}"


def _short(value: float) -> str:
    number = rounded(value)
    if number is None:
        return "–"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:g}"
