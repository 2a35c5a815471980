"""The addresses beside the API: file uploads and downloads, faces, and response URLs."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from sandbox.journal import Journal
from sandbox.slack.arguments import FLAG, LIST, TEXT, checked
from sandbox.slack.avatars import avatar_png
from sandbox.slack.doorway import Doorway
from sandbox.slack.errors import SlackError
from sandbox.slack.message import Message
from sandbox.slack.methods.contents import check_contents, contents
from sandbox.slack.methods.files import visible
from sandbox.slack.workspace import Workspace

UPLOAD = "files.upload"
DOWNLOAD = "files.download"
RESPONSE = "response_url"
_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in</body></html>"
_RESPONSES = {
    "text": TEXT,
    "blocks": LIST,
    "attachments": LIST,
    "response_type": TEXT,
    "replace_original": FLAG,
    "delete_original": FLAG,
    "thread_ts": TEXT,
}
_MOST_USES = 5


class Media:
    """Serves and takes bytes. Faults for these are named `files.upload`, `files.download` and
    `response_url`, and so are the journal's entries for uploads and responses."""

    def __init__(self, workspace: Workspace, journal: Journal, doorway: Doorway) -> None:
        self._workspace = workspace
        self._journal = journal
        self._doorway = doorway
        self._responses: dict[str, tuple[str, str, int]] = {}

    def response_url(self, channel: str, ts: str) -> str:
        """An address through which the app may answer a click on a message, five times."""
        token = self._workspace.ids.new("")
        self._responses[token] = (channel, ts, _MOST_USES)
        return f"{self._workspace.base_url}/actions/{token}"

    async def upload(self, request: web.Request) -> web.StreamResponse:
        if request.content_type == "multipart/form-data":
            parts = [p for p in (await request.post()).values() if isinstance(p, web.FileField)]
            data, kind = (parts[0].file.read(), parts[0].content_type) if parts else (b"", "")
        else:
            data, kind = await request.read(), request.content_type
        file_id = request.match_info["file"]
        return await self._doorway.answer(
            request, UPLOAD, lambda: self._take_in(file_id, data, kind)
        )

    async def download(self, request: web.Request) -> web.StreamResponse:
        return await self._doorway.answer(request, DOWNLOAD, lambda: self._hand_out(request))

    async def avatar(self, request: web.Request) -> web.StreamResponse:
        size = min(512, int(request.match_info["size"]))
        image = avatar_png(request.match_info["user"], size)
        headers = {"Cache-Control": "public, max-age=86400"}
        return web.Response(body=image, content_type="image/png", headers=headers)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        token = request.match_info["token"]
        return await self._doorway.answer(request, RESPONSE, lambda: self._respond(token, body))

    def _take_in(self, file_id: str, data: bytes, kind: str) -> web.Response:
        file = self._workspace.files.get(file_id)
        if file is None or file.completed:
            return web.Response(status=404, text="This upload is unknown or over.")
        if len(data) != file.length:
            return web.Response(
                status=400, text=f"{file.length} bytes were announced, {len(data)} came."
            )
        file.data, file.mimetype = data, kind or "application/octet-stream"
        self._journal.record(UPLOAD, {"file": file_id, "length": len(data)})
        return web.Response(text=f"OK - {len(data)}")

    def _hand_out(self, request: web.Request) -> web.Response:
        identity = self._workspace.identity
        authorized = request.headers.get("Authorization") == f"Bearer {identity.bot_token}"
        if not authorized or "files:read" not in identity.scopes or identity.token_error:
            # Slack shows the sign-in page, with status 200, to whoever may not have the file.
            return web.Response(text=_LOGIN_PAGE, content_type="text/html")
        file = self._workspace.files.get(request.match_info["file"])
        if file is None or file.data is None or not visible(self._workspace, file):
            return web.Response(status=404, text=_LOGIN_PAGE, content_type="text/html")
        headers = {"Content-Disposition": "attachment", "Content-Type": file.mimetype}
        return web.Response(body=file.data, headers=headers)

    def _respond(self, token: str, body: bytes) -> web.Response:
        channel, ts, uses = self._responses.get(token, ("", "", 0))
        if not uses:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        try:
            arguments = checked(_RESPONSES, json.loads(body))
            self._act(channel, ts, arguments)
        except SlackError as error:
            return web.json_response(error.as_response(), status=400)
        self._responses[token] = (channel, ts, uses - 1)
        self._journal.record(RESPONSE, {"channel": channel, "ts": ts, **arguments})
        return web.json_response({"ok": True})

    def _act(self, channel_id: str, ts: str, arguments: dict[str, Any]) -> None:
        workspace = self._workspace
        channel = workspace.channels[channel_id]
        if arguments.get("delete_original"):
            workspace.remove(channel.message(ts))
            return
        check_contents(arguments)
        content = contents(workspace, arguments)
        if arguments.get("replace_original"):
            kept = {name: content[name] for name in ("text", "blocks", "attachments")}
            workspace.change(channel.message(ts), **kept)
            return
        identity = workspace.identity
        message = Message(
            channel_id,
            workspace.timestamps.new(),
            user=identity.bot_user_id,
            bot_id=identity.bot_id,
            app_id=identity.app_id,
            team=identity.team_id,
            thread_ts=arguments.get("thread_ts"),
            **content,
        )
        if arguments.get("response_type") == "in_channel":
            workspace.post(message)
        else:
            channel.ephemeral.append(message)
            workspace.touched(channel_id)
