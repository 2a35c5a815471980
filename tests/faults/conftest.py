"""A town for each test, and one nursery for all of a process: its imports take a second."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.process import Nursery
from tests.faults.town import Town


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    try:
        yield nursery
    finally:
        nursery.close()


@pytest.fixture
async def town(nursery: Nursery, tmp_path: Path) -> AsyncIterator[Town]:
    """Open, with the platforms up; a test starts the service."""
    town = Town(nursery, tmp_path)
    await town.open()
    try:
        yield town
    finally:
        await town.close()
