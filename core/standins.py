"""Put stand-ins in place of platforms in the settings, whatever the settings file says of them.

The rules, the texts and everything else stay as they are in the file; the shop of the shipped
settings gets what the demo knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from core.hours import OpeningHours
from core.settings import Settings

HOST = "127.0.0.1"
_SHOP = "Fern & Clay"
_KNOWLEDGE = str(resources.files("sandbox.demo") / "knowledge" / "*")


@dataclass(frozen=True, slots=True)
class StandIn:
    """A platform's address, and what its settings need by their names, secrets included."""

    url: str
    credentials: Mapping[str, str]

    def _update(self, address: str) -> dict[str, Any]:
        secrets = {name: SecretStr(value) for name, value in self.credentials.items()}
        return {address: self.url, **secrets}


@dataclass(frozen=True, slots=True)
class StandIns:
    """Which platforms have one; None leaves a platform to the settings file. `desk` is the
    channel of the agents in Slack's."""

    slack: StandIn | None
    telegram: StandIn | None
    gpt: StandIn | None
    desk: str

    def put_into(self, settings: Settings, folder: Path, port: int) -> Settings:
        """The same settings with a store in `folder`, reached on this machine only, and always
        open, because whoever tries it plays the agents too."""
        server: dict[str, Any] = {"host": HOST, "port": port}
        if self.slack is not None and self.telegram is not None:
            server["public_url"] = ""
        store = {"url": f"sqlite:///{folder}/frontdesk-demo.db"}
        return replace(
            settings,
            server=settings.server.model_copy(update=server),
            store=settings.store.model_copy(update=store),
            hours=OpeningHours(),
            channels=self._channels(settings),
            **self._desk(settings),
            **self._gpt(settings),
        )

    def _channels(self, settings: Settings) -> dict[str, Any]:
        channels = dict(settings.channels)
        channels["web"] = channels["web"].model_copy(update={"enabled": True})
        if self.telegram is not None:
            telegram = channels["telegram"]
            update = {"enabled": True, "receive": type(telegram.receive)("polling")}
            update |= self.telegram._update("api_url")
            channels["telegram"] = telegram.model_copy(update=update)
        return channels

    def _desk(self, settings: Settings) -> dict[str, Any]:
        if self.slack is None:
            return {}
        section = settings.section("slack")
        update = {"receive": type(section.receive)("socket"), **self.slack._update("api_url")}
        sections = {**settings.sections, "slack": section.model_copy(update=update)}
        return {
            "sections": sections,
            "desk": settings.desk.model_copy(update={"channel": self.desk}),
        }

    def _gpt(self, settings: Settings) -> dict[str, Any]:
        if self.gpt is None:
            return {}
        return {"gpt": settings.gpt.model_copy(update=self.gpt._update("base_url"))}


def with_knowledge(settings: Settings) -> Settings:
    """With the demo's files for GPT to answer from, if it is the shop they are about and the
    settings name none: named there, they would be missed wherever those are copied to."""
    if settings.gpt.knowledge or settings.business.name != _SHOP:
        return settings
    gpt = settings.gpt.model_copy(update={"knowledge": [_KNOWLEDGE]})
    return replace(settings, gpt=gpt)
