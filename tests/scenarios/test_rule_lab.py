"""An admin looks at the past of a service that runs, and changes nothing in it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from tests.scenarios.house import SETTINGS, House

FERN = "How often should I water a fern?"


class Admin:
    """Types commands in another process's place: the service keeps its lock."""

    def __init__(
        self,
        house: House,
        captured: pytest.CaptureFixture[str],
        environ: pytest.MonkeyPatch,
    ) -> None:
        self._house = house
        self._captured = captured
        self._environ = environ

    def logs_in(self) -> None:
        """Where the service has its secrets from, the commands have them too."""
        for name, value in self._house.environ.items():
            self._environ.setenv(name, value)

    async def types(self, *arguments: str | Path) -> str:
        self._captured.readouterr()
        code = await asyncio.to_thread(main, [str(argument) for argument in arguments])
        printed = self._captured.readouterr()
        assert (code, printed.err) == (0, "")
        return printed.out

    async def reads(self, *arguments: str | Path) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self.types(*arguments, "--json"))
        return found


async def _day(house: House) -> None:
    """A rule, GPT and a person each answer somebody."""
    house.openai.script("Water it once a week.")
    async with house.visitor() as visitor:
        await visitor.say("shipping")
        await visitor.hears("Shipping takes 3 days.", "bot")
        await visitor.say(FERN)
        await visitor.hears("Water it once a week.", "bot")
    async with house.visitor() as visitor:
        await visitor.say("a real person please")
        card = await house.card()
        await visitor.say("Do you rent out plants for a wedding?")
        await house.in_thread("rent out plants")
        words = "Yes, we do, from 80 € a day."
        await house.slack.say(house.desk, house.mia, words, thread_ts=card.ts)
        await visitor.hears(words, "agent")


@pytest.fixture
def admin(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Admin:
    return Admin(house, capsys, monkeypatch)


async def test_the_lab_works_beside_the_running_service(house: House, admin: Admin) -> None:
    await _looks(house, admin)


async def test_the_lab_works_on_postgresql(
    house: House, postgres_database: str, admin: Admin
) -> None:
    house.store_url = postgres_database
    await _looks(house, admin)


async def _looks(house: House, admin: Admin) -> None:
    await house.open()
    admin.logs_in()
    await _day(house)
    settings = house.settings_path

    stats = await admin.reads("stats", "--settings", settings)
    assert stats["answers"] == {"rule": 1, "gpt": 1, "person": 1}
    assert stats["questions"]["asked_for_a_person"] == 1
    assert [group["text"] for group in stats["unanswered"]["groups"]] == [FERN]
    assert stats["cost"]["usd"] > 0

    new = house.folder / "new.yaml"
    text = SETTINGS.replace("[shipping, delivery, 运费]", "[fern]")
    new.write_text(text.replace("SLACK_CUSTOMERS", "false").replace("STORE", house.store_url))
    replay = await admin.reads("replay", "--settings", new, "--against", settings)
    assert [row["text"] for row in replay["newly_answered"]] == [FERN]
    assert [row["text"] for row in replay["newly_lost"]] == ["shipping"]
    assert replay["gpt_calls"] == {"today": 1, "new": 1, "saved": 0}

    proposals = await admin.types("suggest", "--settings", settings)
    assert "  - id: rent-out-plants\n" in proposals
    assert "Yes, we do, from 80 € a day." in proposals

    async with house.visitor() as visitor:
        await visitor.say("shipping")
        await visitor.hears("Shipping takes 3 days.", "bot")
