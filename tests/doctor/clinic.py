"""A house that the doctor looks at, and what it says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from core import doctor
from core.app import Composition, utc_now
from core.findings import Finding, Mark
from tests.scenarios.house import SETTINGS, House

Change = Callable[["Clinic"], object]


class Clinic(House):
    """A house whose service does not run unless it is told to."""

    async def prepare(self) -> None:
        await asyncio.gather(self.slack.start(), self.telegram.start(), self.openai.start())
        self.desk = self.slack.add_channel("support-desk")
        self.mia = self.slack.add_user("mia", real_name="Mia Lindqvist")
        await self.slack.join(self.desk, self.mia)
        self.connect_desk()
        self.environ |= {
            "TELEGRAM_TOKEN": self.telegram.token,
            "TELEGRAM_URL": self.telegram.api_url,
            "OPENAI_API_KEY": self.openai.api_key,
            "OPENAI_URL": self.openai.base_url,
        }

    def say(self, old: str, new: str) -> None:
        """Change the settings."""
        text = self.settings_path.read_text() if self.settings_path.exists() else SETTINGS
        assert old in text
        self.write_settings(text.replace(old, new))

    async def findings(self, now: Callable[[], datetime] = utc_now) -> list[Finding]:
        if not self.settings_path.exists():
            self.write_settings()
        settings = Composition(self.settings_path, self.environ).load()
        return [finding async for finding in doctor.examine(settings, now)]


def lines(findings: Sequence[Finding], part: str, *marks: Mark) -> list[str]:
    return [
        f"{finding.mark} {finding}"
        for finding in findings
        if finding.part == part and (not marks or finding.mark in marks)
    ]


def wrong(findings: Sequence[Finding]) -> list[str]:
    return [f"{f.mark} {f.part}: {f}" for f in findings if f.mark in (Mark.FAULT, Mark.DOUBT)]
