"""A browser for the tests that look at real pages.

Snap's Chromium is not accepted: it cannot see the temporary folders of the tests, and what
Ubuntu's apt installs by that name is only a script that asks for the snap.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from setup import apt

DRIVER_NEEDS = "libatomic1"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> Path | None:
    """The first one that starts, or None when none does or nothing could drive it. Changes
    nothing."""
    if not driver_works():
        return None
    return next((path for path in _candidates() if works(path)), None)


def driver_works() -> bool:
    """Playwright's own Node starts. On a bare machine it lacks a library of the compiler's."""
    ask = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(ask, capture_output=True, check=False).returncode == 0


def _candidates() -> Iterator[Path]:
    for name in NAMES:
        if found := shutil.which(name):
            yield Path(found)
    if downloaded := _playwrights_own():
        yield downloaded


def works(path: Path) -> bool:
    """It is no snap and tells its version."""
    if "snap" in path.parts or path.resolve().name == "snap":
        return False
    with path.open("rb") as program:
        beginning = program.read(4096)
    if beginning.startswith(b"#!") and b"snap" in beginning:
        return False
    try:
        said = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and b"Chrom" in said.stdout


def _playwrights_own() -> Path | None:
    """In a process of its own: Playwright's blocking interface refuses to run in an event loop."""
    ask = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    path = Path(said.stdout.strip() or "missing")
    return path if path.is_file() else None


def install() -> Path | None:
    """Debian's package where there is one, else Playwright's download. None when neither works."""
    if not driver_works():
        _install_by_apt(DRIVER_NEEDS)
    if has_debians_package():
        _install_by_apt("chromium")
        if found := find():
            return found
    print("Downloading Chromium by Playwright …", flush=True)
    # The libraries it needs come from apt, so they are asked for only when apt may be used.
    may = apt.release_names() & {"debian", "ubuntu"} and apt.as_root() is not None
    if failure := _download("--with-deps") if may else _download():
        print(f"That failed: {failure}")
    return find()


def _install_by_apt(package: str) -> None:
    try:
        apt.install(package)
    except apt.Refused as refused:
        print(f"Not by apt, because it needs someone to type {refused}")


def has_debians_package() -> bool:
    names = apt.release_names()
    return "debian" in names and "ubuntu" not in names


def _download(*options: str) -> str:
    """The first line of what went wrong, or nothing."""
    command = [sys.executable, "-m", "playwright", "install", *options, "chromium"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ""
    lines = (done.stderr + done.stdout).splitlines()
    return next((line for line in lines if "rror" in line), "it gave no reason")


def main() -> None:
    if find() or install():
        return
    line = ".venv/bin/python -m playwright install --with-deps chromium"
    if has_debians_package():
        line = f"sudo apt-get install chromium {DRIVER_NEEDS}"
    print(
        "\nNo Chromium could be installed: the tests in a browser will be skipped."
        f" To have one, type:\n  {line}\n"
    )


if __name__ == "__main__":
    main()
