"""Debian's package manager, asked only when no one has to type a password for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


class Refused(Exception):
    """Not installed. The text is the one line that a person can type instead."""


def install(*packages: str) -> None:
    """Raises Refused when apt is missing, not allowed or unable."""
    by_hand = f"sudo apt-get install {' '.join(packages)}"
    before = as_root()
    if before is None or shutil.which("apt-get") is None:
        raise Refused(by_hand)
    print(f"Installing {' '.join(packages)} by apt …", flush=True)
    failure = _get(before, "install", *packages)
    if failure:  # a fresh container has no package lists, an old machine has stale ones
        _get(before, "update")
        failure = _get(before, "install", *packages)
    if failure:
        raise Refused(f"{by_hand}\n(apt said: {failure})")


def as_root() -> list[str] | None:
    """The words to put before a command that needs root, or None when that is not allowed."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return None if asked.returncode else ["sudo", "-n"]


def release_names() -> set[str]:
    """This distribution and those it is made from: {"debian"}, {"ubuntu", "debian"}, …"""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    return set(f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split())


def _get(before: list[str], *words: str) -> str:
    """Run apt-get; its last lines when it failed, else nothing."""
    quiet = ["DEBIAN_FRONTEND=noninteractive", "UCF_FORCE_CONFFOLD=1"]
    options = ["-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]
    command = [*before, "env", *quiet, "apt-get", *options, *words]
    # A file, not a pipe: a service that a package starts may keep a pipe open for ever.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False
        )
        said.seek(0)
        return " | ".join(said.read().splitlines()[-5:]) if done.returncode else ""
