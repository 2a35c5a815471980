"""The `chat.*` methods: posting, changing and deleting messages."""

from __future__ import annotations

import re
from typing import Any

from sandbox.slack.arguments import FLAG, LIST, NEEDED, OBJECT, TEXT, Arguments
from sandbox.slack.channel import Channel
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Tier
from sandbox.slack.message import Message
from sandbox.slack.methods.contents import check_contents, contents
from sandbox.slack.methods.method import Method, member_channel, require_scope
from sandbox.slack.workspace import Workspace

_TIMESTAMP = re.compile(r"\d{1,12}\.\d{6}")
_DISGUISE = ("username", "icon_url", "icon_emoji")


def post_message(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    _check_disguise(workspace, arguments)
    channel = member_channel(workspace, arguments["channel"])
    check_contents(arguments)
    thread_ts = _thread(channel, arguments)
    message = _message(workspace, channel, thread_ts, arguments)
    if arguments.get("reply_broadcast"):
        if thread_ts is None:
            raise SlackError("invalid_arguments", "[ERROR] reply_broadcast needs a thread_ts")
        message.subtype = "thread_broadcast"
    workspace.post(message)
    described = workspace.describe(message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": described}


def update(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(workspace, arguments["channel"])
    message = channel.message(arguments["ts"])
    if message.bot_id != workspace.identity.bot_id:
        raise SlackError("cant_update_message")
    window = workspace.edit_window
    if window is not None and workspace.timestamps.now() - float(message.ts) > window:
        raise SlackError("edit_window_closed")
    check_contents({"text": message.text, **arguments})
    workspace.change(message, **_changes(workspace, message, arguments))
    described = workspace.describe(message, metadata=True)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": described,
    }


def delete(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(workspace, arguments["channel"])
    message = channel.message(arguments["ts"])
    if message.bot_id != workspace.identity.bot_id:
        raise SlackError("cant_delete_message")
    workspace.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    _check_disguise(workspace, arguments)
    channel = member_channel(workspace, arguments["channel"])
    if arguments["user"] not in channel.members:
        raise SlackError("user_not_in_channel")
    check_contents(arguments)
    message = _message(workspace, channel, _thread(channel, arguments), arguments)
    message.flags["only_for"] = arguments["user"]
    channel.ephemeral.append(message)
    workspace.touched(channel.id)
    return {"message_ts": message.ts}


def get_permalink(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = workspace.channel(arguments["channel"])
    message = channel.message(arguments["message_ts"])
    place = f"{channel.id}/p{message.ts.replace('.', '')}"
    link = f"https://{workspace.identity.domain}.slack.com/archives/{place}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _check_disguise(workspace: Workspace, arguments: Arguments) -> None:
    if any(arguments.get(name) for name in _DISGUISE):
        require_scope(workspace, "chat:write.customize")


def _thread(channel: Channel, arguments: Arguments) -> str | None:
    thread_ts: str | None = arguments.get("thread_ts")
    if thread_ts is None:
        return None
    if not _TIMESTAMP.fullmatch(thread_ts):
        raise SlackError("invalid_thread_ts")
    return channel.root(thread_ts).ts


def _message(
    workspace: Workspace, channel: Channel, thread_ts: str | None, arguments: Arguments
) -> Message:
    identity = workspace.identity
    username = arguments.get("username") or None
    icons = _icons(arguments)
    return Message(
        channel.id,
        workspace.timestamps.new(),
        user=None if username else identity.bot_user_id,
        bot_id=identity.bot_id,
        app_id=identity.app_id,
        username=username,
        icons=icons,
        team=identity.team_id,
        subtype="bot_message" if username else None,
        thread_ts=thread_ts,
        client_msg_id=arguments.get("client_msg_id"),
        **contents(workspace, arguments),
    )


def _icons(arguments: Arguments) -> dict[str, str] | None:
    if arguments.get("icon_emoji"):
        return {"emoji": arguments["icon_emoji"]}
    if arguments.get("icon_url"):
        return {f"image_{size}": arguments["icon_url"] for size in (36, 48, 72)}
    return None


def _changes(workspace: Workspace, message: Message, arguments: Arguments) -> dict[str, Any]:
    """Text without blocks takes the blocks away; whatever else is not named is kept."""
    new = contents(workspace, arguments)
    changes: dict[str, Any] = {}
    if "text" in arguments or "markdown_text" in arguments:
        changes |= {"text": new["text"], "blocks": []}
    changes |= {n: new[n] for n in ("blocks", "attachments", "metadata") if n in arguments}
    if not changes.get("blocks"):
        ts = workspace.timestamps.new()
        changes["edited"] = {"user": workspace.identity.bot_user_id, "ts": ts}
    changes["flags"] = message.flags | {n: v for n, v in arguments.items() if n in new["flags"]}
    return changes


_CONTENTS = {
    "text": TEXT,
    "blocks": LIST,
    "attachments": LIST,
    "markdown_text": TEXT,
    "link_names": FLAG,
    "parse": TEXT,
}
_AUTHOR = {"username": TEXT, "icon_url": TEXT, "icon_emoji": TEXT}
_WRITE = ("chat:write",)

METHODS = {
    "chat.postMessage": Method(
        post_message,
        {
            "channel": NEEDED,
            **_CONTENTS,
            **_AUTHOR,
            "metadata": OBJECT,
            "client_msg_id": TEXT,
            "mrkdwn": FLAG,
            "reply_broadcast": FLAG,
            "thread_ts": TEXT,
            "unfurl_links": FLAG,
            "unfurl_media": FLAG,
        },
        Tier.SPECIAL,
        _WRITE,
    ),
    "chat.update": Method(
        update,
        {"channel": NEEDED, "ts": NEEDED, **_CONTENTS, "metadata": OBJECT},
        Tier.THREE,
        _WRITE,
    ),
    "chat.delete": Method(delete, {"channel": NEEDED, "ts": NEEDED}, Tier.THREE, _WRITE),
    "chat.postEphemeral": Method(
        post_ephemeral,
        {"channel": NEEDED, "user": NEEDED, **_CONTENTS, **_AUTHOR, "thread_ts": TEXT},
        Tier.FOUR,
        _WRITE,
    ),
    "chat.getPermalink": Method(
        get_permalink, {"channel": NEEDED, "message_ts": NEEDED}, Tier.SPECIAL, reads=True
    ),
}
