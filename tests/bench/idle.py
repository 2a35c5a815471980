"""What the service weighs while nothing happens, and how long it takes to be there."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.bench.bench import Bench, connected, settled, shop
from tests.bench.children import Echo, Frontdesk, Loader, StandIns

_FEW_RULES = 20


def connected_shop(addresses: dict[str, Any], count: int = _FEW_RULES) -> dict[str, Any]:
    """Settings with every channel, the desk and GPT on."""
    return shop(
        count,
        channels={"telegram": addresses["telegram"], "slack": {"enabled": True}},
        slack=addresses["slack"],
        desk=addresses["desk"],
        gpt={**addresses["gpt"], "debounce": "100ms"},
    )


async def weight(bench: Bench, keys: set[str]) -> None:
    for _ in bench.rounds():
        folder = bench.fresh("idle")
        async with Echo(folder) as echo:
            await echo.up("/")
            base = echo.rss_kb() / 1024
        if "rss_idle_web_rules_mb" in keys:
            async with Frontdesk(folder, shop(1000)) as desk:
                found = await _idle_mb(bench, desk)
            bench.results.add("rss_idle_web_rules_mb", found, base, "MB, echo")
        if "rss_idle_all_channels_mb" in keys:
            async with StandIns(folder) as outside:
                await outside.open()
                settings = connected_shop(outside.addresses, 1000)
                async with Frontdesk(folder, settings, name="all") as desk:
                    found = await _idle_mb(bench, desk)
            bench.results.add("rss_idle_all_channels_mb", found, base, "MB, echo")


async def _idle_mb(bench: Bench, desk: Frontdesk) -> float:
    """After one visitor came and went, because some things are made only then."""
    await desk.up("/readyz")
    async with Loader(bench.folder) as loader:
        await connected(loader, desk, count=1)
        await loader.ask(do="close")
    await asyncio.sleep(1)
    await settled(desk, 3.0)
    return desk.rss_kb() / 1024


async def ready(bench: Bench, _keys: set[str]) -> None:
    """A restart, every channel on; the very first start also makes the tables."""
    for _ in bench.rounds():
        folder = bench.fresh("ready")
        async with StandIns(folder) as outside:
            await outside.open()
            settings = connected_shop(outside.addresses)
            async with Echo(folder) as echo:
                base = await echo.up("/")
            seconds, cpu = [], 0.0
            for _start in range(2):
                async with Frontdesk(folder, settings) as desk:
                    seconds.append(await desk.up("/readyz"))
                    cpu = desk.cpu_seconds()
        bench.results.add("ready_s", seconds[1], base, "s, echo")
        detail = f"{cpu:.2f} s of CPU; with a new database {seconds[0]:.2f} s; {_FEW_RULES} rules"
        bench.results.detail("ready_s", detail)
