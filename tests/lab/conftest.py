"""A folder with settings, a store and a past, and the commands as an admin types them there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.store import Store
from tests.lab.past import Clock, Writer, settings_at

NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = """
business: {name: Fern, timezone: UTC, languages: [en, zh],
           hours: {mon-sun: "09:00-17:00"}}
store: {url: "STORE"}
gpt: {api_key: "${LAB_KEY:-key}", model: gpt-5.4-mini, debounce: 2s}
quick_replies:
  - id: refund
    when: {any: [refund, 退款]}
    reply: {en: "Refunds take 3 days.", zh: 退款需要 3 天。}
  - id: shipping
    when: {any: [shipping]}
    reply: "Shipping is free."
    buttons: [{label: How long?, say: how long is shipping}, {label: A person, do: escalate}]
"""


class Lab:
    """`path` is today's settings. `today` and `write` prepare, `run` types a command."""

    def __init__(self, folder: Path, store_url: str, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.store_url = store_url
        self.path = self.settings("settings.yaml", TODAY)
        self._captured = captured

    def settings(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text.replace("STORE", self.store_url), encoding="utf-8")
        return path

    def changed(self, *changes: tuple[str, str], name: str = "new.yaml") -> Path:
        """Today's file with other words in it."""
        text = TODAY
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return self.settings(name, text)

    def run(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        self._captured.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = self._captured.readouterr()
        return code, printed.out, printed.err

    def json(self, *arguments: str | Path) -> dict[str, Any]:
        code, out, err = self.run(*arguments, "--json")
        assert (code, err) == (0, "")
        found: dict[str, Any] = json.loads(out)
        return found


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/frontdesk.db"


@pytest.fixture
def lab(tmp_path: Path, store_url: str, capsys: pytest.CaptureFixture[str]) -> Lab:
    return Lab(tmp_path, store_url, capsys)


@pytest.fixture
async def store(lab: Lab) -> AsyncIterator[Store]:
    """The store of the lab, open as the running service has it."""
    opened = await Store.open(lab.store_url, now=Clock(NOW))
    yield opened
    await opened.close()


@pytest.fixture
def writer(lab: Lab, store: Store) -> Writer:
    return Writer(store, settings_at(lab.path))


@pytest.fixture
def at() -> Callable[..., datetime]:
    """A time of yesterday, as (hour, minute, second)."""
    day = (NOW - timedelta(days=1)).replace(hour=0, minute=0, second=0)
    return lambda *clock: day.replace(
        **dict(zip(("hour", "minute", "second"), clock, strict=False))
    )
