"""Runs the service in processes that may be killed at any time, and quickly so.

Most of a start is imports. So one process imports everything once and then forks a child for
each start; the child is the service as `frontdesk run` runs it. Orders come as lines of JSON on
standard input, each answered by one line; at the end of the input every child is killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import core.app
from core.store import Store
from tests.faults.points import Point, install

_HEAVY = (
    "alembic.operations",
    "alembic.runtime.migration",
    "alembic.script",
    "bridge.desk",
    "connectors.slack.app",
    "connectors.slack.connector",
    "connectors.telegram.connector",
    "connectors.web.connector",
    "core.gpt",
    "openai.resources.chat",
    "sqlalchemy.dialects.sqlite.pysqlite",
)


def main() -> None:
    for name in _HEAVY:
        __import__(name)
    living: set[int] = set()
    try:
        for line in sys.stdin:
            sys.stdout.write(json.dumps(_obey(json.loads(line), living)) + "\n")
            sys.stdout.flush()
    finally:
        for pid in living:
            os.kill(pid, signal.SIGKILL)


def _obey(order: dict[str, Any], living: set[int]) -> Any:
    if order["do"] == "poll":
        return _poll(order["pid"], living)
    pid = os.fork()
    if pid == 0:
        _become(order)
    living.add(pid)
    return pid


def _poll(pid: int, living: set[int]) -> int | None:
    """The exit code, negative for a signal, or None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return None
    living.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _become(order: dict[str, Any]) -> None:
    """In the child: be the service, and never come back."""
    status = 1
    try:
        _settle_in(order)
        status = _prepare(order["url"]) if order["do"] == "prepare" else _serve(order)
    finally:
        sys.stderr.flush()
        os._exit(status)


def _settle_in(order: dict[str, Any]) -> None:
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, fd in ((0, nothing), (1, log), (2, log)):
        os.dup2(fd, number)
    os.environ.clear()
    os.environ.update(order["environ"])
    signal.signal(signal.SIGUSR1, _tell_tasks)
    random.seed()  # or every child would have the parent's jitter


def _tell_tasks(*_: object) -> None:
    """For whoever wonders what a silent service waits for: where every task is, in the log."""
    for task in asyncio.all_tasks():
        task.print_stack(file=sys.stderr)
    sys.stderr.flush()


def _prepare(url: str) -> int:
    """An empty database with the newest schema."""

    async def make() -> None:
        await (await Store.open(url, now=core.app.utc_now)).close()

    asyncio.run(make())
    return 0


def _serve(order: dict[str, Any]) -> int:
    if order["ahead"]:
        ahead, now = timedelta(seconds=order["ahead"]), core.app.utc_now

        def later() -> datetime:
            return now() + ahead

        core.app.utc_now = later
    if order["point"]:
        install(Point(**order["point"]))
    return core.app.run(Path(order["settings"]))


if __name__ == "__main__":
    main()
