"""What every measurement needs: where to write, how long, and the talk with the generator."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import rules
from tests.bench.children import ROOT, Child, Loader, Server
from tests.bench.figure import Results

CUSTOMERS = 100
_ENOUGH = 60.0  # seconds after which no measurement is repeated
_MEMORY_ONLY = ("tmpfs", "ramfs")


@dataclass(slots=True)
class Bench:
    """`seconds` is how long a measurement goes on, `repeats` how often it is made."""

    folder: Path
    repeats: int = 3
    seconds: float = 4.0
    warm: float = 1.0
    quick: bool = False
    profile: Path | None = None
    results: Results = field(default_factory=Results)

    def rounds(self) -> Iterator[int]:
        """The repetitions; fewer of a measurement that takes too long."""
        began = time.monotonic()
        for number in range(self.repeats):
            if number and time.monotonic() - began > _ENOUGH:
                return
            yield number

    def fresh(self, name: str) -> Path:
        """An empty folder on a real disk."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder


def shop(count: int, **more: Any) -> dict[str, Any]:
    """Settings with `count` rules. The limits are high but in force, as in production."""
    return {
        "business": {"name": "Fern & Clay", "languages": ["en", "zh"]},
        "limits": {"customer_per_minute": 10_000_000, "connections": 100_000},
        "quick_replies": [sample.rule for sample in rules.samples(count)],
        **more,
    }


async def connected(
    loader: Loader, server: Server, *, echo: bool = False, **order: Any
) -> dict[str, Any]:
    """Let customers connect; raises RuntimeError when one of them could not."""
    count = order.pop("count", CUSTOMERS)
    found = await loader.ask(do="connect", port=server.port, count=count, echo=echo, **order)
    if found["missing"] or found["faults"]:
        raise RuntimeError(f"{found['missing']} of {count} did not connect: {found['examples']}")
    return found


async def run(
    bench: Bench, loader: Loader, server: Server, *, echo: bool = False, **order: Any
) -> dict[str, Any]:
    """One measurement with fresh customers. What went wrong is added to the faults."""
    extra = order.pop("connect", {})
    await connected(loader, server, echo=echo, **extra)
    found = await loader.ask(seconds=bench.seconds, warm=bench.warm, pid=server.pid, **order)
    await loader.ask(do="close")
    await settled(server)
    if found["faults"]:
        bench.results.faults.append(f"{order['do']}: {found['faults']}× {found['examples']}")
    return found


async def settled(server: Child, within: float = 15.0) -> None:
    """Return when the server has nothing to do any more, or after `within` seconds."""
    deadline = asyncio.get_running_loop().time() + within
    while asyncio.get_running_loop().time() < deadline:
        before = server.cpu_seconds()
        await asyncio.sleep(0.25)
        if server.cpu_seconds() - before < 0.02:
            return


def place() -> Path:
    """A new folder on a disk: a store in memory would prove nothing."""
    mounts = {}
    for line in Path("/proc/mounts").read_text().splitlines():
        _device, point, kind, *_ = line.split()
        mounts[point] = kind
    for candidate in ("/var/tmp", tempfile.gettempdir(), str(ROOT)):
        if _kind(Path(candidate), mounts) not in _MEMORY_ONLY:
            return Path(tempfile.mkdtemp(prefix="frontdesk-bench-", dir=candidate))
    raise RuntimeError("there is no folder on a real disk")


def _kind(path: Path, mounts: Mapping[str, str]) -> str:
    resolved = path.resolve()
    return next(
        (mounts[str(p)] for p in (resolved, *resolved.parents) if str(p) in mounts), "unknown"
    )
