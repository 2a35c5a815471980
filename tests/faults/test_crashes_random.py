"""Killed again and again at any moment, under load."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.invariants import check
from tests.faults.load import PATIENT_WITH_GPT, Killer, Load, Pace
from tests.faults.process import Nursery
from tests.faults.town import Town


@pytest.mark.timeout(90)
async def test_nothing_is_lost_or_doubled_when_we_are_killed_at_random(
    nursery: Nursery, tmp_path: Path
) -> None:
    """C24: every kind of traffic goes on meanwhile, and the backlog falls to nothing."""
    town = Town(nursery, tmp_path)
    await town.open(PATIENT_WITH_GPT)
    dice = random.Random(24)  # noqa: S311 - chance that can be repeated
    load = Load(town, Pace(customers=9, per_second=8.0), dice)
    killer = Killer(town, dice, every=0.4)
    try:
        await town.frontdesk.start()
        load.start()
        while killer.kills < 5 or load.lines < 30:
            await killer.strike()
        await load.stop()
        await town.drained(30)
        check(town)
    finally:
        await load.stop()
        await town.close()
