"""The `reactions.*` methods."""

from __future__ import annotations

import re
from typing import Any

from sandbox.slack.arguments import NEEDED, Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Tier
from sandbox.slack.message import Message
from sandbox.slack.methods.method import Method, member_channel
from sandbox.slack.workspace import Workspace

_NAME = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")
_MOST_EMOJI = 23


def add(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    message = _message(workspace, arguments)
    name = arguments["name"]
    if name not in message.reactions and len(message.reactions) >= _MOST_EMOJI:
        raise SlackError("too_many_emoji")
    workspace.react(message, workspace.identity.bot_user_id, name)
    return {}


def remove(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    message = _message(workspace, arguments)
    workspace.unreact(message, workspace.identity.bot_user_id, arguments["name"])
    return {}


def _message(workspace: Workspace, arguments: Arguments) -> Message:
    if not _NAME.fullmatch(arguments["name"]):
        raise SlackError("invalid_name")
    channel = member_channel(workspace, arguments["channel"])
    return channel.message(arguments["timestamp"])


_ARGUMENTS = {"channel": NEEDED, "name": NEEDED, "timestamp": NEEDED}
_SCOPE = ("reactions:write",)

METHODS = {
    "reactions.add": Method(add, _ARGUMENTS, Tier.THREE, _SCOPE),
    "reactions.remove": Method(remove, _ARGUMENTS, Tier.TWO, _SCOPE),
}
