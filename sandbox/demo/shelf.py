"""Files that people sent, for the page to show. What is not surely a picture is only saved:
a page or a script among them must not run as one of ours."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from sandbox.demo.stage import Stage

_PICTURES = (
    ("image/png", b"\x89PNG\r\n\x1a\n", 0),
    ("image/jpeg", b"\xff\xd8\xff", 0),
    ("image/gif", b"GIF8", 0),
    ("image/webp", b"WEBP", 8),
)


def picture_type(data: bytes) -> str:
    """The media type of a picture, by its own bytes and not its name; "" for anything else."""
    return next((kind for kind, magic, at in _PICTURES if data.startswith(magic, at)), "")


class Shelf:
    """Serves the bytes behind the messages of the stand-ins."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def telegram(self, request: web.Request) -> web.StreamResponse:
        chat, number = (int(request.match_info[part]) for part in ("chat", "message"))
        phone = self._stage.telegram
        if phone is None or chat not in self._stage.phones:
            raise web.HTTPNotFound
        for message in phone.chat(chat):
            if message.message_id == number and message.media is not None:
                return _served(message.media.file.name, message.data)
        raise web.HTTPNotFound

    async def slack(self, request: web.Request) -> web.StreamResponse:
        slack = self._stage.slack
        file = slack.workspace.files.get(request.match_info["file"]) if slack else None
        if file is None or file.data is None:
            raise web.HTTPNotFound
        return _served(file.name, file.data)


def _served(name: str, data: bytes) -> web.Response:
    kind = picture_type(data)
    headers = {"Cache-Control": "private, max-age=3600"}
    if not kind:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return web.Response(
        body=data, content_type=kind or "application/octet-stream", headers=headers
    )
