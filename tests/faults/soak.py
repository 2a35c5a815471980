"""Hundreds of kills under load, for a night: `python -m tests.faults.soak --kills 2000`.

The last line says what came of it; the exit code is 0 only if every promise was kept.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.invariants import Findings, examine
from tests.faults.load import PATIENT_WITH_GPT, Killer, Load, Pace
from tests.faults.process import Nursery
from tests.faults.town import Town

SETTLING = 6.0  # seconds until no request of the last life can land: timeouts.platform and 5
PATIENCE = 5.0  # seconds more for the backlog to be gone
_A_START = 0.5  # seconds
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    kills: int
    lines: int
    found: Findings
    backlog: str

    @property
    def fine(self) -> bool:
        return not self.found.all() and not self.backlog

    def __str__(self) -> str:
        found = self.found
        return (
            f"soak: kills={self.kills} messages={self.lines} lost={len(found.lost)} "
            f"unanswered={len(found.unanswered) + len(found.stuck)} doubled={len(found.doubled)} "
            f"reordered={len(found.reordered)} telegram_repeats={found.telegram_repeats}"
        )


async def soak(folder: Path, kills: int, minutes: float, seed: int) -> Outcome:
    dice = random.Random(seed)  # noqa: S311 - chance that can be repeated
    nursery = Nursery()
    town = Town(nursery, folder)
    await town.open(PATIENT_WITH_GPT)
    try:
        load = Load(town, Pace(), dice)
        killer = Killer(town, dice, every=max(0.1, minutes * 60 / kills - _A_START))
        await _kill(town, load, killer, kills, minutes)
        backlog = await _rest(town)
        return Outcome(killer.kills, load.lines, examine(town), backlog)
    finally:
        await town.close()
        nursery.close()


async def _kill(town: Town, load: Load, killer: Killer, kills: int, minutes: float) -> None:
    end, told = time.monotonic() + minutes * 60, time.monotonic()
    await town.frontdesk.start()
    load.start()
    while killer.kills < kills and time.monotonic() < end:
        await killer.strike()
        if time.monotonic() - told > 30:
            told = time.monotonic()
            _say(f"{killer.kills} kills, {load.lines} lines, left: {_short(town.left())}")
    await load.stop()


async def _rest(town: Town) -> str:
    """Wait for the end of the backlog; what is left of it, "" when nothing is."""
    began = time.monotonic()
    try:
        await town.drained(SETTLING + PATIENCE, every=0.25)
    except AssertionError:
        left = _short(town.left())
        os.kill(town.frontdesk.pid, signal.SIGUSR1)  # where it hangs goes to its log
        _say(f"the backlog is not gone after {SETTLING + PATIENCE} s: {left}")
        try:
            await town.drained(60.0, every=0.5)
        except AssertionError as error:
            _say(str(error))
        _say(f"waited {time.monotonic() - began:.0f} s for it")
        return left
    return ""


def _short(left: dict[str, object]) -> str:
    return ", ".join(f"{name}: {str(what)[:200]}" for name, what in left.items()) or "nothing"


def _some(sentences: list[str]) -> list[str]:
    """The first few of each kind."""
    kinds = dict.fromkeys(sentence.partition(":")[0] for sentence in sentences)
    return [s for kind in kinds for s in [s for s in sentences if s.startswith(kind)][:_SHOWN]]


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, help="leave database and log in this folder")
    options = parser.parse_args()
    _say(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(soak(folder, options.kills, options.minutes, options.seed))
    for sentence in _some(outcome.found.all()):
        _say(sentence)
    if outcome.backlog:
        _say(f"backlog: {outcome.backlog}")
    sys.stdout.write(f"{outcome}\n")
    return 0 if outcome.fine else 1


if __name__ == "__main__":
    sys.exit(main())
