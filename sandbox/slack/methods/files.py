"""The `files.*` methods: the three-step upload, and what is known of a file.

Sharing is asynchronous at Slack: the answer comes first, the message with the file follows, some
time later if shares are held back.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from sandbox.slack.arguments import NEEDED, NUMBER, TEXT, Argument, Arguments, Type
from sandbox.slack.channel import Channel
from sandbox.slack.errors import SlackError
from sandbox.slack.file import File
from sandbox.slack.limits import Tier
from sandbox.slack.message import Message
from sandbox.slack.methods.method import Method, member_channel
from sandbox.slack.workspace import Workspace


def get_upload_url(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    if arguments["length"] < 1:
        raise SlackError("invalid_arguments", "[ERROR] must be more than 0 [json-pointer:/length]")
    identity = workspace.identity
    file = File(
        workspace.ids.new("F"),
        identity.team_id,
        identity.bot_user_id,
        arguments["filename"],
        int(workspace.timestamps.now()),
        workspace.base_url,
        arguments["length"],
    )
    workspace.files[file.id] = file
    return {"upload_url": f"{workspace.base_url}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel, thread_ts = _destination(workspace, arguments)
    files = [_uploaded(workspace, entry) for entry in arguments["files"]]
    for file, entry in zip(files, arguments["files"], strict=True):
        file.title = entry.get("title", "")
        file.completed = True
    if channel is not None:
        text = arguments.get("initial_comment", "")
        share = partial(_share, workspace, channel, thread_ts, text, [f.id for f in files])
        if workspace.held_shares is None:
            asyncio.get_running_loop().call_soon(share)
        else:
            workspace.held_shares.append(share)
    return {"files": [file.as_dict() for file in files]}


def info(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    file = workspace.files.get(arguments["file"])
    if file is None or not visible(workspace, file):
        raise SlackError("file_not_found")
    return {"file": {**file.as_dict(), "shares": file.shares}, "comments": []}


def visible(workspace: Workspace, file: File) -> bool:
    """Whether the app may see the file: its own, or shared where it is a member."""
    if file.user == workspace.identity.bot_user_id:
        return file.completed
    return any(workspace.is_member(workspace.channels[c]) for c in file.shared_in())


def _destination(workspace: Workspace, arguments: Arguments) -> tuple[Channel | None, str | None]:
    thread_ts = arguments.get("thread_ts")
    if not arguments.get("channel_id"):
        if thread_ts or arguments.get("initial_comment"):
            raise SlackError("invalid_arguments", "[ERROR] missing required field: channel_id")
        return None, None
    channel = member_channel(workspace, arguments["channel_id"])
    return channel, channel.root(thread_ts).ts if thread_ts else None


def _uploaded(workspace: Workspace, entry: Any) -> File:
    if not isinstance(entry, dict) or set(entry) - {"id", "title", "highlight_type"}:
        raise SlackError("invalid_arguments", "[ERROR] must be id and title [json-pointer:/files]")
    file = workspace.files.get(entry.get("id", ""))
    if file is None or file.data is None or file.completed:
        raise SlackError("file_not_found")
    return file


def _share(
    workspace: Workspace, channel: Channel, thread_ts: str | None, text: str, files: list[str]
) -> None:
    message = Message(
        channel.id,
        workspace.timestamps.new(),
        text,
        user=workspace.identity.bot_user_id,
        subtype="file_share",
        thread_ts=thread_ts,
        files=files,
    )
    workspace.post(message)


_WRITE = ("files:write",)

METHODS = {
    "files.getUploadURLExternal": Method(
        get_upload_url,
        {
            "filename": NEEDED,
            "length": Argument(Type.NUMBER, required=True),
            "alt_txt": TEXT,
            "snippet_type": TEXT,
        },
        Tier.FOUR,
        _WRITE,
        reads=True,
    ),
    "files.completeUploadExternal": Method(
        complete_upload,
        {
            "files": Argument(Type.LIST, required=True),
            "channel_id": TEXT,
            "thread_ts": TEXT,
            "initial_comment": TEXT,
        },
        Tier.FOUR,
        _WRITE,
    ),
    "files.info": Method(
        info,
        {"file": NEEDED, "cursor": TEXT, "limit": NUMBER, "count": NUMBER, "page": NUMBER},
        Tier.FOUR,
        ("files:read",),
        reads=True,
    ),
}
