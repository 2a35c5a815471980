"""The manifest asks for what the settings need and for nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors.slack.manifest import manifest
from core.settings import load

CUSTOMERS = "channels: {slack: {enabled: true}}\n"


def made(folder: Path, yaml: str) -> dict[str, Any]:
    file = folder / "settings.yaml"
    file.write_text(yaml)
    return manifest(
        load(file, environ={}, channels=connectors.SETTINGS, sections=connectors.SECTIONS)
    )


def test_a_desk_and_customers_over_a_socket(tmp_path: Path) -> None:
    app = made(tmp_path, "desk: {channel: '#support'}\nbusiness: {name: Teapots}\n" + CUSTOMERS)
    assert app["display_information"]["name"] == "Teapots"
    assert app["settings"]["socket_mode_enabled"]
    assert app["settings"]["interactivity"] == {"is_enabled": True}
    assert app["settings"]["event_subscriptions"] == {
        "bot_events": [
            "app_mention",
            "message.channels",
            "message.groups",
            "message.im",
            "reaction_added",
        ]
    }
    assert {"chat:write.customize", "im:history", "files:write", "reactions:write"} <= set(
        app["oauth_config"]["scopes"]["bot"]
    )


def test_a_desk_alone_reads_no_direct_messages(tmp_path: Path) -> None:
    app = made(tmp_path, "desk: {channel: '#support'}\n")
    assert not {"im:history", "app_mentions:read"} & set(app["oauth_config"]["scopes"]["bot"])
    events = app["settings"]["event_subscriptions"]["bot_events"]
    assert events == ["message.channels", "message.groups", "reaction_added"]
    assert "reactions:read" in app["oauth_config"]["scopes"]["bot"]
    assert not app["features"]["app_home"]["messages_tab_enabled"]


def test_customers_alone_need_no_reactions(tmp_path: Path) -> None:
    app = made(tmp_path, CUSTOMERS)
    assert not {"reactions:read", "reactions:write"} & set(app["oauth_config"]["scopes"]["bot"])
    assert "reaction_added" not in app["settings"]["event_subscriptions"]["bot_events"]


def test_requests_come_to_the_public_address(tmp_path: Path) -> None:
    app = made(
        tmp_path,
        "slack: {receive: http}\nserver: {public_url: 'https://help.example/'}\n",
    )
    url = "https://help.example/slack/events"
    assert not app["settings"]["socket_mode_enabled"]
    assert app["settings"]["event_subscriptions"]["request_url"] == url
    assert app["settings"]["interactivity"] == {"is_enabled": True, "request_url": url}


@pytest.mark.parametrize("name", ["x" * 80, "The little teapot shop at the end of the long road"])
def test_a_long_name_is_cut_to_what_slack_takes(tmp_path: Path, name: str) -> None:
    app = made(tmp_path, f"business: {{name: '{name}'}}\n")
    assert len(app["display_information"]["name"]) <= 35
