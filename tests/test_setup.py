"""The set-up keeps its word: an old Python is told so, only locked packages come in."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import asyncpg
import pytest

from setup import chromium
from tests.network_guard import NetworkGuard, NetworkUseRefused, stays_here

ROOT = Path(__file__).parent.parent
LOCKS = ["run", "dev", "lock"]


def test_a_blocking_connection_off_this_machine_is_refused(network_guard: NetworkGuard) -> None:
    with (
        socket.socket() as sock,
        pytest.raises(NetworkUseRefused, match=r"192\.0\.2\.1.*loopback"),
    ):
        sock.connect(("192.0.2.1", 443))
    assert network_guard.forget() == ["a connection to ('192.0.2.1', 443)"]


async def test_an_asyncio_connection_off_this_machine_is_refused(
    network_guard: NetworkGuard,
) -> None:
    with pytest.raises(NetworkUseRefused, match=r"192\.0\.2\.1"):
        await asyncio.open_connection("192.0.2.1", 443)
    assert len(network_guard.forget()) == 1


async def test_a_name_is_refused_before_it_is_looked_up(network_guard: NetworkGuard) -> None:
    with pytest.raises(NetworkUseRefused, match=r"look-up of 'example\.com'"):
        await asyncio.open_connection("example.com", 443)
    assert len(network_guard.forget()) == 1


def test_a_datagram_off_this_machine_is_refused(network_guard: NetworkGuard) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(NetworkUseRefused):
        sock.sendto(b"hello", ("192.0.2.1", 53))
    assert len(network_guard.forget()) == 1


def test_a_connection_from_another_thread_is_refused_too(network_guard: NetworkGuard) -> None:
    def connect() -> None:
        with socket.socket() as sock, pytest.raises(NetworkUseRefused):
            sock.connect(("192.0.2.1", 443))

    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()
    assert len(network_guard.forget()) == 1


def test_loopback_and_unix_sockets_stay_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "0.0.0.0", b"localhost", None]
)
def test_hosts_of_this_machine_are_known(host: object) -> None:
    assert stays_here(host)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "localhost.example.com", "slack.com"]
)
def test_hosts_elsewhere_are_known(host: object) -> None:
    assert not stays_here(host)


def test_a_swallowed_refusal_still_fails_the_test(tmp_path: Path) -> None:
    test = tmp_path / "test_swallows.py"
    test.write_text(
        "import contextlib, socket\n"
        "def test_that_hides_it():\n"
        "    with socket.socket() as sock, contextlib.suppress(Exception):\n"
        "        sock.connect(('192.0.2.1', 443))\n"
    )
    plain = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        "pyproject.toml",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*plain, str(test)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert (
        "The test tried to leave this machine: a connection to ('192.0.2.1', 443)" in done.stdout
    )


async def test_each_test_gets_an_empty_database_of_its_own(postgres_database: str) -> None:
    connection = await asyncpg.connect(postgres_database)
    try:
        tables = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        encoding = await connection.fetchval("SHOW server_encoding")
    finally:
        await connection.close()
    assert (tables, encoding) == (0, "UTF8")


def test_the_browser_found_is_one_that_starts(chromium_path: Path) -> None:
    assert chromium.works(chromium_path)


@pytest.mark.parametrize(
    "script",
    [
        '#!/bin/sh\necho "This needs the chromium snap: snap install chromium"\nexit 1\n',
        '#!/bin/sh\nexec /snap/bin/chromium "$@"\n',
        "#!/bin/sh\nexit 127\n",
        "",
    ],
)
def test_a_stub_is_no_browser(tmp_path: Path, script: str) -> None:
    stub = executable(tmp_path / "chromium-browser", script)
    assert not chromium.works(stub)


def test_a_python_that_is_too_old_is_named_with_the_cure(tmp_path: Path) -> None:
    old = executable(
        tmp_path / "python3", "#!/bin/sh\ncase $2 in *print*) echo 3.9.18;; *) exit 1;; esac\n"
    )
    done = run_install({"PATH": "/usr/bin:/bin", "PYTHON": str(old)})
    assert done.returncode == 1
    assert f"frontdesk needs Python 3.11 or newer, and PYTHON={old} is 3.9.18" in done.stderr
    assert "make run PYTHON=" in done.stderr


def test_a_machine_without_python_gets_the_same_advice(tmp_path: Path) -> None:
    for program in ("dirname", "cat"):
        (tmp_path / program).symlink_to(f"/usr/bin/{program}")
    done = run_install({"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "python3 here is no working Python" in done.stderr


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_hashes_and_no_address(name: str) -> None:
    lock = (ROOT / "setup" / f"{name}.txt").read_text()
    assert "://" not in lock
    assert "index" not in lock
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"[\w.-]+==[\w.]+ .*\\\n +--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_everything_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    asked += [line for group in project["dependency-groups"].values() for line in group]
    locked = "".join((ROOT / "setup" / f"{name}.txt").read_text() for name in LOCKS)
    for requirement in asked:
        name = re.split(r"[\[~>=<]", requirement)[0].replace(".", "-").lower()
        assert re.search(rf"^{name}==", locked, re.MULTILINE), f"{requirement}: run `make lock`"


def executable(path: Path, script: str) -> Path:
    path.write_text(script)
    path.chmod(0o755)
    return path


def run_install(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "setup" / "install"), "run"]
    home = {"HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        command, env=home | environment, capture_output=True, text=True, check=False
    )
