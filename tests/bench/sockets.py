"""Many tabs at once: what one costs while nothing happens, and how soon all are back."""

from __future__ import annotations

import math
import shutil

from tests.bench import filling
from tests.bench.bench import Bench, connected, settled, shop
from tests.bench.children import Echo, Frontdesk, Loader, Server

_HELD, _STORM, _REPLAY = 10_000, 5_000, 20
_WARMING = 200


async def held(bench: Bench, _keys: set[str]) -> None:
    count = 2_000 if bench.quick else _HELD
    for _ in bench.rounds():
        folder = bench.fresh("held")
        async with Echo(folder) as echo:
            await echo.up("/")
            base = await _kb_each(bench, echo, count, echo=True)
        async with Frontdesk(folder, shop(1000)) as desk:
            await desk.up("/readyz")
            found = await _kb_each(bench, desk, count, echo=False)
        bench.results.add("kb_per_socket_10000", found, base, "kB, echo")
    if bench.quick:
        bench.results.detail("kb_per_socket_10000", f"quick: only {count:,} sockets")


async def _kb_each(bench: Bench, server: Server, count: int, *, echo: bool) -> float:
    """Kilobytes that each of `count` tabs adds once the server has seen its first ones."""
    async with Loader(bench.folder) as loader:
        await connected(loader, server, echo=echo, count=_WARMING)
        await loader.ask(do="close")
        await settled(server)
        before = server.rss_kb()
        await connected(loader, server, echo=echo, count=count, within=90)
        await settled(server, 3.0)
        return (server.rss_kb() - before) / count


async def storm(bench: Bench, _keys: set[str]) -> None:
    """Everybody comes back at the same moment, as after a restart, and wants the past."""
    count = 1_000 if bench.quick else _STORM
    made = bench.fresh("storm")
    tokens = await filling.fill(made / "full.db", count, _REPLAY)
    names = filling.write_tokens(made / "tokens.json", tokens)
    for _ in bench.rounds():
        folder = bench.fresh("back")
        shutil.copyfile(made / "full.db", folder / "frontdesk.db")
        async with Echo(folder) as echo:
            await echo.up("/")
            base = await _rush(bench, echo, count, echo=True)
        async with Frontdesk(folder, shop(1000)) as desk:
            await desk.up("/readyz")
            found = await _rush(bench, desk, count, tokens=str(names), replay=_REPLAY)
        bench.results.add("storm_5000_s", found, base, "s, echo, no past")
    if bench.quick:
        bench.results.detail("storm_5000_s", f"quick: only {count:,} tabs")


async def _rush(bench: Bench, server: Server, count: int, **order: object) -> float:
    async with Loader(bench.folder) as loader:
        echo = bool(order.pop("echo", False))
        try:
            found = await connected(
                loader, server, echo=echo, count=count, at_once=count, within=60, **order
            )
        except RuntimeError as error:
            bench.results.faults.append(f"storm: {error}")
            return math.nan
        return float(found["seconds"])
