"""Everything that leaves through one socket, so that a browser that does not read costs little.

Frames wait in a short queue of bytes that all tabs of a conversation share. A browser that takes
no byte for a few seconds is cut off: closing politely would wait for the very bytes it refuses,
and it finds everything again by `last_seq`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque

from aiohttp import WSCloseCode, WSMsgType, web

RESTARTING = int(WSCloseCode.SERVICE_RESTART)
TRY_LATER = int(WSCloseCode.TRY_AGAIN_LATER)
POLICY = int(WSCloseCode.POLICY_VIOLATION)
NOT_TEXT = int(WSCloseCode.UNSUPPORTED_DATA)
BROKEN = int(WSCloseCode.INVALID_TEXT)

_NO_LINGERING = struct.pack("ii", 1, 0)
_MAX_FRAMES = 256
_MAX_BYTES = 1 << 20


class Outlet:
    """The outgoing side of one prepared WebSocket. `patience`: seconds until a reader is slow."""

    def __init__(
        self, response: web.WebSocketResponse, transport: asyncio.Transport, patience: float
    ) -> None:
        self._socket = response
        self._transport = transport
        self._patience = patience
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._draft: bytes | None = None
        self._pong: bytes | None = None
        self._goodbye: tuple[int, bytes] | None = None
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.ended = False
        # With no slack in the transport's own buffer, a send waits as soon as the network does.
        transport.set_write_buffer_limits(high=0)

    def put(self, frame: bytes) -> None:
        """Send `frame` after those before it. Never blocks; a full queue cuts the reader off."""
        if self.ended or self._goodbye:
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if len(self._frames) > _MAX_FRAMES or self._bytes > _MAX_BYTES:
            self.cut()
            return
        if len(self._frames) > _MAX_FRAMES // 2 or self._bytes > _MAX_BYTES // 2:
            self._room.clear()
        self._wake.set()

    def put_draft(self, frame: bytes | None) -> None:
        """Send `frame` once nothing else waits; a newer draft takes its place, None removes it."""
        self._draft = frame
        if frame is not None:
            self._wake.set()

    def put_pong(self, payload: bytes) -> None:
        """Answer a ping of the protocol's own; only the newest one needs an answer."""
        self._pong = payload
        self._wake.set()

    async def room(self) -> None:
        """Returns when the queue can take a page of messages, or when the socket is gone."""
        await self._room.wait()

    def close(self, code: int, reason: bytes = b"") -> None:
        """Send what waits, then close."""
        if self._goodbye is None:
            self._goodbye = (code, reason)
            self._wake.set()

    @property
    def closing(self) -> bool:
        """True once a closing frame is to be sent."""
        return self._goodbye is not None and not self.ended

    def cut(self) -> None:
        """Drop the connection at once."""
        self._end()
        self._reset()

    def leave(self) -> None:
        """Nothing more will be sent; what the browser has not taken is not waited for."""
        self._end()
        if self._transport.get_write_buffer_size():
            self._reset()

    def _reset(self) -> None:
        """Tell the browser, and have the system drop what it keeps for it: an ordinary close
        would go on offering those bytes for minutes."""
        connection = self._transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self._transport.abort()

    async def run(self) -> None:
        """Write until the socket is closed or cut."""
        try:
            while not self.ended:
                await self._write_all()
                if self._goodbye is not None:
                    await self._close(*self._goodbye)
                    return
                self._wake.clear()
                await self._wake.wait()
        except TimeoutError:
            self.cut()
        except (ConnectionError, RuntimeError):
            self._end()
        finally:
            self._end()

    async def _write_all(self) -> None:
        if (pong := self._pong) is not None and not self.ended:
            self._pong = None
            async with asyncio.timeout(self._patience):
                await self._socket.send_frame(pong, WSMsgType.PONG)
        while not self.ended and (frame := self._next()) is not None:
            async with asyncio.timeout(self._patience):
                await self._socket.send_frame(frame, WSMsgType.TEXT)

    def _next(self) -> bytes | None:
        if self._frames:
            frame = self._frames.popleft()
            self._bytes -= len(frame)
            if len(self._frames) <= _MAX_FRAMES // 4 and self._bytes <= _MAX_BYTES // 4:
                self._room.set()
            return frame
        draft, self._draft = self._draft, None
        return draft

    async def _close(self, code: int, reason: bytes) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            async with asyncio.timeout(self._patience):
                await self._socket.close(code=code, message=reason)

    def _end(self) -> None:
        self.ended = True
        self._frames.clear()
        self._room.set()
        self._wake.set()
