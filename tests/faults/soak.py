"""Hundreds of kills under load, for a night, and then a crowd of thousands of sockets:
`python -m tests.faults.soak --kills 2000`.

The last lines say what came of it; the exit code is 0 only if every promise was kept.
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

from tests.faults import ledger
from tests.faults.invariants import Findings, examine
from tests.faults.load import PATIENT_WITH_GPT, Killer, Load, Pace
from tests.faults.process import Nursery
from tests.faults.siege import Besieged, Siege, besiege
from tests.faults.town import Town

SETTLING = 6.0  # seconds until no request of the last life can land: timeouts.platform and 5
PATIENCE = 5.0  # seconds more for the backlog to be gone
_SLACK_PER_SECOND = 1.0  # posts in one place
_A_START = 0.5  # seconds
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    kills: int
    lines: int
    found: Findings
    backlog: str
    siege: Siege | None

    def faults(self) -> list[str]:
        """Which promises were broken, each as one sentence."""
        backlog = [f"backlog: {self.backlog}"] if self.backlog else []
        return [*self.found.all(), *backlog, *(self.siege.faults() if self.siege else ())]

    def __str__(self) -> str:
        found = self.found
        return (
            f"soak: kills={self.kills} messages={self.lines} lost={len(found.lost)} "
            f"unanswered={len(found.unanswered) + len(found.stuck)} doubled={len(found.doubled)} "
            f"reordered={len(found.reordered)} telegram_repeats={found.telegram_repeats}"
        )


async def soak(folder: Path, orders: argparse.Namespace) -> Outcome:
    """`orders` are those of the command line."""
    dice, minutes = random.Random(orders.seed), orders.minutes  # noqa: S311 - can be repeated
    nursery = Nursery()
    town = Town(nursery, folder)
    await town.open(PATIENT_WITH_GPT)
    try:
        load = Load(town, Pace(), dice)
        killer = Killer(town, dice, every=_pause(orders.kills, minutes))
        await _kill(town, load, killer, orders.kills, minutes)
        backlog = await _rest(town)
        siege = await _besiege(town, orders.sockets) if orders.sockets else None
        backlog = backlog or await _rest(town)
        return Outcome(killer.kills, load.lines, examine(town), backlog, siege)
    finally:
        await town.close()
        nursery.close()


def _pause(kills: int, minutes: float) -> float:
    """Mean seconds from one kill to the next."""
    return max(0.1, minutes * 60 / max(1, kills) - _A_START)


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
    """Wait for the end of the backlog; what is left of it when it should be gone, "" for nothing.

    Slack takes a post a second in one place. Where more wait for one of them than there are
    seconds, when everything else is settled, they have as many seconds as they are.
    """
    began = time.monotonic()
    left = await _drained(town, SETTLING)
    if left:
        queue = ledger.queue_in_slack(town.database)
        left = await _drained(town, max(PATIENCE, queue / _SLACK_PER_SECOND + 1.0))
        _say(f"{queue} posts waited for one place in Slack after {SETTLING} s")
    if not left:
        _say(f"the backlog was gone after {time.monotonic() - began:.1f} s")
        return ""
    os.kill(town.frontdesk.pid, signal.SIGUSR1)  # where it hangs goes to its log
    _say(f"the backlog is not gone after {time.monotonic() - began:.1f} s: {left}")
    for waiting in ledger.undelivered(town.database):
        _say(waiting)
    if never := await _drained(town, 60.0):
        _say(f"nor is it a minute later: {never}")
    _say(f"waited {time.monotonic() - began:.0f} s for it")
    return left


async def _drained(town: Town, within: float) -> str:
    """What is left after so many seconds at most."""
    try:
        await town.drained(within, every=0.25)
    except AssertionError:
        left = town.left()
        return _short(left) if left else ""
    return ""


async def _besiege(town: Town, sockets: int) -> Siege:
    """In a life of its own, so that its memory says something."""
    await town.frontdesk.restart()
    _say(f"{sockets} sockets")
    siege = await besiege(Besieged(town.frontdesk.pid, town.frontdesk.port), sockets)
    _say(siege.around)
    return siege


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
    parser.add_argument("--sockets", type=int, default=5000, help="0 for none")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, help="leave database and log in this folder")
    orders = parser.parse_args()
    _say(f"seed {orders.seed}")
    with tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as temporary:
        folder = orders.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(soak(folder, orders))
    faults = outcome.faults()
    for sentence in _some(faults):
        _say(sentence)
    if outcome.siege:
        sys.stdout.write(f"{outcome.siege}\n")
    sys.stdout.write(f"{outcome}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
