"""Processes of a measurement: the service, the echo, the load generator and the stand-ins."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
_CORES = sorted(os.sched_getaffinity(0))
SERVER, CLIENT = _CORES[-1], _CORES[0]
"""The core of what is measured, and that of everything around it."""

_START = 30.0


class Child:
    """A Python process on one core. Talks JSON, a line each way, where `talks` is set."""

    def __init__(
        self,
        command: Sequence[str],
        core: int,
        *,
        log: Path,
        environ: Mapping[str, str] | None = None,
        talks: bool = False,
    ) -> None:
        self.began = time.monotonic()
        self._command = " ".join(command)
        pipe = subprocess.PIPE if talks else subprocess.DEVNULL
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, **(environ or {})},
                stdin=pipe,
                stdout=pipe if talks else errors,
                stderr=errors,
                preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            )
        self._log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    async def tell(self, order: Mapping[str, Any]) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        pipe.write(json.dumps(order).encode() + b"\n")
        pipe.flush()

    async def hear(self, within: float = 120.0) -> dict[str, Any]:
        """The next line it says. Raises TimeoutError, and RuntimeError when it has ended."""
        pipe = self._process.stdout
        assert pipe is not None
        async with asyncio.timeout(within):
            line = await asyncio.to_thread(pipe.readline)
        if not line:
            raise RuntimeError(f"{self._command} ended:\n{self.last_words()}")
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def ask(self, within: float = 120.0, **order: Any) -> dict[str, Any]:
        await self.tell(order)
        return await self.hear(within)

    def last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""

    def rss_kb(self) -> int:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    async def stop(self, patience: float = 15.0) -> None:
        """SIGTERM, and SIGKILL for who does not listen."""
        for signum, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            if self._process.poll() is None:
                self._process.send_signal(signum)
            try:
                await asyncio.to_thread(self._process.wait, seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop(2.0 if error else 15.0)

    def alive(self) -> bool:
        return self._process.poll() is None


class Server(Child):
    """A child that listens on `port`."""

    port: int

    async def up(self, path: str, within: float = _START) -> float:
        """Seconds from its start to the first 200 (or any answer but 5xx) of `path`."""
        deadline = self.began + within
        while not await asyncio.to_thread(_answers, self.port, path):
            if time.monotonic() > deadline or not self.alive():
                raise RuntimeError(f"no {path} within {within} s:\n{self.last_words()}")
            await asyncio.sleep(0.005)
        return time.monotonic() - self.began


class Frontdesk(Server):
    """The service as a user starts it: `python -m core run --settings …`."""

    def __init__(self, folder: Path, settings: Mapping[str, Any], *, name: str = "") -> None:
        self.port = free_port()
        self.database = folder / f"{name or 'frontdesk'}.db"
        path = folder / f"{name or 'settings'}.yaml"
        path.write_text(json.dumps(filled(settings, self.port, self.database)), "utf-8")
        command = ("-m", "core", "run", "--settings", str(path))
        super().__init__(command, SERVER, log=folder / "frontdesk.log")


class Echo(Server):
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        super().__init__(
            ("-m", "tests.bench.echo", str(self.port)), SERVER, log=folder / "echo.log"
        )


class Loader(Child):
    def __init__(self, folder: Path) -> None:
        super().__init__(("-m", "tests.bench.load"), CLIENT, log=folder / "load.log", talks=True)
        with contextlib.suppress(OSError):  # only root may: it goes before others on its core
            os.setpriority(os.PRIO_PROCESS, self.pid, -10)


class StandIns(Child):
    """Slack, Telegram and OpenAI; `addresses` once `open` has returned."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            ("-m", "tests.bench.standins"), CLIENT, log=folder / "standins.log", talks=True
        )
        self.addresses: dict[str, Any] = {}

    async def open(self) -> None:
        self.addresses = await self.hear(_START)


def cpu_seconds(pid: int) -> float:
    """What a process has used of its core so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def kept_waiting(pid: int) -> float:
    """Seconds for which a process could have run while others had its core."""
    waited = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            waited += int((task / "schedstat").read_text().split()[1])
    return waited / 1e9


def filled(settings: Mapping[str, Any], port: int, database: Path) -> dict[str, Any]:
    """`settings` with the place where to listen and to store."""
    server = {"host": "127.0.0.1", "port": port}
    return {**settings, "server": server, "store": {"url": f"sqlite:///{database}"}}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(2)
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
            status = connection.recv(64).split(b" ")[1:2]
    except (OSError, TimeoutError):
        return False
    return bool(status) and status[0][:1] != b"5"
