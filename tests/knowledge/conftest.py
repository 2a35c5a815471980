"""A folder with settings and files, and a library over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors import SECTIONS, SETTINGS
from core.knowledge.library import Library
from core.settings import Settings, load
from core.store import Shelf, Store


class Shop:
    """Where an admin writes files. `told` is what the library complained of."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store
        self.shelf = Shelf(store)
        self.told: list[str] = []
        self.knowledge = ["docs/*", "faq.csv"]

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def settings(self) -> Settings:
        names = "".join(f"\n    - '{name}'" for name in self.knowledge)
        path = self.write("settings.yaml", f"gpt:\n  api_key: x\n  knowledge:{names or ' []'}\n")
        return load(path, environ={}, channels=SETTINGS, sections=SECTIONS)

    def library(self) -> Library:
        """Another process, as far as it can tell."""
        return Library(self.shelf, self.settings, told=self.told.append, every=0)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    url = f"sqlite:///{tmp_path / 'frontdesk.db'}"
    store = await Store.open(url, now=lambda: datetime.now(UTC))
    yield Shop(tmp_path, store)
    await store.close()
