"""The service as a process of its own: started, killed, and started again on the same files."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.points import Point

ROOT = Path(__file__).parent.parent.parent
_PORTS = range(20_000, 32_000)  # below those that outgoing connections take
_START = 20.0  # seconds


class Nursery:
    """Where services are born quickly; see `tests.faults.runner`. `close` kills them all."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="frontdesk-faults-")
        self._runner = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.runner"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._template: Path | None = None

    def ask(self, **order: Any) -> Any:
        """The answer to one order; takes milliseconds once the runner is up."""
        pipe_in, pipe_out = self._runner.stdin, self._runner.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.write(json.dumps(order) + "\n")
        pipe_in.flush()
        answer = pipe_out.readline()
        assert answer, "the runner has ended"
        return json.loads(answer)

    async def empty_database(self, path: Path) -> None:
        """A database with the newest schema at `path`, so that a start has no step to take."""
        if self._template is None:
            template = Path(self._folder.name) / "template.db"
            log = str(template.with_suffix(".log"))
            url = f"sqlite:///{template}"
            pid = self.ask(do="prepare", url=url, log=log, environ={})
            await until(lambda: self.ask(do="poll", pid=pid) == 0, "a prepared database")
            self._template = template
        shutil.copyfile(self._template, path)

    def close(self) -> None:
        pipe_in, pipe_out = self._runner.stdin, self._runner.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.close()
        self._runner.wait(10)
        pipe_out.close()
        self._folder.cleanup()


class Frontdesk:
    """One service over all its lives. `settings` must say `port: ${PORT}`.

    `lives` counts the starts; `environ` may be changed between them. Without a `nursery` each
    start is a `python -m core run`.
    """

    def __init__(
        self, nursery: Nursery | None, settings: Path, environ: Mapping[str, str]
    ) -> None:
        self.port = free_port()
        self.lives = 0
        self.pid = 0
        self._nursery = nursery
        self._settings = settings
        self.environ = {**environ, "PORT": str(self.port), "PATH": os.environ["PATH"]}
        self._log = settings.with_name("frontdesk.log")
        self._read = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._exit_code: int | None = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What all lives have written to stderr."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    @property
    def said(self) -> str:
        """What the newest life has written to stderr."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(self._read)
            return log.read().decode(errors="replace")

    @property
    def alive(self) -> bool:
        return self.exit_code is None

    @property
    def exit_code(self) -> int | None:
        """Of the newest life: negative for a signal, None while it lasts."""
        if self._exit_code is None:
            if self._process is not None:
                self._exit_code = self._process.poll()
            elif self._nursery is not None:
                self._exit_code = self._nursery.ask(do="poll", pid=self.pid)
        return self._exit_code

    async def start(
        self, point: Point | None = None, *, ahead: float = 0.0, ready: bool = True
    ) -> None:
        """Begin a life, and return when it is ready. Fails when it ends before that.

        At `point` the process kills itself; its clock is `ahead` by so many seconds. With `ready`
        False nobody waits. Both need the nursery.
        """
        assert not self.alive, "it runs already"
        self.lives += 1
        self._read = self._log.stat().st_size if self._log.exists() else 0
        self._exit_code = None
        if self._nursery is None:
            self._start_plainly()
        else:
            self.pid = self._nursery.ask(
                do="serve",
                settings=str(self._settings),
                environ=self.environ,
                log=str(self._log),
                point=point and point.as_json(),
                ahead=ahead,
            )
        if ready:
            await until(self._ready, "a service that is ready", _START)

    def kill(self) -> None:
        """SIGKILL, now. `ended` waits until it is gone."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        if self.alive:
            os.kill(self.pid, signal.SIGTERM)

    async def ended(self, within: float = 5.0) -> int:
        """Wait for the end of this life; the exit code."""
        try:
            await until(lambda: not self.alive, "the end of the service", within)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{self.said}") from None
        assert self._exit_code is not None
        return self._exit_code

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.terminate()
        return await self.ended()

    async def restart(self, point: Point | None = None, *, ahead: float = 0.0) -> None:
        """Kill what lives, and begin anew."""
        self.kill()
        await self.ended()
        await self.start(point, ahead=ahead)

    def _start_plainly(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core", "run", "--settings", str(self._settings)],
                cwd=ROOT,
                env=self.environ,
                stderr=log,
            )
        self.pid = self._process.pid

    def _ready(self) -> bool:
        said = self.said if self._log.exists() else ""
        assert self.alive, f"it ended ({self._exit_code}):\n{said}"
        return "ready at http://" in said


def free_port() -> int:
    """One that stays ours while nobody listens on it: no outgoing connection is given it."""
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - no secret
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


async def until(
    condition: Callable[[], Any], what: str, within: float = 10.0, every: float = 0.01
) -> None:
    """Wait until `condition` holds; fail naming `what` did not come."""
    deadline = asyncio.get_running_loop().time() + within
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what} did not come within {within} s")
        await asyncio.sleep(every)
