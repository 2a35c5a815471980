"""No test gets off this machine; those that ask get a browser and a database server on it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from setup import chromium, compiler, postgres
from tests.missing import do_without
from tests.network_guard import NetworkGuard
from tests.postgres_server import PostgresServer

_CURE = "`make test` installs it or prints the line that does"

GUARD = NetworkGuard()


def pytest_configure() -> None:
    GUARD.start()


@pytest.fixture(autouse=True)
def network_guard() -> Iterator[NetworkGuard]:
    """Fails the test that tried to leave, also when it swallowed the refusal."""
    GUARD.forget()
    yield GUARD
    if refused := GUARD.forget():
        pytest.fail(f"The test tried to leave this machine: {'; '.join(refused)}")


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """A Chromium to start with --no-sandbox and a profile folder of the test's own."""
    return chromium.find() or do_without("Chromium", _CURE)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A superuser's postgresql:// URL of a private server that lasts as long as the tests."""
    server = PostgresServer(postgres.find() or do_without("PostgreSQL's server", _CURE))
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[str]:
    """The URL of a fresh, empty database, dropped afterwards even when someone is still in it."""
    name = f"test_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield postgres_url.removesuffix("postgres") + name
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def compiler_path() -> Path:
    return compiler.find() or do_without("A C compiler", _CURE)
