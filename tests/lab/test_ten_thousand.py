"""The lab on a store of ten thousand messages, at the terminal of somebody who waits for it."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.store import Store
from tests.lab.conftest import NOW, TODAY
from tests.lab.past import Clock, fill, settings_at

ROOT = Path(__file__).parents[2]
MESSAGES = 10_000
LONGEST = 10.0  # seconds


@dataclass
class Done:
    seconds: float
    out: str
    seen: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings and a store with ten thousand messages, whose service is running."""
    path = tmp_path_factory.mktemp("ten-thousand")
    url = f"sqlite:///{path}/frontdesk.db"
    (path / "settings.yaml").write_text(TODAY.replace("STORE", url), encoding="utf-8")
    new = TODAY.replace("STORE", url).replace("any: [shipping]", "any: [cat, cats]")
    (path / "new.yaml").write_text(new, encoding="utf-8")
    with asyncio.Runner() as runner:
        store = runner.run(Store.open(url, now=Clock(NOW)))
        settings = settings_at(path / "settings.yaml")
        runner.run(fill(store, settings, MESSAGES, until=NOW))
        yield path
        runner.run(store.close())


def spent() -> float:
    """Seconds that children have worked; how busy others keep the machine makes no difference."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def at_a_terminal(folder: Path, *arguments: str) -> Done:
    """Standard error is a terminal, standard output a pipe."""
    ours, theirs = pty.openpty()
    with ThreadPoolExecutor(1) as reading:
        seen = reading.submit(_all_of, ours)
        began = spent()
        done = subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm"},
            stdout=subprocess.PIPE,
            stderr=theirs,
            encoding="utf-8",
            check=True,
            timeout=25,
        )
        seconds = spent() - began
        os.close(theirs)
        return Done(seconds, done.stdout, seen.result())


def _all_of(terminal: int) -> str:
    seen = b""
    with closing(os.fdopen(terminal, "rb", buffering=0)) as reading:
        try:
            while chunk := reading.read(65536):
                seen += chunk
        except OSError:  # what Linux says at the end of a terminal
            pass
    return seen.decode()


def count(folder: Path, query: str) -> int:
    with closing(sqlite3.connect(folder / "frontdesk.db")) as connection:
        found: int = connection.execute(query).fetchone()[0]
    return found


def test_stats_takes_less_than_ten_seconds_and_agrees_with_the_store(folder: Path) -> None:
    done = at_a_terminal(folder, "stats", "--json")

    assert done.seconds < LONGEST
    total = count(folder, "SELECT count(*) FROM messages")
    assert total >= MESSAGES
    assert f"{total}/{total}" in done.seen
    found = json.loads(done.out)
    rules = "SELECT count(*) FROM messages WHERE answered_by LIKE 'rule:%'"
    assert found["answers"]["rule"] == count(folder, rules)
    cost = count(folder, "SELECT sum(cost_micro_usd) FROM answers")
    assert found["cost"]["usd"] == pytest.approx(cost / 1_000_000)


def test_replay_takes_less_than_ten_seconds_and_agrees_with_the_store(folder: Path) -> None:
    done = at_a_terminal(folder, "replay", "--settings", "new.yaml", "--json")

    assert done.seconds < LONGEST
    total = count(folder, "SELECT count(*) FROM messages")
    assert f"{total}/{total}" in done.seen
    found = json.loads(done.out)
    changes = [found[name] for name in ("changed", "newly_answered", "newly_lost")]
    assert found["messages"] == found["same"] + sum(map(len, changes))
    # Every line came to the bot but those that an agent answered.
    lines = "SELECT count(*) FROM messages WHERE author_kind = 'customer'"
    agents = "SELECT count(*) FROM messages WHERE author_kind = 'agent'"
    assert found["messages"] == count(folder, lines) - count(folder, agents)
    answered = "SELECT count(*) FROM messages WHERE text LIKE '% cat%' AND answered_by = ''"
    assert len(found["newly_answered"]) <= count(folder, answered)
    assert found["newly_answered"]


def test_suggest_takes_less_than_ten_seconds(folder: Path) -> None:
    done = at_a_terminal(folder, "suggest")

    assert done.seconds < LONGEST
    assert done.out.count("- id: ") >= 3


@pytest.mark.parametrize("command", ["stats", "replay"])
def test_a_pipe_gets_no_bar(command: str, folder: Path) -> None:
    new = ["--settings", "new.yaml"] if command == "replay" else []
    done = subprocess.run(
        [sys.executable, "-m", "core", command, *new, "--since", "2d"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert done.stderr == ""
    assert "\x1b" not in done.stdout
