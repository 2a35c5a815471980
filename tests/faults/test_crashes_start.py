"""Killed while something is brought up, swapped or brought down.

There is one step of the schema so far and no copy of the last good settings: a bad file after a
restart is refused with its place, and while we run the old rules stay (see tests/settings).
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.openai import Turn
from tests.faults import ledger
from tests.faults.invariants import check
from tests.faults.points import STATEMENT, before
from tests.faults.process import Frontdesk, Nursery, until
from tests.faults.town import CHANNELS, Town

SETTINGS = """
server: {port: "${PORT}"}
store: {url: "sqlite:///FOLDER/frontdesk.db"}
channels: {web: {}}
quick_replies: [{id: hello, when: {any: [hello]}, reply: REPLY}]
"""


@pytest.fixture
async def alone(nursery: Nursery, tmp_path: Path) -> AsyncIterator[Frontdesk]:
    """A service with nothing but the web, and no database yet."""
    write(tmp_path, "One")
    frontdesk = Frontdesk(nursery, tmp_path / "settings.yaml", {})
    yield frontdesk
    frontdesk.kill()
    await frontdesk.ended()


def write(folder: Path, reply: str) -> None:
    text = SETTINGS.replace("FOLDER", str(folder)).replace("REPLY", reply)
    (folder / "settings.yaml").write_text(text, encoding="utf-8")


def shape(path: Path) -> set[str]:
    """The names of all tables and indexes."""
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


async def test_a_kill_at_any_statement_of_a_migration_leaves_all_or_nothing(
    alone: Frontdesk, nursery: Nursery, tmp_path: Path
) -> None:
    """C19: no half schema; the next start finishes."""
    database = tmp_path / "frontdesk.db"
    complete = tmp_path / "complete.db"
    await nursery.empty_database(complete)
    number = 0
    while True:
        number += 1
        await alone.start(before(STATEMENT, number), ready=False)
        await until(lambda: not alone.alive or "ready at" in alone.said, "an end or a start")
        if alone.alive:
            break
        assert shape(database) == set(), f"killed at statement {number}"
    assert number > len(("conversations", "messages", "cases", "deliveries", "cursors", "files"))
    assert shape(database) == shape(complete)


async def test_a_kill_right_after_a_migration_leaves_it_done(
    alone: Frontdesk, nursery: Nursery, tmp_path: Path
) -> None:
    """C19: committed is committed."""
    await alone.start(before("core.store.database:Database.sync_folder"), ready=False)
    await alone.ended()
    complete = tmp_path / "complete.db"
    await nursery.empty_database(complete)
    assert shape(tmp_path / "frontdesk.db") == shape(complete)
    await alone.start(before(STATEMENT))


@pytest.mark.parametrize(
    "place",
    [
        "core.settings.reload:SettingsWatcher._accept",
        "core.service:Service._use_settings",
        "core.metrics:Metrics.settings_reloaded",
    ],
)
async def test_a_kill_while_the_settings_are_swapped_leaves_valid_ones(
    town: Town, place: str
) -> None:
    """C20: the next life has the new rules, and all that was open is answered."""
    customer = (await town.wake_up())["web"]
    await town.frontdesk.restart(before(place))
    text = town.settings.read_text(encoding="utf-8")
    town.settings.write_text(text.replace("Answer to {mark}.", "News on {mark}."), "utf-8")
    await town.died()
    await town.recover()
    assert f"News on {customer.said[-1]}." in customer.heard()
    check(town)


async def test_a_file_that_went_bad_is_refused_with_its_place_and_nothing_is_lost(
    town: Town,
) -> None:
    """C20: never no rules at all: the start says where the mistake is."""
    customer = (await town.wake_up())["web"]
    town.frontdesk.kill()
    await town.died()
    good = town.settings.read_text(encoding="utf-8")
    town.settings.write_text(good.replace("quick_replies:", "quick_replys:"), "utf-8")
    customer.say("rule")
    await town.frontdesk.start(ready=False)
    assert await town.frontdesk.ended() == 2
    assert "settings.yaml:" in town.frontdesk.said
    town.settings.write_text(good, "utf-8")
    await town.recover()
    check(town)


async def test_sigterm_lets_a_hundred_turns_under_way_end(town: Town) -> None:
    """C21: answers under way are given, the exit is clean, and what was left is done later."""
    everybody = [town.add(channel) for _ in range(34) for channel in CHANNELS][:100]
    await town.frontdesk.start()
    usual = town.openai.brain
    town.openai.brain = lambda request: Turn(usual(request).text, seconds_before=0.3)
    for customer in everybody:
        customer.say("gpt")
    asked = town.openai.journal
    await until(lambda: len(asked.of("chat.completions")) >= 60, "questions under way")
    assert await town.frontdesk.stop() == 0
    assert ledger.unfinished(town.database).get("turns", 0) < 100 - 60 + 1
    await town.recover()
    check(town)


async def test_sigterm_does_not_wait_for_ever_for_an_answer(town: Town) -> None:
    """C21: a question that is never answered is asked again by the next life."""
    customer = (await town.wake_up())["web"]
    town.openai.script(Turn("Never shown.", seconds_before=30.0))
    customer.say("gpt")
    await until(lambda: town.openai.journal.of("chat.completions"), "the question")
    town.frontdesk.terminate()
    assert await town.frontdesk.ended(within=12.0) == 0
    await town.recover()
    check(town)
