"""Customers who ask for a person while Slack cannot be reached."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

import pytest

from sandbox.faults import Effect, Fault
from tests.scenarios.house import House, until

AWAY = "the desk is not connected"


async def test_the_log_says_once_that_requests_wait_and_once_that_they_no_longer_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    house = House(tmp_path)
    house.slack.faults.add("auth.test", Fault(Effect.RESET), times=10_000)
    try:
        await house.open(gpt=False)
        for _ in range(3):
            async with house.visitor() as visitor:
                await visitor.say("a human please")
        await until(lambda: _waiting(house) == 3, "three requests that wait")

        assert len([line for line in caplog.messages if AWAY in line]) == 1

        house.slack.faults.clear()
        over = f"no delivery waits any longer, 3 did: {AWAY}"
        await until(lambda: over in caplog.messages, "the end of it")
    finally:
        await house.close()


def _waiting(house: House) -> int:
    with contextlib.closing(sqlite3.connect(house.folder / "frontdesk.db")) as store:
        found = store.execute("SELECT count(*) FROM deliveries WHERE error = ?", (AWAY,))
        return int(found.fetchone()[0])
