"""Makes .venv and fills it with exactly what the locks name, then with the project itself.

Two steps, because pip cannot check hashes and install an editable project in one. Everything is
remembered by content, so a second run does nothing. Standard library only: it runs before
anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from setup import apt

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CUT_OFF = VENV / ".cut-off"  # lies there while pip works: found at the start, the last run died


def main(locks: list[str]) -> None:
    only_one_at_a_time = os.open(ROOT / "setup", os.O_RDONLY)
    fcntl.flock(only_one_at_a_time, fcntl.LOCK_EX)
    if not usable():
        make()
    for lock in locks:
        install_lock(lock)
    if "run" in locks:
        install_project()


def usable() -> bool:
    """False for none, half of one, one that was moved, or one of another Python than asked for."""
    script = VENV / "bin" / "pip"
    if CUT_OFF.exists() or not PYTHON.exists() or not script.exists():
        return False
    if str(PYTHON) not in script.read_text(encoding="utf-8", errors="replace")[:500]:
        return False
    ask = "import sys, pip; print(sys.version, sys.base_prefix)"
    found = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=False)
    if found.returncode:
        return False
    return (
        not os.environ.get("PYTHON") or found.stdout.strip() == f"{sys.version} {sys.base_prefix}"
    )


def make() -> None:
    if VENV.exists():
        print("Making .venv anew: the one that is here does not work, or is of another Python.")
        shutil.rmtree(VENV)
    failure = _make()
    if failure and _lacks_venv_module():
        try:
            apt.install(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
        except apt.Refused as refused:
            stop(f"Python's venv module is missing. Type this, then try again:\n  {refused}")
        failure = _make()
    if failure:
        stop(f"{sys.executable} could not make .venv:\n{failure}")


def _make() -> str:
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def _lacks_venv_module() -> bool:
    """Debian ships Python without the part that puts pip into a new environment."""
    ask = "import venv, ensurepip; ensurepip.version()"
    return (
        subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode
        != 0
    )


def install_lock(name: str) -> None:
    lock = ROOT / "setup" / f"{name}.txt"
    # Wheels only: building from source would fetch build tools that no lock names.
    pip(name, lock, "--require-hashes", "--only-binary=:all:", "-r", str(lock))


def install_project() -> None:
    pip("project", ROOT / "pyproject.toml", "--no-deps", "--no-build-isolation", "-e", str(ROOT))


def pip(name: str, source: Path, *arguments: str) -> None:
    """Run pip once for each content of `source`."""
    done = VENV / f".{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}"
    if done.exists():
        return
    print(f"Installing {source.relative_to(ROOT)} into .venv …", flush=True)
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    CUT_OFF.touch()
    code = subprocess.run([*command, "-qq", "--no-user", *arguments], check=False).returncode
    if code >= 0:
        CUT_OFF.unlink()
    if code:
        here = f"Python {platform.python_version()} on {platform.machine()}"
        stop(
            f"pip could not install {source.relative_to(ROOT)}; its reason is above. The locks are"
            f" for Python 3.11 to 3.14 on x86_64 and arm64, and this is {here}."
            " Is the package index reachable?"
        )
    for old in VENV.glob(f".{name}-*"):
        old.unlink()
    done.touch()


def stop(message: str) -> None:
    sys.exit(f"\n{message}")


if __name__ == "__main__":
    main(sys.argv[1:])
