"""The methods about the app itself: its token, its views and its status in a thread."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.slack.arguments import LIST, NEEDED, OBJECT, TEXT, Argument, Arguments, Type
from sandbox.slack.blocks import check_view
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Tier
from sandbox.slack.methods.contents import with_ids
from sandbox.slack.methods.method import Method, member_channel
from sandbox.slack.workspace import Workspace

_LOADING_MESSAGES = 10


def auth_test(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    identity = workspace.identity
    return {
        "url": f"https://{identity.domain}.slack.com/",
        "team": identity.team_name,
        "user": identity.bot_name,
        "team_id": identity.team_id,
        "user_id": identity.bot_user_id,
        "bot_id": identity.bot_id,
        "is_enterprise_install": False,
    }


def api_test(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    if arguments.get("error"):
        raise SlackError(arguments["error"], args=arguments)
    return {"args": arguments}


def views_open(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    view = arguments["view"]
    check_view(view)
    workspace.triggers.use(arguments["trigger_id"])
    identity = workspace.identity
    view_id = workspace.ids.new("V")
    opened = {
        "private_metadata": "",
        "callback_id": "",
        **copy.deepcopy(view),
        "id": view_id,
        "team_id": identity.team_id,
        "app_id": identity.app_id,
        "bot_id": identity.bot_id,
        "app_installed_team_id": identity.team_id,
        "root_view_id": view_id,
        "hash": workspace.ids.new("h"),
        "state": {"values": {}},
        "blocks": with_ids(workspace, view["blocks"]),
    }
    workspace.views[view_id] = opened
    return {"view": opened}


def set_status(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """An empty status clears it; so does the app's next message in the thread."""
    channel = member_channel(workspace, arguments["channel_id"])
    root = channel.root(arguments["thread_ts"])
    if len(arguments.get("loading_messages", ())) > _LOADING_MESSAGES:
        raise SlackError("invalid_arguments", "[ERROR] must be 10 at most [loading_messages]")
    if arguments["status"]:
        workspace.statuses[channel.id, root.ts] = arguments["status"]
    else:
        workspace.statuses.pop((channel.id, root.ts), None)
    workspace.touched(channel.id)
    return {}


METHODS = {
    "auth.test": Method(auth_test, {}, Tier.SPECIAL, reads=True),
    "api.test": Method(
        api_test, {"error": TEXT, "foo": TEXT}, Tier.FOUR, reads=True, needs_no_token=True
    ),
    "views.open": Method(
        views_open,
        {"trigger_id": NEEDED, "view": Argument(OBJECT.type, required=True)},
        Tier.FOUR,
    ),
    "assistant.threads.setStatus": Method(
        set_status,
        {
            "channel_id": NEEDED,
            "thread_ts": NEEDED,
            "status": Argument(Type.TEXT, required=True),
            "loading_messages": LIST,
        },
        Tier.SPECIAL,
        ("chat:write", "assistant:write"),
    ),
}
