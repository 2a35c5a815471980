"""A core for each test, with or without a desk, on both ways into it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.core import Core


@pytest.fixture(params=[False, True], ids=["one by one", "handed in"])
async def core(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Core]:
    core = await Core.open(tmp_path)
    core.handed_in = request.param
    yield core
    await core.close()


@pytest.fixture
async def lonely(tmp_path: Path) -> AsyncIterator[Core]:
    """A core without a desk."""
    core = await Core.open(tmp_path, has_desk=False)
    yield core
    await core.close()
