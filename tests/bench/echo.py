"""The baseline: a bare aiohttp WebSocket that reads each JSON frame and sends it back."""

from __future__ import annotations

import sys

import msgspec
from aiohttp import WSMsgType, web

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_frame(_encode(_decode(message.data)), WSMsgType.TEXT)
    return socket


def main() -> None:
    application = web.Application()
    application.router.add_get("/widget/socket", echo)
    web.run_app(
        application,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        print=None,
        backlog=4096,
    )


if __name__ == "__main__":
    main()
