"""The Slack app that an admin has to create, with no more rights than the settings need.

Pasted into https://api.slack.com/apps it replaces the long list of scopes and events to click.
"""

from __future__ import annotations

from typing import Any

from connectors.slack.endpoint import PATH
from connectors.slack.settings import Receive, SlackSettings
from core.settings import Settings

MOST_NAME = 35
_EVERYBODY = {"chat:write", "files:read", "files:write", "users:read"}
_DESK = {
    "channels:history",
    "channels:read",
    "chat:write.customize",
    "groups:history",
    "groups:read",
    "reactions:read",
    "reactions:write",
}
_CUSTOMERS = {
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write.customize",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
}
_DESK_EVENTS = {"message.channels", "message.groups", "reaction_added"}
_CUSTOMERS_EVENTS = {"app_mention", "message.channels", "message.groups", "message.im"}


def manifest(settings: Settings) -> dict[str, Any]:
    """The manifest as Slack reads it, in JSON or YAML."""
    slack: SlackSettings = settings.section("slack")
    customers = bool(settings.channels["slack"].enabled)
    desk = bool(settings.desk.channel) or not customers
    scopes = _EVERYBODY | (_DESK if desk else set()) | (_CUSTOMERS if customers else set())
    events = (_DESK_EVENTS if desk else set()) | (_CUSTOMERS_EVENTS if customers else set())
    return {
        "_metadata": {"major_version": 1},
        "display_information": {
            "name": _short(settings.business.name, "frontdesk"),
            "description": "Customers' questions, answered by colleagues in threads.",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": customers,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {
                "display_name": _short(settings.business.name, "frontdesk"),
                "always_online": True,
            },
        },
        "oauth_config": {"scopes": {"bot": sorted(scopes)}},
        "settings": _delivery(slack, settings.server.public_url, sorted(events)),
    }


def _delivery(slack: SlackSettings, public_url: str, events: list[str]) -> dict[str, Any]:
    socket = slack.receive is Receive.SOCKET
    url = f"{public_url.rstrip('/') or 'https://YOUR-PUBLIC-URL'}{PATH}"
    address = {} if socket else {"request_url": url}
    return {
        "event_subscriptions": {**address, "bot_events": events},
        "interactivity": {"is_enabled": True, **address},
        "org_deploy_enabled": False,
        "socket_mode_enabled": socket,
        "token_rotation_enabled": False,
    }


def _short(name: str, otherwise: str) -> str:
    return " ".join(name.split())[:MOST_NAME].strip() or otherwise
