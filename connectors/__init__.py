"""The table of customers' channels. A fourth one is a folder and a row here."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from connectors.slack.settings import SlackChannelSettings, SlackSettings
from connectors.telegram.settings import TelegramSettings
from connectors.web.settings import WebSettings
from core.findings import Examination
from core.ports import Connector, Services
from core.settings import Settings

if TYPE_CHECKING:
    from connectors.slack.app import SlackApp

SETTINGS: Mapping[str, type[BaseModel]] = {
    "web": WebSettings,
    "telegram": TelegramSettings,
    "slack": SlackChannelSettings,
}
"""The settings class of `channels.<name>`."""

SECTIONS: Mapping[str, type[BaseModel]] = {"slack": SlackSettings}
"""The settings class of further top-level sections."""

_FACTORIES: Mapping[str, str] = {
    "web": "connectors.web.connector",
    "telegram": "connectors.telegram.connector",
    "slack": "connectors.slack.connector",
}
"""The module whose `build(parts)` makes the connector: imported only when the channel is on,
because the platforms' libraries are heavy."""


EXAMINED: Mapping[str, str] = {
    "web": "channels.web",
    "telegram": "channels.telegram",
    "slack": "slack",
}
"""What `frontdesk doctor` looks at, and the part of the settings that switches it on. One look at
Slack is for the customers' channel and for the desk."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a connector may be built from. `slack` is the one app of the workspace, if it is on."""

    settings: Settings
    services: Services
    slack: SlackApp | None


def examination(name: str) -> Examination:
    """How to look at `name` of `EXAMINED`: `examine` in the module `doctor` of its folder."""
    look: Examination = importlib.import_module(f"connectors.{name}.doctor").examine
    return look


def build(name: str, parts: Parts) -> Connector:
    """The connector of channel `name`."""
    factory: Callable[[Parts], Any] = importlib.import_module(_FACTORIES[name]).build
    connector: Connector = factory(parts)
    return connector
