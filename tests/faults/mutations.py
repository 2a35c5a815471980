"""Remove each guard in turn and see a test turn red: `python -m tests.faults.mutations`.

A test that stays green without the guard it is there for is worth nothing. The edits are made in
a copy of the project, so nothing here can harm the real one. `--only NAME` takes the guards with
NAME in their name or file, `--jobs N` runs N at once. The exit code is 1 when a removal went
unnoticed, an edit does not fit any more, or a test is red before anything is removed.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.faults.guards import ROOT, Guard, guards

_LONGEST = 300.0  # seconds for the tests of one guard
_CONTROL = 3600.0  # seconds for all tests as they are
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "*.db*", "frontdesk-files")
_PYTEST = ("-q", "-p", "no:cacheprovider", "--no-header", "-rfE", "--tb=line", "--durations=0")


@dataclass(frozen=True, slots=True)
class Run:
    """How a run of pytest ended: its exit code, None if it did not, and the tests that failed."""

    code: int | None
    failed: tuple[str, ...]
    last: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    guard: Guard
    run: Run | None

    @property
    def red(self) -> bool:
        return self.run is not None and self.run.code == 1 and bool(self.run.failed)

    def __str__(self) -> str:
        name = f"{self.guard.name} ({self.guard.file})"
        if self.run is None:
            return f"DOES NOT FIT  {name}"
        if self.red:
            return f"red    {name}\n       {', '.join(self.run.failed)}"
        if self.run.code == 0:
            return f"GREEN  {name}: nobody noticed ({self.run.last})"
        return f"BROKEN {name}: {self.run.last}"


class Copy:
    """A copy of the project in `folder`, in which one guard at a time is missing."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "project"
        self._temporary = folder / "t"
        self._edits = 0
        shutil.copytree(ROOT, self._root, ignore=_LEFT_OUT)

    def without(self, guard: Guard) -> Verdict:
        if not guard.fits(self._root):
            return Verdict(guard, None)
        path = self._root / guard.file
        whole = path.read_text(encoding="utf-8")
        self._write(path, guard.removed(whole))
        try:
            return Verdict(guard, self.test(guard.tests, "-x", "-n", "0", seconds=_LONGEST))
        finally:
            self._write(path, whole)

    def test(self, tests: Sequence[str], *options: str, seconds: float) -> Run:
        places = [f"tests/{test}" for test in tests]
        command = [sys.executable, "-m", "pytest", *_PYTEST, *options]
        began = time.monotonic()
        code, said = _bounded(
            [*command, f"--basetemp={self._temporary}", *places], self._root, seconds
        )
        return Run(code, tuple(_failed(said)), _last(said), time.monotonic() - began)

    def _write(self, path: Path, text: str) -> None:
        """Each version a second younger than the last one, or Python might run the older code:
        its caches know a source by its length and the second in which it was written."""
        self._edits += 1
        path.write_text(text, encoding="utf-8")
        written = path.stat().st_mtime + self._edits
        os.utime(path, (written, written))


def _bounded(command: Sequence[str], folder: Path, seconds: float) -> tuple[int | None, str]:
    """The exit code and the output; None when it had to be ended, with all its children."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        return None, f"{said}\nended after {seconds:.0f} s"
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, said


def _failed(said: str) -> Iterator[str]:
    for line in said.splitlines():
        if line.startswith(("FAILED tests/", "ERROR tests/")):
            yield line.partition(" tests/")[2].partition(" - ")[0]


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1].strip("= ") if lines else "no output"


def control(copy: Copy, chosen: Sequence[Guard], jobs: int) -> list[str]:
    """The tests that are red although nothing is missing, also when they are tried again; empty
    when a removal would mean something."""
    tests = sorted({test for guard in chosen for test in guard.tests})
    options = ("-n", str(jobs), "--dist", "loadfile") if jobs > 1 else ("-n", "0")
    run = copy.test(tests, *options, seconds=_CONTROL)
    if run.failed:
        run = copy.test(run.failed, "-n", "0", seconds=_CONTROL)
    return list(run.failed) or ([] if run.code == 0 else [run.last])


def verdicts(folder: Path, chosen: Sequence[Guard], jobs: int, first: Copy) -> Iterator[Verdict]:
    """One for each guard, in their order."""
    free: queue.Queue[Copy] = queue.Queue()
    free.put(first)
    for number in range(1, jobs):
        free.put(Copy(folder / str(number)))

    def judge(guard: Guard) -> Verdict:
        copy = free.get()
        try:
            return copy.without(guard)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(judge, chosen)


def judged(chosen: Sequence[Guard], jobs: int) -> int:
    with tempfile.TemporaryDirectory(prefix="guards-") as name:
        folder = Path(name)
        first = Copy(folder / "0")
        if wrong := control(first, chosen, jobs):
            _say("red although nothing is missing: " + ", ".join(wrong))
            return 1
        red = 0
        for verdict in verdicts(folder, chosen, jobs, first):
            red += verdict.red
            _say(str(verdict))
    _say(f"mutations: guards={len(chosen)} red={red}")
    return 0 if red == len(chosen) else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutations")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    given = parser.parse_args(arguments)
    chosen = [
        guard
        for guard in guards()
        if not given.only or any(part in f"{guard.name} {guard.file}" for part in given.only)
    ]
    if not chosen:
        parser.error("no guard has that name")
    return judged(chosen, given.jobs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
