"""A PostgreSQL server of the tests' own: private, empty, gone when they end."""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE = 10.0  # seconds for a start, well inside a test's own limit: ours is the better message
FOR_TESTS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB"]
LIBC = ctypes.CDLL(None)


class PostgresServer:
    """`programs` is the folder of initdb and postgres. `url` is a superuser's, set by `start`."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = unprivileged_user()
        self._folder = Path(tempfile.mkdtemp(prefix="frontdesk-pg-", dir=open_folder()))
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Raises RuntimeError with what PostgreSQL said."""
        # Everyone on this machine can reach the port, and a superuser may run programs.
        password = secrets.token_urlsafe(16)
        self._make_cluster(password)
        for _ in range(3):  # someone else may take the free port first
            port = free_port()
            self._process = self._launch(port)
            if self._becomes_ready(self._process):
                self.url = f"postgresql://frontdesk:{password}@127.0.0.1:{port}/postgres"
                return
            self._end(self._process)
        raise RuntimeError(f"PostgreSQL did not start: {self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process:
            self._end(self._process)
        shutil.rmtree(self._folder)

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _make_cluster(self, password: str) -> None:
        secret = self._folder / "password"
        secret.write_text(password)
        if self._user:
            shutil.chown(self._folder, self._user)
            shutil.chown(secret, self._user)
        made = self._start_program(
            "initdb",
            "--no-sync",
            "--locale=C",
            "--encoding=UTF8",
            "--username=frontdesk",
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            f"--pgdata={self._folder / 'data'}",
        )
        if made.wait(PATIENCE):
            raise RuntimeError(f"initdb failed: {self._log.read_text()[-2000:]}")

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        here = [
            f"port={port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self._folder}",
        ]
        settings = [word for setting in [*here, *FOR_TESTS] for word in ("-c", setting)]
        return self._start_program("postgres", "-D", str(self._folder / "data"), *settings)

    def _start_program(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [self._programs / name, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                user=self._user,
                group=pwd.getpwnam(self._user).pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
                preexec_fn=end_with_parent,
            )

    def _becomes_ready(self, process: subprocess.Popen[bytes]) -> bool:
        pid_file = self._folder / "data" / "postmaster.pid"
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            # The eighth line is the server's word on its state, the one that pg_ctl waits for.
            if pid_file.exists() and pid_file.read_text().splitlines()[7:] == ["ready   "]:
                return True
            time.sleep(0.02)
        return False

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGQUIT)  # at once: its data is thrown away
        process.wait(PATIENCE)


def unprivileged_user() -> str | None:
    """PostgreSQL refuses root. None: the user we are is fine."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def open_folder() -> Path:
    """The first folder for temporary files that another user can reach too."""
    folders = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    return next(f for f in folders if all(p.stat().st_mode & 0o001 for p in [f, *f.parents]))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def end_with_parent() -> None:
    """Runs in the new process: when the tests are killed, Linux stops the server for them."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        LIBC.prctl(set_parent_death_signal, signal.SIGQUIT)
