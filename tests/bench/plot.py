"""The picture for README, for light and for dark pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figure import PROMISES, Results
from tests.bench.numbers import median

FOLDER = Path(__file__).parent / "plots"


@dataclass(frozen=True, slots=True)
class Look:
    name: str
    paper: str
    ink: str
    faint: str
    ours: str
    base: str


LOOKS = (
    Look("light", "#ffffff", "#1f2328", "#d1d9e0", "#3b5bdb", "#b9c3cf"),
    Look("dark", "#0d1117", "#f0f6fc", "#3d444d", "#748ffc", "#57606a"),
)
_LABEL = 0.14  # how long a number is, of the longest bar
_RATES = {
    "exchanges_per_s_one_core": "16 in flight",
    "exchanges_closed100_per_s": "1 in flight",
    "forward_per_s_one_core": "agents' replies",
}
_TIMES = {
    "closed100_p99_ms": "1 in flight",
    "open1000_p99_ms": "1,000 a second",
    "open10000_p99_ms": "10,000 a second",
}


def draw(results: Results, folder: Path = FOLDER) -> list[Path]:
    """light.png and dark.png; nothing where no figure of the picture was measured."""
    if not any(key in results.figures for key in (*_RATES, *_TIMES)):
        return []
    import matplotlib as mpl

    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    return [_draw(results, look, folder / f"{look.name}.png") for look in LOOKS]


def _draw(results: Results, look: Look, path: Path) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), dpi=160, facecolor=look.paper, layout="constrained")
    left, right = figure.subplots(1, 2)
    _bars(left, results, look, _RATES, "durable exchanges a second, one core")
    _bars(right, results, look, _TIMES, "99 of 100 answers within … ms")
    figure.savefig(path, metadata={"Software": None})
    return path


def _bars(axes: Any, results: Results, look: Look, keys: dict[str, str], title: str) -> None:
    targets = {promise.key: promise.target for promise in PROMISES}
    shown = [key for key in keys if key in results.figures]
    measured = [results.figures[key] for key in shown]
    longest = max((max(one.value, median(one.baselines)) for one in measured), default=0.0)
    for place, key in enumerate(shown):
        found = results.figures[key]
        target = targets[key] or 0.0
        for offset, value, color in (
            (0.2, median(found.baselines), look.base),
            (-0.2, found.value, look.ours),
        ):
            axes.barh(-place + offset, value, 0.36, color=color)
            is_in_the_way = color == look.ours and value < target < value + _LABEL * longest
            axes.annotate(
                f" {value:,.0f}" if value >= 100 else f" {value:.1f}",
                (target if is_in_the_way else value, -place + offset),
                va="center",
                color=look.ink,
                fontsize=8,
            )
        if target:
            axes.plot([target] * 2, [-place - 0.42, -place + 0.02], color=look.ink, lw=1.4)
    _dress(axes, look, [keys[key] for key in shown], title)


def _dress(axes: Any, look: Look, names: list[str], title: str) -> None:
    axes.set_facecolor(look.paper)
    axes.set_yticks([-place for place in range(len(names))], names, color=look.ink, fontsize=9)
    axes.set_title(title, color=look.ink, fontsize=10, loc="left")
    axes.tick_params(colors=look.ink, labelsize=8, length=0)
    axes.set_axisbelow(True)
    axes.xaxis.grid(True, color=look.faint, lw=0.6)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params(axis="x", nbins=5)
    axes.margins(x=0.16)
    axes.set_xlim(left=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel(
        "blue: frontdesk · grey: a bare echo · line: the promise", color=look.ink, fontsize=7
    )
