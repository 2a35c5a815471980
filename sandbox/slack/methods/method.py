"""What a Web API method is to the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.slack.arguments import Argument, Arguments
from sandbox.slack.channel import Channel, ChannelKind
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Tier
from sandbox.slack.workspace import Workspace

Run = Callable[[Workspace, Arguments], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """`scopes`: any one of them is enough; methods whose scope depends on the kind of channel
    check it themselves. `reads` methods may be called with GET and take no JSON, as at Slack.
    """

    run: Run
    arguments: Mapping[str, Argument]
    tier: Tier
    scopes: tuple[str, ...] = ()
    reads: bool = False
    needs_app_token: bool = False
    needs_no_token: bool = False


def require_scope(workspace: Workspace, *any_of: str) -> None:
    """Raises `missing_scope` unless the app was installed with one of the scopes."""
    provided = workspace.identity.scopes
    if any_of and not provided.intersection(any_of):
        needed, has = ",".join(any_of), ",".join(sorted(provided))
        raise SlackError("missing_scope", needed=needed, provided=has)


def readable_channel(workspace: Workspace, channel_id: str, power: str) -> Channel:
    """The channel, if the app has the `power` (`read` or `history`) for its kind."""
    kinds = ChannelKind
    require_scope(workspace, *(f"{kind.prefix}:{power}" for kind in kinds))
    channel = workspace.channel(channel_id)
    require_scope(workspace, f"{channel.kind.prefix}:{power}")
    return channel


def member_channel(workspace: Workspace, channel_id: str) -> Channel:
    """The channel, if the app may write in it."""
    channel = workspace.channel(channel_id)
    if not workspace.is_member(channel):
        raise SlackError("not_in_channel")
    if channel.archived:
        raise SlackError("is_archived")
    return channel
