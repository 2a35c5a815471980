"""The service under an ordinary user's rights, even where the tests run as root.

Root may read and write every file, so a right that was taken away would not be missed.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.missing import do_without

ROOT = Path(__file__).parent.parent.parent
_WITHOUT = ("--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


class Started:
    """A process and what it has written to stderr so far."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = asyncio.create_task(self._read())

    @property
    def log(self) -> str:
        return "".join(self.lines)

    @property
    def url(self) -> str:
        """Where the service is reached; "" until it is ready."""
        found = re.search(r"ready at (http://\S+)", self.log)
        return found[1] if found else ""

    async def ended(self) -> int:
        async with asyncio.timeout(20):
            await self._reader
            return await self.process.wait()

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode())


@asynccontextmanager
async def frontdesk(*arguments: str, **environ: str) -> AsyncIterator[Started]:
    """`frontdesk` with these arguments, killed in the end."""
    process = await asyncio.create_subprocess_exec(
        *(*_prefix(), sys.executable, "-m", "core", *arguments),
        cwd=ROOT,
        env=_environment(environ),
        stderr=PIPE,
    )
    started = Started(process)
    try:
        yield started
    finally:
        if process.returncode is None:
            process.kill()
        await started.ended()


def _prefix() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        do_without("setpriv, which takes from root what it may do,", "install util-linux")
    return (setpriv, *_WITHOUT)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **environ}
