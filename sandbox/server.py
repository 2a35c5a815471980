"""The web server under a stand-in, because clients must be shown what a polite server never does.

A reset is a real one (RST), so that it looks to the client like a crashed peer and not like an
orderly end; a silent call stays silent until the stand-in stops.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

from aiohttp import web


class Server:
    """Serves an application on one port; may be stopped and started again with what it knows."""

    def __init__(self, application: Callable[[], web.Application]) -> None:
        self._application = application
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._url = ""

    @property
    def url(self) -> str:
        """`http://host:port`, without a slash at the end. Raises RuntimeError before `start`."""
        if not self._url:
            raise RuntimeError("the stand-in has no address yet: await its start() first")
        return self._url

    @property
    def stopping(self) -> asyncio.Event:
        """Set when `stop` was called; whatever waits for long must also wait for this."""
        return self._stopping

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; `port` 0 takes a free one. Raises OSError when the port is taken."""
        if self._runner is not None:
            raise RuntimeError("the stand-in is running already: stop() it first")
        self._stopping.clear()
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._url = f"http://{host}:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close every connection; does nothing when not running."""
        runner, self._runner = self._runner, None
        if runner is not None:
            self._stopping.set()
            await runner.cleanup()

    async def silence(self, request: web.Request) -> web.StreamResponse:
        """Never answer `request`; its connection is reset when the stand-in stops."""
        await self._stopping.wait()
        return reset(request)


def reset(request: web.Request) -> web.StreamResponse:
    """Reset the connection of `request`; return the result from its handler."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # Closing with a linger time of zero sends RST instead of FIN.
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    return web.Response()
