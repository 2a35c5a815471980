"""PostgreSQL's programs for the tests, which start a private server with them.

Only the programs are wanted: no server of the system's own is set up or started.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from setup import apt

# Debian sets up and starts a cluster for each server package unless CONF says no. What was there
# before, or Debian's default, is put back, so that the machine's owner finds nothing changed.
CONF = Path("/etc/postgresql-common/createcluster.conf")
DEFAULT = Path("/usr/share/postgresql-common/createcluster.conf")


def find() -> Path | None:
    """The folder that holds initdb and postgres, or None."""
    return next((folder for folder in _folders() if _complete(folder)), None)


def _folders() -> Iterator[Path]:
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    installed = [
        *Path("/usr/lib/postgresql").glob("*/bin"),  # Debian, Ubuntu
        *Path("/usr").glob("pgsql-*/bin"),  # Fedora and its kin
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
    ]
    yield from sorted(installed, key=_version, reverse=True)


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder))]


def _complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres"))


def install() -> None:
    """By apt, without a cluster. Raises apt.Refused with the line to type."""
    before = apt.as_root()
    if before is None or shutil.which("apt-get") is None:
        raise apt.Refused("sudo apt-get install postgresql")
    kept = CONF.read_text(encoding="utf-8") if CONF.exists() else None
    set_aside = Path(f"{CONF}.ucf-dist").exists()
    _write(before, "create_main_cluster = false\n")
    try:
        apt.install("postgresql")
    finally:
        if kept is None and DEFAULT.exists():
            kept = DEFAULT.read_text(encoding="utf-8")
        _write(before, kept)
        # Where apt meets our file it lays its own beside it.
        if not set_aside:
            subprocess.run([*before, "rm", "-f", f"{CONF}.ucf-dist"], check=True)


def _write(before: list[str], text: str | None) -> None:
    """Make CONF hold this text; None removes it."""
    if text is None:
        subprocess.run([*before, "rm", "-f", str(CONF)], check=True)
        return
    subprocess.run([*before, "mkdir", "-p", str(CONF.parent)], check=True)
    quiet = subprocess.DEVNULL
    subprocess.run([*before, "tee", str(CONF)], input=text, text=True, stdout=quiet, check=True)


def main() -> None:
    if find():
        return
    try:
        install()
    except apt.Refused as refused:
        print(
            "\nPostgreSQL's server is not installed: the tests that need it will be skipped."
            f" To have it, type:\n  {refused}\n"
        )


if __name__ == "__main__":
    main()
