"""Customers on Telegram and Slack, and GPT's first words, against the stand-ins."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.bench import filling, rules
from tests.bench.bench import CUSTOMERS, Bench, connected
from tests.bench.children import SERVER, Child, Frontdesk, Loader, StandIns
from tests.bench.idle import connected_shop
from tests.bench.numbers import median, percentile

_DEBOUNCE = 0.1
_GPT_SECONDS = 20.0


async def platforms(bench: Bench, keys: set[str]) -> None:
    """Messages a second that the real clients have taken in and the store has on disk."""
    count = 500 if bench.quick else 3_000
    for _ in bench.rounds():
        folder = bench.fresh("platforms")
        async with StandIns(folder) as outside:
            await outside.open()
            desk = Frontdesk(folder, connected_shop(outside.addresses, 1000))
            async with desk:
                await desk.up("/readyz")
                taken = 0
                if "telegram_per_s" in keys:
                    taken += await _taken(
                        bench, desk, outside, "telegram_per_s", do="telegram", count=count,
                        seconds=15,
                    )  # fmt: skip
                if "slack_events_per_s" in keys:
                    taken += await _taken(
                        bench, desk, outside, "slack_events_per_s", do="slack",
                        seconds=bench.seconds,
                    )  # fmt: skip
                _check_stored(bench, desk, taken)
                await desk.stop(0.5)  # what is still to be sent to the customers is not measured


async def _taken(bench: Bench, desk: Frontdesk, outside: StandIns, key: str, **order: Any) -> int:
    cpu, helpers, began = desk.cpu_seconds(), outside.cpu_seconds(), time.monotonic()
    found = await outside.ask(60, **order)
    took = time.monotonic() - began
    bench.results.add(key, found["taken"] / found["seconds"])
    bench.results.detail(
        key,
        f"{found['taken']:,} in {found['seconds']:.1f} s; cores in use: service "
        f"{(desk.cpu_seconds() - cpu) / took:.0%}, "
        f"stand-in {(outside.cpu_seconds() - helpers) / took:.0%}",
    )
    return int(found["taken"])


def _check_stored(bench: Bench, desk: Frontdesk, taken: int) -> None:
    stored = filling.counted(desk.database).get("customer", 0)
    if stored < taken:
        bench.results.faults.append(f"{taken} messages confirmed, {stored} stored")


async def first_draft(bench: Bench, _keys: set[str]) -> None:
    """100 customers ask GPT at the same moment; a bare client does the same beside it."""
    for _ in bench.rounds():
        folder = bench.fresh("gpt")
        async with StandIns(folder) as outside:
            await outside.open()
            bare = await _bare(folder / "bare.log", outside)
            settings = connected_shop(outside.addresses, 1000)
            del settings["channels"], settings["desk"], settings["slack"]
            async with Frontdesk(folder, settings) as desk, Loader(folder) as loader:
                await desk.up("/readyz")
                ours = await _ours(bench, desk, loader, outside)
        added = 1000 * (median(ours["since_sent"]) - median(bare["since_sent"]))
        base = 1000 * median(bare["since_sent"])
        bench.results.add("first_draft_overhead_ms", added, base, "ms, bare client")
        asked = 1000 * (median(ours["since_asked"]) - median(bare["since_asked"]) - _DEBOUNCE)
        bench.results.detail(
            "first_draft_overhead_ms",
            f"p99 {1000 * percentile(ours['since_sent'], 0.99):.1f} ms (bare "
            f"{1000 * percentile(bare['since_sent'], 0.99):.1f}); from the customer's message on, "
            f"without the debounce of 100 ms: {asked:.1f} ms",
        )


async def _bare(log: Path, outside: StandIns) -> dict[str, list[float]]:
    texts = _questions("bare")
    gpt = outside.addresses["gpt"]
    order = {**gpt, "texts": texts}
    async with Child(("-m", "tests.bench.bare"), SERVER, log=log, talks=True) as bare:
        found = await bare.ask(60, **order)
    sent = await outside.ask(do="asked")
    seen = [found["seen"][text] for text in texts]
    return _since(found["asked"], seen, [sent[text] for text in texts])


async def _ours(
    bench: Bench, desk: Frontdesk, loader: Loader, outside: StandIns
) -> dict[str, list[float]]:
    texts = _questions("customer")
    await connected(loader, desk, texts=texts)
    found = await loader.ask(60, do="drafts", seconds=_GPT_SECONDS)
    sent = await outside.ask(do="asked")
    numbers = [number for number in range(CUSTOMERS) if str(number) in found["seen"]]
    if len(numbers) < CUSTOMERS or found["faults"]:
        bench.results.faults.append(
            f"{CUSTOMERS - len(numbers)} customers saw no draft; {found['examples']}"
        )
    seen = [found["seen"][str(number)] for number in numbers]
    return _since(found["asked"], seen, [sent[texts[number]] for number in numbers])


def _since(asked: float, seen: list[float], sent: list[float]) -> dict[str, list[float]]:
    return {
        "since_sent": [at - due for at, due in zip(seen, sent, strict=True)],
        "since_asked": [at - asked for at in seen],
    }


def _questions(who: str) -> list[str]:
    return [
        f"{who} {n}: {text}"[:100].strip() for n, text in enumerate(rules.strangers(CUSTOMERS))
    ]
