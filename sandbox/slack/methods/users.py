"""The `users.*` methods."""

from __future__ import annotations

from typing import Any

from sandbox.slack.arguments import FLAG, NEEDED, NUMBER, TEXT, Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Tier
from sandbox.slack.methods.method import Method
from sandbox.slack.pagination import page_of
from sandbox.slack.workspace import Workspace


def info(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    user = workspace.users.get(arguments["user"])
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user.as_dict()}


def listing(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    page, cursor = page_of(
        sorted(workspace.users.values(), key=lambda user: user.id),
        lambda user: user.id,
        cursor=arguments.get("cursor", ""),
        limit=arguments.get("limit", 999),
    )
    return {
        "members": [user.as_dict() for user in page],
        "cache_ts": int(workspace.timestamps.now()),
        "response_metadata": {"next_cursor": cursor},
    }


_SCOPE = ("users:read",)

METHODS = {
    "users.info": Method(
        info, {"user": NEEDED, "include_locale": FLAG}, Tier.FOUR, _SCOPE, reads=True
    ),
    "users.list": Method(
        listing,
        {"cursor": TEXT, "limit": NUMBER, "include_locale": FLAG},
        Tier.TWO,
        _SCOPE,
        reads=True,
    ),
}
