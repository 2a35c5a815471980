"""A house for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Not open yet: a test says what is connected."""
    house = House(tmp_path)
    try:
        yield house
    finally:
        await house.close()
