"""Everything that leaves through one socket, so that a browser that does not read costs little.

Frames wait in a short queue of bytes that all tabs of a conversation share. Whatever has gathered
for a socket leaves in one write, because each write is a call to the system. A browser that takes
no byte for a few seconds is cut off: closing politely would wait for the very bytes it refuses,
and it finds everything again by `last_seq`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct

from aiohttp import WSCloseCode, WSMsgType, web

log = logging.getLogger(__name__)

RESTARTING = int(WSCloseCode.SERVICE_RESTART)
TRY_LATER = int(WSCloseCode.TRY_AGAIN_LATER)
POLICY = int(WSCloseCode.POLICY_VIOLATION)
NOT_TEXT = int(WSCloseCode.UNSUPPORTED_DATA)
BROKEN = int(WSCloseCode.INVALID_TEXT)

_NO_LINGERING = struct.pack("ii", 1, 0)
_MAX_FRAMES = 256
_MAX_BYTES = 1 << 20
_CHUNK = 1 << 16  # bytes handed over at once, so that patience is measured in small portions


class Round:
    """The outlets that have something to send, each of them written once in a turn of the loop."""

    def __init__(self) -> None:
        self._waiting: list[Outlet] = []

    def add(self, outlet: Outlet) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._go)
        self._waiting.append(outlet)

    def _go(self) -> None:
        waiting, self._waiting = self._waiting, []
        for outlet in waiting:
            try:
                outlet.flush()
            except Exception:
                log.exception("a socket could not be written")
                outlet.cut()


class Outlet:
    """The outgoing side of one prepared WebSocket. `patience`: seconds until a reader is slow.

    Frames are put on the wire here and not by aiohttp, which would write each by itself. That is
    sound because none is compressed and a server's frames are not masked.
    """

    __slots__ = (
        "_asked",
        "_bytes",
        "_draft",
        "_frames",
        "_goodbye",
        "_patience",
        "_pong",
        "_room",
        "_round",
        "_slow",
        "_socket",
        "_transport",
        "ended",
    )

    def __init__(
        self,
        response: web.WebSocketResponse,
        transport: asyncio.Transport,
        patience: float,
        round: Round,
    ) -> None:
        self._socket = response
        self._transport = transport
        self._patience = patience
        self._round = round
        self._frames: list[bytes] = []
        self._bytes = 0
        self._draft: bytes | None = None
        self._pong: bytes | None = None
        self._goodbye: tuple[int, bytes] | None = None
        self._asked = False
        self._slow: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None  # there while the queue is full
        self.ended = False
        # With no slack in the transport's own buffer, we see at once when the network is full.
        transport.set_write_buffer_limits(high=0)

    def put(self, frame: bytes) -> None:
        """Send `frame` after those before it. Never blocks; a full queue cuts the reader off."""
        if self.ended or self._goodbye:
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if len(self._frames) > _MAX_FRAMES // 2 or self._bytes > _MAX_BYTES // 2:
            self._room = self._room or asyncio.Event()
            if len(self._frames) > _MAX_FRAMES or self._bytes > _MAX_BYTES:
                self.cut()
                return
        if not self._asked:
            self._ask()

    def put_draft(self, frame: bytes | None) -> None:
        """Send `frame` once nothing else waits; a newer draft takes its place, None removes it."""
        self._draft = frame
        if frame is not None:
            self._ask()

    def put_pong(self, payload: bytes) -> None:
        """Answer a ping of the protocol's own; only the newest one needs an answer."""
        self._pong = payload
        self._ask()

    async def room(self) -> None:
        """Returns when the queue can take a page of messages, or when the socket is gone."""
        if self._room is not None:
            await self._room.wait()

    def close(self, code: int, reason: bytes = b"") -> None:
        """Send what waits, then close."""
        if self._goodbye is None:
            self._goodbye = (code, reason)
            self._ask()

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

    async def done(self) -> None:
        """Returns when nothing is under way any more, or when patience has come to its end."""
        self.flush()
        if self._slow is not None:
            await asyncio.wait([self._slow], timeout=self._patience)

    def _reset(self) -> None:
        """Tell the browser, and have the system drop what it keeps for it: an ordinary close
        would go on offering those bytes for minutes."""
        connection = self._transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self._transport.abort()

    def _ask(self) -> None:
        if not self._asked and self._slow is None:
            self._asked = True
            self._round.add(self)

    def flush(self) -> None:
        """Write what waits; where the network does not take it, a task goes on with the rest."""
        self._asked = False
        if self.ended or self._slow is not None:
            return
        if self._transport.is_closing():
            self._end()
            return
        self._transport.write(self._portion())
        if self._goodbye is not None or self._transport.get_write_buffer_size():
            self._slow = asyncio.get_running_loop().create_task(self._go_on(), name="web writer")
        elif self._frames:
            self._ask()

    def _portion(self) -> bytes:
        """The next frames as they go over the wire."""
        parts: list[bytes] = []
        if self._pong is not None:
            parts += (bytes((0x80 | WSMsgType.PONG, len(self._pong))), self._pong)
            self._pong = None
        count = size = 0
        for frame in self._frames:
            if size >= _CHUNK:
                break
            count += 1
            size += len(frame)
            parts += (_head(len(frame)), frame)
        del self._frames[:count]
        self._bytes -= size
        if self._draft is not None and not self._frames:
            parts += (_head(len(self._draft)), self._draft)
            self._draft = None
        if len(self._frames) <= _MAX_FRAMES // 4 and self._bytes <= _MAX_BYTES // 4:
            self._make_room()
        return b"".join(parts)

    async def _go_on(self) -> None:
        """Write the rest as fast as it is taken, then say goodbye if that is wanted."""
        try:
            while not self.ended:
                async with asyncio.timeout(self._patience):
                    # A pong to no ping is the smallest frame with which aiohttp waits until
                    # everything before it has left.
                    await self._socket.send_frame(b"", WSMsgType.PONG)
                if data := self._portion():
                    self._transport.write(data)
                elif self._goodbye is not None:
                    await self._close(*self._goodbye)
                    self._end()
                else:
                    return
        except TimeoutError:
            self.cut()
        except (ConnectionError, RuntimeError):
            self._end()
        finally:
            self._slow = None

    async def _close(self, code: int, reason: bytes) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            async with asyncio.timeout(self._patience):
                await self._socket.close(code=code, message=reason)

    def _end(self) -> None:
        self.ended = True
        self._frames.clear()
        self._make_room()

    def _make_room(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.set()


def _head(length: int) -> bytes:
    """What goes before a text frame: RFC 6455, section 5.2."""
    if length < 126:
        return _SHORT_HEADS[length]
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2)
    return b"\x81\x7f" + length.to_bytes(8)


_SHORT_HEADS = [bytes((0x80 | WSMsgType.TEXT, length)) for length in range(126)]
