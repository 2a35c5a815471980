"""A core for each test, with or without a desk, on both ways through it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.core import Core


@pytest.fixture(params=[False, True], ids=["the long way", "the short way"])
async def core(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Core]:
    core = await Core.open(tmp_path)
    core.handed_in = request.param
    if not request.param:
        core.go_the_long_way()
    yield core
    await core.close()


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Core]:
    """A core that knows the long way only."""
    core = await Core.open(tmp_path)
    core.go_the_long_way()
    yield core
    await core.close()


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Core]:
    (tmp_path / "quick").mkdir()
    core = await Core.open(tmp_path / "quick")
    core.handed_in = True
    yield core
    await core.close()


@pytest.fixture
async def lonely(tmp_path: Path) -> AsyncIterator[Core]:
    """A core without a desk."""
    core = await Core.open(tmp_path, has_desk=False)
    yield core
    await core.close()
