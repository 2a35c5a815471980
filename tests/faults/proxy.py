"""A TCP proxy for what networks do to connections and no polite peer ever does.

Every connection to it is one to `upstream`. What goes wrong is said for each direction, may be
changed while connections are open, and holds for those that come later too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass
from typing import Literal

Way = Literal["to_server", "to_client"]

_CHUNK = 65_536
_LINGER_0 = struct.pack("ii", 1, 0)  # closing sends RST instead of FIN


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to the bytes of one direction; nothing unless said.

    `delay` is in seconds, for every chunk. `stall` keeps the connection open and passes nothing,
    no end either. `reset_after` and `cut_after` are numbers of bytes, counted on each connection
    since this trouble was set: so many pass, then both sides get RST, or both get FIN. `slice`
    is the most bytes that are written at once, `pause` the seconds after each slice.
    """

    delay: float = 0.0
    stall: bool = False
    reset_after: int | None = None
    cut_after: int | None = None
    slice: int = _CHUNK
    pause: float = 0.0

    @property
    def most(self) -> int | None:
        limits = [n for n in (self.reset_after, self.cut_after) if n is not None]
        return min(limits) if limits else None


NONE = Trouble()


class FaultProxy:
    """Use `host` and `port` in place of the upstream's. `connections` counts all there were."""

    def __init__(self, upstream_host: str, upstream_port: int) -> None:
        self.host = "127.0.0.1"
        self.connections = 0
        self._upstream = (upstream_host, upstream_port)
        self._troubles: dict[Way, Trouble] = {"to_server": NONE, "to_client": NONE}
        self._changed = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._connected, self.host, port, backlog=8192)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End every connection with RST, and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut_off()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def trouble(self, way: Way, trouble: Trouble = NONE) -> None:
        """From now on this is what happens that way; without `trouble` nothing any more."""
        self._troubles[way] = trouble
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def cut_off(self) -> None:
        """Reset every connection of this moment."""
        for task in tuple(self._open):
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections += 1
        self._open.add(task)
        try:
            await self._join(reader, writer)
        finally:
            self._open.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wires = [writer]
        pumps: list[asyncio.Task[None]] = []
        try:
            there_reader, there_writer = await asyncio.open_connection(*self._upstream)
            wires.append(there_writer)
            for work in (
                self._pump("to_server", reader, there_writer),
                self._pump("to_client", there_reader, writer),
            ):
                pumps.append(asyncio.create_task(work))
            await asyncio.gather(*pumps)
        except (asyncio.CancelledError, OSError):
            for wire in wires:
                _reset(wire)
        except _Cut:
            pass
        finally:
            for pump in pumps:
                pump.cancel()
            for wire in wires:
                wire.close()

    async def _pump(
        self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        known, passed = self._troubles[way], 0
        while data := await reader.read(_CHUNK):
            await self._flowing(way)
            trouble = self._troubles[way]
            if trouble is not known:
                known, passed = trouble, 0
            await asyncio.sleep(trouble.delay)
            left = data if trouble.most is None else data[: trouble.most - passed]
            await _write(writer, left, trouble)
            passed += len(left)
            if trouble.most is not None and passed >= trouble.most:
                raise _Cut if trouble.reset_after is None else ConnectionResetError
        await self._flowing(way)
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _flowing(self, way: Way) -> None:
        while self._troubles[way].stall:
            await self._changed.wait()


class _Cut(Exception):
    """So many bytes were to pass, and have."""


async def _write(writer: asyncio.StreamWriter, data: bytes, trouble: Trouble) -> None:
    for begin in range(0, len(data), trouble.slice):
        writer.write(data[begin : begin + trouble.slice])
        await writer.drain()
        if trouble.slice < _CHUNK:
            await asyncio.sleep(trouble.pause)  # or the slices would meet again in one buffer


def _reset(writer: asyncio.StreamWriter) -> None:
    endpoint = writer.get_extra_info("socket")
    if endpoint is not None and endpoint.fileno() >= 0:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    writer.transport.abort()
