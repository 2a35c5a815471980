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


async def test_who_writes_while_slack_is_away_is_answered_by_the_bot_after_a_hand_back(
    house: House,
) -> None:
    """C18: the agent who writes `!bot` cannot have read what has not come yet."""
    await house.open(gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("a human please")
        card = await house.card()
        await house.in_thread("a human please")
        away = Fault(Effect.ANSWER, 429, headers={"Retry-After": "2"})
        house.slack.faults.add("chat.postMessage", away)
        await visitor.say("shipping")
        await until(lambda: not house.slack.faults.left("chat.postMessage"), "a line put off")
        await house.slack.say(house.desk, house.mia, "!bot", thread_ts=card.ts)
        await visitor.hears("I am the assistant again")
        await visitor.hears("Shipping takes 3 days.", "bot")
        await house.in_thread("shipping")
        said = [text for _, _, text in visitor.transcript()]
        assert said.count("Shipping takes 3 days.") == 1


def _waiting(house: House) -> int:
    with contextlib.closing(sqlite3.connect(house.folder / "frontdesk.db")) as store:
        found = store.execute("SELECT count(*) FROM deliveries WHERE error = ?", (AWAY,))
        return int(found.fetchone()[0])
