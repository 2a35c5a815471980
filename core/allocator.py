"""Have the interpreter take its memory from the C library, which gives back what a crowd has left.

Python's own allocator keeps a whole megabyte for the sake of one small object in it, and after
thousands of sockets there is one in nearly each. That costs about a twentieth of the speed, a
third of a second at the start and 2 kB a socket. An
interpreter chooses when it starts, so the command starts itself anew, once, as the same process.
"""

from __future__ import annotations

import contextlib
import os
import sys

_CHOICE = "PYTHONMALLOC"
ENVIRON = {_CHOICE: "malloc", "MALLOC_ARENA_MAX": "1"}


def choose() -> None:
    """Does not return where the choice was not made yet. Call it before anything else is done."""
    if _CHOICE in os.environ or sys.flags.dev_mode or not _is_glibc():
        return
    with contextlib.suppress(OSError):  # it runs as well without, and only keeps more
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, ENVIRON | os.environ)  # noqa: S606 - ourselves


def _is_glibc() -> bool:
    """Other C libraries are slow with many small objects, or have nothing to tidy them up."""
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, ValueError):
        return False
