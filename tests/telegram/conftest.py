"""What every test of the connector begins with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.telegram import TelegramSandbox
from tests.telegram.shop import Core


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    """Telegram without flood limits."""
    sandbox = TelegramSandbox(limits=None, webhook_backoff=(0.05,))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
def core(tmp_path: Path) -> Core:
    return Core(tmp_path)
