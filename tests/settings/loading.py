"""Write a settings file and load it with a few channels that stand for real ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from core.errors import SettingsError
from core.settings import Settings, load
from core.settings.types import ChannelSettings, Origin, Secret, Switchable


class Web(ChannelSettings):
    title: str = "Chat"
    allowed_origins: tuple[Origin, ...] = ()
    identity_secret: Secret = SecretStr("")


class Telegram(ChannelSettings):
    token: Secret = SecretStr("")

    def needs(self) -> tuple[str, ...]:
        return ("channels.telegram.token",)


class SlackChannel(ChannelSettings):
    def needs(self) -> tuple[str, ...]:
        return ("slack",)


class Slack(Switchable):
    bot_token: Secret = SecretStr("")
    app_token: Secret = SecretStr("")

    def needs(self) -> tuple[str, ...]:
        return ("slack.bot_token", "slack.app_token")


def load_file(path: Path, **environ: str) -> Settings:
    return load(
        path,
        environ=environ,
        channels={"web": Web, "telegram": Telegram, "slack": SlackChannel},
        sections={"slack": Slack},
    )


def load_text(folder: Path, text: str | bytes, **environ: str) -> Settings:
    path = folder / "settings.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_file(path, **environ)


def problems(folder: Path, text: str | bytes, **environ: str) -> list[str]:
    """What is wrong with a file, with its folder taken out."""
    with pytest.raises(SettingsError) as refused:
        load_text(folder, text, **environ)
    return [str(problem).removeprefix(f"{folder}/") for problem in refused.value.problems]


def warnings(folder: Path, text: str, **environ: str) -> list[str]:
    settings = load_text(folder, text, **environ)
    return [str(problem).removeprefix(f"{folder}/") for problem in settings.warnings]


def rule(reply: str) -> str:
    """A file with one rule, whose reply begins on line 5, column 10."""
    return f"channels: {{}}\nquick_replies:\n- id: a\n  when: {{any: [x]}}\n  reply: {reply}\n"
