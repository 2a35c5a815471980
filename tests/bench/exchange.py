"""A customer's message in, its rule's answer out, both on disk; beside a bare echo."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from tests.bench import filling, profiling
from tests.bench.bench import Bench, run, shop
from tests.bench.children import Echo, Frontdesk, Loader

KEYS = (
    "exchanges_per_s_one_core",
    "exchanges_closed100_per_s",
    "exchanges_vs_echo",
    "closed100_p99_ms",
    "open1000_p99_ms",
    "open10000_p99_ms",
)
_DEEP: dict[str, Any] = {"do": "closed", "in_flight": 16}
_SINGLE: dict[str, Any] = {"do": "closed", "in_flight": 1}
_OPEN: dict[int, dict[str, Any]] = {
    1000: {"do": "open", "rate": 1000},
    10_000: {"do": "open", "rate": 10_000},
}
_PEOPLE, _EACH = 5_000, 200


async def exchanges(bench: Bench, keys: set[str]) -> None:
    for repeat in bench.rounds():
        folder = bench.fresh("exchange")
        async with Echo(folder) as echo, Loader(folder) as loader:
            await echo.up("/")
            desk = Frontdesk(folder, shop(1000))
            async with desk:
                await desk.up("/readyz")
                told = await _measure(bench, keys, echo, desk, loader)
                if bench.profile and repeat == 0:
                    told += await _profile(bench, bench.profile, desk, loader)
            _check_rows(bench, desk.database, told)


async def _measure(
    bench: Bench, keys: set[str], echo: Echo, desk: Frontdesk, loader: Loader
) -> list[dict[str, Any]]:
    results, told = bench.results, []

    async def both(order: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        base = await run(bench, loader, echo, echo=True, **order)
        found = await run(bench, loader, desk, **order)
        told.append(found)
        return found, base

    if keys & {"exchanges_per_s_one_core", "exchanges_vs_echo"}:
        found, base = await both(_DEEP)
        results.add(KEYS[0], found["rate"], base["rate"], "echo/s")
        results.add(KEYS[2], found["rate"] / base["rate"])
        results.detail(KEYS[0], _load(found, base))
    if keys & {"exchanges_closed100_per_s", "closed100_p99_ms"}:
        found, base = await both(_SINGLE)
        results.add(KEYS[1], found["rate"], base["rate"], "echo/s")
        results.add(KEYS[3], found["p99_ms"], base["p99_ms"], "ms, echo")
        results.detail(KEYS[1], _load(found, base))
    for rate, order in _OPEN.items():
        if f"open{rate}_p99_ms" in keys:
            found, base = await both(order)
            results.add(f"open{rate}_p99_ms", found["p99_ms"], base["p99_ms"], "ms, echo")
            results.detail(f"open{rate}_p99_ms", _reached(rate, found))
    return told


def _load(found: dict[str, Any], base: dict[str, Any]) -> str:
    """The generator is not the limit where its own core has time left. Where others use the
    machine too, what a second of the core's time achieves says more than the clock."""
    return (
        f"p50 {found['p50_ms']:.2f} ms, p99 {found['p99_ms']:.2f} ms; in a second of its core: "
        f"{found['per_cpu_second']:,.0f}, echo {base['per_cpu_second']:,.0f}\n"
        f"{'':4}{_cores('service', found)}\n{'':4}{_cores('echo', base)}"
    )


def _cores(server: str, found: dict[str, Any]) -> str:
    return (
        f"{server} used {found['server_share']:.0%} of its core and waited "
        f"{found['server_waited_share']:.0%} for others; generator "
        f"{found['generator_share']:.0%} and {found['generator_waited_share']:.0%}"
    )


def _reached(rate: int, found: dict[str, Any]) -> str:
    text = f"p50 {found['p50_ms']:.2f} ms, p99.9 {found['p99.9_ms']:.2f} ms"
    if found["rate"] < 0.97 * rate:
        text += f"; NOT REACHED: answered {found['rate']:,.0f}/s while {rate:,}/s came in"
    missing = found["sent"] - found["answered"]
    return text + (f"; {missing:,} unanswered after the wait" if missing else "")


def _check_rows(bench: Bench, database: Path, told: list[dict[str, Any]]) -> None:
    """What was acknowledged is in the database, and nothing twice."""
    rows = filling.counted(database)
    for kind, field in (("customer", "acked"), ("bot", "answered")):
        known = sum(found[field] for found in told)
        whole = all(found["complete"] for found in told)
        stored = rows.get(kind, 0)
        if stored < known or (whole and stored != known):
            bench.results.faults.append(f"{known} {field}, but {stored} rows of the {kind}")


async def _profile(
    bench: Bench, folder: Path, desk: Frontdesk, loader: Loader
) -> list[dict[str, Any]]:
    told = []
    for name, order in (("16-in-flight", _DEEP), ("1-in-flight", _SINGLE)):
        for form in ("raw", "flamegraph"):
            watching = asyncio.create_task(
                profiling.record(desk.pid, bench.seconds, folder / f"exchanges-{name}", form)
            )
            told.append(await run(bench, loader, desk, **order))
            await watching
        bench.results.detail(KEYS[0], profiling.top(folder / f"exchanges-{name}.raw", name))
    return told


async def million(bench: Bench, _keys: set[str]) -> None:
    """The same on an empty store and on one of a million messages, whose customers go on."""
    made = bench.fresh("million")
    people = 500 if bench.quick else _PEOPLE
    tokens = await filling.fill(made / "full.db", people, _EACH)
    step = len(tokens) // 100
    chosen = filling.write_tokens(made / "tokens.json", tokens[::step][:100])
    returning = {"tokens": str(chosen), "last_seq": _EACH}
    for _ in bench.rounds():
        empty = await _deep(bench, "empty", None, {})
        full = await _deep(bench, "full", made / "full.db", returning)
        bench.results.add("million_vs_empty", empty / full, full, "/s, full store")
    if bench.quick:
        bench.results.detail("million_vs_empty", f"quick: only {people * _EACH:,} messages")


async def _deep(bench: Bench, name: str, database: Path | None, connect: dict[str, Any]) -> float:
    folder = bench.fresh(name)
    if database is not None:
        shutil.copyfile(database, folder / "frontdesk.db")
    async with Loader(folder) as loader, Frontdesk(folder, shop(1000)) as desk:
        await desk.up("/readyz")
        found = await run(bench, loader, desk, connect=connect, **_DEEP)
    return float(found["rate"])
