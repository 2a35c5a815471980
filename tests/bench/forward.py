"""Agents' replies on their way to customers who have two tabs open each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.bench import filling
from tests.bench.bench import CUSTOMERS, Bench, connected, shop
from tests.bench.children import SERVER, Echo, Loader, Server, filled, free_port

_TABS = 2
_IN_FLIGHT = 16
KEY = "forward_per_s_one_core"


class Desk(Server):
    """`tests.bench.desk`: the service with agents who never pause."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.database = folder / "frontdesk.db"
        self.tokens = folder / "tokens.json"
        path = folder / "settings.yaml"
        path.write_text(json.dumps(filled(shop(1000), self.port, self.database)), "utf-8")
        command = ("-m", "tests.bench.desk", str(path), str(self.tokens), str(CUSTOMERS))
        super().__init__(command, SERVER, log=folder / "desk.log", talks=True)


async def forward(bench: Bench, _keys: set[str]) -> None:
    for _ in bench.rounds():
        folder = bench.fresh("forward")
        base = await _echo(bench, folder)
        async with Desk(folder) as desk, Loader(folder) as loader:
            _ = await desk.hear()
            await _measure(bench, desk, loader, base)


async def _measure(bench: Bench, desk: Desk, loader: Loader, base: float) -> None:
    count = _TABS * CUSTOMERS
    await connected(loader, desk, count=count, tokens=str(desk.tokens))
    _ = await _replies(desk, loader, bench.warm)
    cpu = desk.cpu_seconds()
    accepted, heard = await _replies(desk, loader, bench.seconds)
    cpu = desk.cpu_seconds() - cpu
    _ = await loader.ask(do="close")
    took = max(accepted["seconds"], heard["seconds"])
    bench.results.add(KEY, heard["messages"] / _TABS / took, base, "echo/s, one tab")
    bench.results.detail(
        KEY,
        f"in a second of its core: {heard['messages'] / _TABS / cpu:,.0f}; "
        f"cores in use: service {cpu / took:.0%}, generator {heard['busy']:.0%}",
    )
    if heard["messages"] != _TABS * accepted["accepted"] or heard["faults"]:
        bench.results.faults.append(
            f"{accepted['accepted']} replies accepted, {heard['messages']} seen in "
            f"{_TABS} tabs; {heard['examples']}"
        )
    stored = filling.counted(desk.database).get("agent", 0)
    if stored < accepted["accepted"]:
        bench.results.faults.append(f"{accepted['accepted']} accepted, {stored} stored")


async def _replies(
    desk: Desk, loader: Loader, seconds: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let the agents write for so long: what was accepted, and what the tabs saw."""
    await loader.tell({"do": "listen", "seconds": seconds + 60, "quiet": 1.0})
    accepted = await desk.ask(in_flight=_IN_FLIGHT, seconds=seconds)
    await loader.tell({"do": "pause"})
    heard = await loader.hear()
    _ = await loader.hear()
    return accepted, heard


async def _echo(bench: Bench, folder: Path) -> float:
    async with Echo(folder) as echo, Loader(folder) as loader:
        await echo.up("/")
        await connected(loader, echo, echo=True)
        found = await loader.ask(
            do="closed",
            in_flight=_IN_FLIGHT,
            warm=bench.warm,
            seconds=bench.seconds,
            pid=echo.pid,
        )
        return float(found["rate"])
