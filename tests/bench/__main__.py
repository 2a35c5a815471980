"""`make bench`: measure every promise of speed and size, and print the table.

    python -m tests.bench [--quick] [--only KEY,KEY] [--profile FOLDER]

The numbers go to the file named by BENCH_JSON as well, if it is set.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.bench import exchange, forward, idle, matching, outside, plot, profiling, sockets
from tests.bench.bench import Bench, place
from tests.bench.children import CLIENT, SERVER
from tests.bench.figure import KEYS, Results, table

Measurement = Callable[[Bench, set[str]], Awaitable[None]]

MEASUREMENTS: tuple[tuple[tuple[str, ...], Measurement], ...] = (
    (exchange.KEYS, exchange.exchanges),
    ((forward.KEY,), forward.forward),
    (("kb_per_socket_10000",), sockets.held),
    (("storm_5000_s",), sockets.storm),
    (("rss_idle_web_rules_mb", "rss_idle_all_channels_mb"), idle.weight),
    (("ready_s",), idle.ready),
    (("rules1000_us", "rules10000_vs_1000"), matching.matching),
    (("million_vs_empty",), exchange.million),
    (("first_draft_overhead_ms",), outside.first_draft),
    (("telegram_per_s", "slack_events_per_s"), outside.platforms),
)
_IDLE = 0.5
_LONGEST = 240.0  # seconds for one measurement with all its repetitions


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once and shortly: about a minute")
    parser.add_argument("--only", metavar="KEY,KEY", help=f"some of: {', '.join(KEYS)}")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="py-spy the exchanges")
    parser.add_argument("--repeats", type=int, help="how often (3)")
    options = parser.parse_args()
    options.keys = set(options.only.split(",")) if options.only else set(KEYS)
    if unknown := options.keys - set(KEYS):
        parser.error(f"{', '.join(sorted(unknown))}: known are {', '.join(KEYS)}")
    if options.profile and profiling.spy() is None:
        parser.error("--profile needs py-spy: install it into .venv")
    return options


async def measure(bench: Bench, keys: set[str]) -> None:
    for known, measurement in MEASUREMENTS:
        wanted = keys & set(known)
        if not wanted:
            continue
        began = time.monotonic()
        _tell(f"{', '.join(key for key in known if key in wanted)} …")
        try:
            async with asyncio.timeout(_LONGEST):
                await measurement(bench, wanted)
        except Exception as error:
            bench.results.faults.append(f"{known[0]}: {type(error).__name__}: {error}")
        _tell(f"    {time.monotonic() - began:.0f} s")


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _report(results: Results, keys: set[str], options: argparse.Namespace) -> None:
    sys.stdout.write(table(results, keys) + "\n")
    if name := os.environ.get("BENCH_JSON"):
        ordered = [key for key in KEYS if key in keys]
        Path(name).write_text(json.dumps(results.as_json(ordered), indent=2) + "\n", "utf-8")
    if keys == set(KEYS) and not options.quick:
        try:
            for path in plot.draw(results):
                _tell(f"plot: {path}")
        except ImportError:
            _tell("no plot: matplotlib is not installed")


def main() -> int:
    options = _options()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    if SERVER == CLIENT:
        _tell("only one core: generator and service share it, so the figures are too low")
    if (others := os.getloadavg()[0]) > _IDLE:
        _tell(f"others use this machine (load {others:.1f}), so the figures are too low")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    bench = Bench(place(), profile=options.profile)
    if options.quick:
        bench.quick, bench.repeats, bench.seconds, bench.warm = True, 1, 1.0, 0.5
    bench.repeats = options.repeats or bench.repeats
    if options.profile:
        options.profile.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(measure(bench, options.keys))
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    _report(bench.results, options.keys, options)
    missing = [key for key in options.keys if math.isnan(bench.results.value(key))]
    return 1 if bench.results.faults or missing else 0


if __name__ == "__main__":
    sys.exit(main())
