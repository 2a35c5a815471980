"""Thousands who only sit there and a hundred who never read, around a service that has others to
answer: how long those wait, how soon the deaf are gone, and whether all memory comes back.

The crowd is a process of its own (`tests.faults.crowd`). What is timed is what a customer waits,
from when a line was to be written; the service's clock is not asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.children import kept_waiting
from tests.bench.numbers import percentile
from tests.faults.process import ROOT, until
from tests.faults.wire import Watch, Wire

MOST_MS = 100.0  # of the others' answers, 99 of 100
MOST_SECONDS = 5.0  # that one may stay who takes nothing
_SILENT, _WRITERS, _TALKERS = 100, 4, 10
_WARMING = 200  # sockets, once, so that the base has what every life allocates
_TALK_EVERY, _FLOOD_EVERY = 0.05, 0.025  # seconds
_HOLD = 35.0  # seconds: everybody is pinged once
_FLOOD = 30.0  # seconds at most
_LOOK_EVERY = 0.05  # seconds
_SETTLING = 15.0  # seconds at most
_SPARE_FILES = 8  # that a busy store opens
_ANSWER = 90.0  # seconds


@dataclass(slots=True)
class Siege:
    """What was seen. Times in seconds, memory in megabytes; `stayed` has for each silent one the
    seconds from when nothing more went to it until it was cut off, infinite if it never was."""

    idle: int
    opening: float = 0.0
    missing: int = 0
    lost: int = 0
    oldest: float = 0.0
    answers: list[float] = field(default_factory=list)
    stayed: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    kernel_mb: float = 0.0
    waited: float = 0.0
    took: float = 0.0

    def __str__(self) -> str:
        return (
            f"sockets: idle={self.idle} silent={len(self.stayed)} answers={len(self.answers)} "
            f"p50_ms={self._ms(0.5):.0f} p99_ms={self._ms(0.99):.0f} max_ms={self._ms(1):.0f} "
            f"slow_gone_s={max(self.stayed):.1f} "
            f"rss_mb={'/'.join(f'{mb:.0f}' for mb in self.rss)} "
            f"files={'/'.join(map(str, self.files))}"
        )

    def _ms(self, share: float) -> float:
        return percentile(self.answers, share) * 1000

    @property
    def around(self) -> str:
        """What else there is to know, for whoever judges the numbers."""
        return (
            f"{self.idle} sockets came in within {self.opening:.1f} s; in {self.took:.0f} s the "
            f"service waited {self.waited:.1f} s for a core (load {os.getloadavg()[0]:.1f}); "
            f"the kernel keeps {self.kernel_mb:.1f} MB for those it cut off"
        )

    def faults(self) -> list[str]:
        """Which promises were broken, each as one sentence."""
        (before, _, after), (files, _, left) = self.rss, self.files
        judged = {
            f"{self.missing} of {self.idle} sockets did not come in": self.missing > 0,
            f"{self.lost} were cut off who did nothing wrong": self.lost > 0,
            f"an answer did not come within {self.oldest:.1f} s": self.oldest > 1.0,
            f"p99 of answers is {self._ms(0.99):.0f} ms": not self._ms(0.99) <= MOST_MS,
            f"one who never read stayed {max(self.stayed):.2f} s": self.slowest > MOST_SECONDS,
            f"{after:.0f} MB are left of {before:.0f}": after > most_after(before),
            f"{left} files are open, once {files}": left > files + _SPARE_FILES,
        }
        return [f"sockets: {sentence}" for sentence, broken in judged.items() if broken]

    @property
    def slowest(self) -> float:
        return max(self.stayed) - _LOOK_EVERY  # the end is seen so much too late


def most_after(before: float) -> float:
    """How many megabytes a service may have that had `before` and has seen a crowd."""
    return before * 1.15 + 5


class Crowd:
    """The other process. `open` before use, `close` after."""

    async def open(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.crowd"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )

    async def ask(self, do: str, **arguments: Any) -> Any:
        """One of `tests.faults.crowd.Crowd`'s methods."""
        to, from_ = self._process.stdin, self._process.stdout
        assert to is not None
        assert from_ is not None
        to.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        async with asyncio.timeout(_ANSWER):
            answer = await from_.readline()
        assert answer, f"the crowd has ended at {do!r}"
        return json.loads(answer)

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(10):
            await self._process.wait()


class Besieged:
    """The service, by the id of its process, and the port it listens on."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port

    @property
    def rss(self) -> float:
        """Megabytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    @property
    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


async def besiege(service: Besieged, idle: int) -> Siege:
    """Takes a minute and a half. The service must be up and have had no crowd yet."""
    siege, crowd = Siege(idle), Crowd()
    await crowd.open()
    began, waited = time.monotonic(), kept_waiting(service.pid)
    try:
        await _warm(service, crowd, siege)
        await _sit(service, crowd, siege)
        await _shut_ears(service, crowd, siege)
        siege.took = time.monotonic() - began
        siege.waited = kept_waiting(service.pid) - waited
        await crowd.ask("close")
        await _settle(service, siege)
    finally:
        await crowd.close()
    return siege


async def _warm(service: Besieged, crowd: Crowd, siege: Siege) -> None:
    files = service.files
    await crowd.ask("open", port=service.port, idle=_WARMING)
    await crowd.ask("talk", port=service.port, talkers=_TALKERS, every=_TALK_EVERY)
    await asyncio.sleep(3.0)
    await crowd.ask("told")
    await crowd.ask("close")
    await until(lambda: service.files <= files + _SPARE_FILES, "the end of the first few")
    siege.files.append(service.files)
    siege.rss.append(service.rss)


async def _sit(service: Besieged, crowd: Crowd, siege: Siege) -> None:
    """Everybody comes in, and for a while only the talkers do anything."""
    opened = await crowd.ask("open", port=service.port, idle=siege.idle)
    siege.opening, siege.missing = opened["seconds"], opened["missing"]
    await crowd.ask("talk", port=service.port, talkers=_TALKERS, every=_TALK_EVERY)
    await asyncio.sleep(_HOLD)
    await _listen(crowd, siege)
    siege.rss.append(service.rss)
    siege.files.append(service.files)


async def _shut_ears(service: Besieged, crowd: Crowd, siege: Siege) -> None:
    """More and more goes to those who never read, until all of them are cut off."""
    settled = await crowd.ask("settle", port=service.port, writers=_WRITERS, silent=_SILENT)
    await crowd.ask("flood", every=_FLOOD_EVERY)
    with Wire() as wire:
        watch = Watch(wire, service.port, settled["ports"])
        deadline = time.monotonic() + _FLOOD
        while watch.look() and time.monotonic() < deadline:
            siege.rss[1] = max(siege.rss[1], service.rss)
            await asyncio.sleep(_LOOK_EVERY)
        siege.stayed, siege.kernel_mb = watch.stayed(), watch.kept() / 1e6
    await crowd.ask("flood", every=0.0)
    await asyncio.sleep(1.0)
    await _listen(crowd, siege)


async def _listen(crowd: Crowd, siege: Siege) -> None:
    told = await crowd.ask("told")
    siege.answers += told["times"]
    siege.lost, siege.oldest = told["lost"], max(siege.oldest, told["oldest"])


async def _settle(service: Besieged, siege: Siege) -> None:
    """Wait until what the crowd took is given back, or for as long as that may last."""
    (before, _), (files, _) = siege.rss, siege.files
    deadline = time.monotonic() + _SETTLING
    while time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        if service.rss <= most_after(before) and service.files <= files + _SPARE_FILES:
            break
    siege.rss.append(service.rss)
    siege.files.append(service.files)
