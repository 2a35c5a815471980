"""A C compiler for the tests that make the disk itself fail, below everything of Python's."""

from __future__ import annotations

import shutil
from pathlib import Path

from setup import apt

PACKAGES = ("gcc", "libc6-dev")


def find() -> Path | None:
    """The compiler, or None. Changes nothing."""
    found = shutil.which("gcc") or shutil.which("cc")
    return Path(found) if found else None


def main() -> None:
    if find():
        return
    try:
        apt.install(*PACKAGES)
    except apt.Refused as refused:
        print(
            "\nA C compiler is not installed: the tests of a failing disk will be skipped."
            f" To have it, type:\n  {refused}\n"
        )


if __name__ == "__main__":
    main()
