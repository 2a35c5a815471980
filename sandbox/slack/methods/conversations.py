"""The `conversations.*` methods: reading channels and opening them."""

from __future__ import annotations

from typing import Any

from sandbox.slack.arguments import FLAG, NEEDED, NUMBER, TEXT, Arguments
from sandbox.slack.channel import Channel, ChannelKind
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Tier
from sandbox.slack.message import Message
from sandbox.slack.methods.method import Method, readable_channel, require_scope
from sandbox.slack.pagination import page_of
from sandbox.slack.workspace import Workspace

_TYPES = {
    "public_channel": ChannelKind.PUBLIC,
    "private_channel": ChannelKind.PRIVATE,
    "im": ChannelKind.DIRECT,
}


def history(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Newest first, replies only where they were also sent to the channel."""
    channel = _history_channel(workspace, arguments)
    messages = _between(channel.timeline(), arguments)[::-1]
    page, cursor = page_of(
        messages,
        lambda message: message.ts,
        cursor=arguments.get("cursor", ""),
        limit=arguments.get("limit", 100),
        newest_first=True,
    )
    return {"pin_count": 0, **_page(workspace, page, cursor, arguments)}


def replies(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Oldest first; the root heads every page, whatever the bounds. A reply's own timestamp gives
    that reply alone."""
    channel = _history_channel(workspace, arguments)
    asked = channel.messages.get(arguments["ts"])
    if asked is not None and asked.is_reply:
        return _page(workspace, [asked], "", arguments)
    root = channel.root(arguments["ts"])
    page, cursor = page_of(
        _between(channel.replies(root.ts), arguments),
        lambda message: message.ts,
        cursor=arguments.get("cursor", ""),
        limit=arguments.get("limit", 999),
    )
    return _page(workspace, [root, *page], cursor, arguments)


def info(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = readable_channel(workspace, arguments["channel"], "read")
    described = _described(workspace, channel)
    if arguments.get("include_num_members"):
        described["num_members"] = len(channel.members)
    return {"channel": described}


def listing(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    kinds = [_kind(name) for name in (arguments.get("types") or "public_channel").split(",")]
    for kind in kinds:
        require_scope(workspace, f"{kind.prefix}:read")
    channels = [
        channel
        for channel in sorted(workspace.channels.values(), key=lambda c: c.id)
        if channel.kind in kinds
        and (channel.kind is ChannelKind.PUBLIC or workspace.is_member(channel))
        and not (channel.archived and arguments.get("exclude_archived"))
    ]
    page, cursor = page_of(
        channels,
        lambda channel: channel.id,
        cursor=arguments.get("cursor", ""),
        limit=arguments.get("limit", 100),
    )
    return {
        "channels": [_described(workspace, channel) for channel in page],
        "response_metadata": {"next_cursor": cursor},
    }


def members(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = readable_channel(workspace, arguments["channel"], "read")
    page, cursor = page_of(
        sorted(channel.members),
        str,
        cursor=arguments.get("cursor", ""),
        limit=arguments.get("limit", 100),
    )
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def join(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = workspace.channel(arguments["channel"])
    if channel.kind is not ChannelKind.PUBLIC:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if not workspace.is_member(channel):
        workspace.join(channel, workspace.identity.bot_user_id)
    return {"channel": _described(workspace, channel)}


def opening(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    if bool(arguments.get("users")) == bool(arguments.get("channel")):
        raise SlackError("invalid_arguments", "[ERROR] give either users or channel")
    if arguments.get("channel"):
        channel = workspace.channel(arguments["channel"])
    else:
        users = arguments["users"].split(",")
        if any(user not in workspace.users for user in users):
            raise SlackError("user_not_found")
        if len(users) > 1:
            require_scope(workspace, "mpim:write")
        channel = workspace.direct_channel(users[0])
    described = {"id": channel.id}
    if arguments.get("return_im"):
        described = _described(workspace, channel)
    return {"channel": described}


def _kind(name: str) -> ChannelKind:
    if name not in _TYPES:
        raise SlackError("invalid_types")
    return _TYPES[name]


def _history_channel(workspace: Workspace, arguments: Arguments) -> Channel:
    channel = readable_channel(workspace, arguments["channel"], "history")
    if not workspace.is_member(channel):
        raise SlackError("not_in_channel")
    return channel


def _between(messages: list[Message], arguments: Arguments) -> list[Message]:
    oldest = _moment(arguments.get("oldest"), "invalid_ts_oldest", 0)
    latest = _moment(arguments.get("latest"), "invalid_ts_latest", 10**18)
    if arguments.get("inclusive"):
        return [m for m in messages if oldest <= _microseconds(m.ts) <= latest]
    return [m for m in messages if oldest < _microseconds(m.ts) < latest]


def _moment(value: str | None, error: str, default: int) -> int:
    if not value:
        return default
    try:
        return _microseconds(value)
    except ValueError:
        raise SlackError(error) from None


def _microseconds(ts: str) -> int:
    # As whole numbers: a float has no room for all the digits of a timestamp.
    seconds, _, fraction = ts.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and f"{fraction}0".isdigit()):
        raise ValueError(ts)
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def _page(
    workspace: Workspace, page: list[Message], cursor: str, arguments: Arguments
) -> dict[str, Any]:
    metadata = bool(arguments.get("include_all_metadata"))
    result: dict[str, Any] = {
        "messages": [workspace.describe(m, metadata=metadata) for m in page],
        "has_more": bool(cursor),
    }
    if cursor:
        result["response_metadata"] = {"next_cursor": cursor}
    return result


def _described(workspace: Workspace, channel: Channel) -> dict[str, Any]:
    common = {"id": channel.id, "created": channel.created, "is_archived": channel.archived}
    if channel.kind is ChannelKind.DIRECT:
        (other,) = channel.members - {workspace.identity.bot_user_id}
        return {**common, "is_im": True, "user": other, "is_open": True}
    private = channel.kind is ChannelKind.PRIVATE
    return {
        **common,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not private,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": private,
        "is_member": workspace.is_member(channel),
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "context_team_id": workspace.identity.team_id,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }


_CHANNEL = {"channel": NEEDED}
_PAGE = {"cursor": TEXT, "limit": NUMBER}
_HISTORY = {
    **_CHANNEL,
    **_PAGE,
    "inclusive": FLAG,
    "include_all_metadata": FLAG,
    "latest": TEXT,
    "oldest": TEXT,
}

METHODS = {
    "conversations.history": Method(history, _HISTORY, Tier.THREE, reads=True),
    "conversations.replies": Method(replies, {**_HISTORY, "ts": NEEDED}, Tier.THREE, reads=True),
    "conversations.info": Method(
        info,
        {**_CHANNEL, "include_locale": FLAG, "include_num_members": FLAG},
        Tier.THREE,
        reads=True,
    ),
    "conversations.list": Method(
        listing,
        {**_PAGE, "exclude_archived": FLAG, "types": TEXT},
        Tier.TWO,
        reads=True,
    ),
    "conversations.members": Method(members, {**_CHANNEL, **_PAGE}, Tier.FOUR, reads=True),
    "conversations.join": Method(join, _CHANNEL, Tier.THREE, ("channels:join",)),
    "conversations.open": Method(
        opening,
        {"channel": TEXT, "users": TEXT, "return_im": FLAG},
        Tier.THREE,
        ("im:write",),
    ),
}
