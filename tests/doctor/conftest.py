"""A clinic for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doctor.clinic import Clinic
from tests.postgres_server import free_port


@pytest.fixture
async def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clinic]:
    monkeypatch.setattr("connectors.telegram.doctor._LISTEN", 0)
    clinic = Clinic(tmp_path)
    await clinic.prepare()
    yield clinic
    await clinic.close()


@pytest.fixture
def unused_port() -> int:
    return free_port()
