"""Where the service's time goes, by py-spy where it is installed.

The flame graph shows all threads; what is counted here is only who holds the interpreter, because
py-spy cannot always tell a thread that waits from one that works.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections import Counter
from pathlib import Path

_RATE = 200  # samples a second
_TOP = 10
_OURS = (" (core/", " (connectors/", " (bridge/")
_ROOTS = ("(core/cli.py)", "(core/app.py)", "(core/__main__.py)")


def spy() -> str | None:
    """The program, None where it is not installed."""
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy")


async def record(pid: int, seconds: float, path: Path, form: str) -> None:
    """Watch a process for so long; `form` is "raw" or "flamegraph", which says the ending."""
    program = spy()
    if program is None:
        raise RuntimeError("--profile needs py-spy: install it into .venv")
    target = path.with_suffix(".raw" if form == "raw" else ".svg")
    which = ["--gil"] if form == "raw" else []
    process = await asyncio.create_subprocess_exec(
        program, "record", *which, "--pid", str(pid), "--rate", str(_RATE), "--format", form,
        "--duration", str(max(2, round(seconds))), "--output", str(target),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await process.wait()


def top(path: Path, name: str) -> str:
    """The functions with most time of their own, and ours with most under them."""
    own, whole = shares(path.read_text().splitlines())
    ours = [row for row in whole if any(part in row[0] for part in _OURS)]
    ours = [row for row in ours if not row[0].endswith(_ROOTS)]
    lines = [f"py-spy, {name}:"]
    for title, counts in (("own", own), ("ours, with callees", ours)):
        lines.append(f"  {title}:")
        lines += [f"    {share:6.1%}  {function}" for function, share in counts[:_TOP]]
    return "\n    ".join(lines)


def shares(stacks: list[str]) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """Of stacks as py-spy writes them ("outer;inner 12"): functions by their own share of all
    samples, and by the share of samples in which they appear."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    total = 0
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = [_function(frame) for frame in stack.split(";")]
        own[frames[-1]] += int(count)
        for frame in set(frames):
            whole[frame] += int(count)
        total += int(count)
    return _by_share(own, total), _by_share(whole, total)


def _by_share(counts: Counter[str], total: int) -> list[tuple[str, float]]:
    return [(name, count / total) for name, count in counts.most_common()]


def _function(frame: str) -> str:
    """Without the line number, so that a function counts once."""
    name, _, place = frame.partition(" (")
    return f"{name} ({place.rpartition(':')[0] or place.rstrip(')')})"
