"""Keep every open page up to date, and take what the visitor does there.

A page is told whole sections, never their history: one that reads slowly skips what is outdated
by the time it reads on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox.demo.actions import LARGEST_FILE, Refused

_PAUSE = 0.04  # seconds in which changes gather before they are told together
_LARGEST_FRAME = LARGEST_FILE * 3 // 2  # a file in base64, and a little around it

Scene = Callable[[], Any]
Perform = Callable[[Mapping[str, Any]], Awaitable[None]]


class Live:
    """The sockets of all open pages. `scenes` gives the JSON value of each section."""

    def __init__(self, scenes: Mapping[str, Scene], perform: Perform) -> None:
        self._scenes = scenes
        self._perform = perform
        self._visitors: set[_Visitor] = set()

    @property
    def is_watched(self) -> bool:
        return bool(self._visitors)

    def touch(self, section: str) -> None:
        """Tell every page about this section soon."""
        for visitor in self._visitors:
            visitor.touch(section)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=_LARGEST_FRAME)
        await socket.prepare(request)
        visitor = _Visitor(socket, self._scenes)
        self._visitors.add(visitor)
        teller = asyncio.create_task(visitor.tell())
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._take(visitor, frame.data)
        finally:
            self._visitors.discard(visitor)
            teller.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await teller
        return socket

    async def close(self) -> None:
        """End every connection."""
        for visitor in tuple(self._visitors):
            await visitor.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _take(self, visitor: _Visitor, data: str) -> None:
        try:
            command = json.loads(data)
        except ValueError:
            return
        if not isinstance(command, dict):
            return
        try:
            await self._perform(command)
        except Refused as refusal:
            visitor.answer(command.get("id"), str(refusal))
        else:
            visitor.answer(command.get("id"), None)


class _Visitor:
    """One page: which sections it has yet to be told, and answers to its commands."""

    def __init__(self, socket: web.WebSocketResponse, scenes: Mapping[str, Scene]) -> None:
        self.socket = socket
        self._scenes = scenes
        self._untold = dict.fromkeys(scenes)
        self._answers: list[dict[str, Any]] = []
        self._wake = asyncio.Event()
        self._wake.set()

    def touch(self, section: str) -> None:
        self._untold[section] = None
        self._wake.set()

    def answer(self, command: Any, refusal: str | None) -> None:
        self._answers.append({"answer": command, "refusal": refusal})
        self._wake.set()

    async def tell(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            answers, self._answers = self._answers, []
            for answer in answers:
                await self._send(answer)
            untold, self._untold = self._untold, {}
            for section in untold:
                await self._send({"section": section, "scene": self._scenes[section]()})
            await asyncio.sleep(_PAUSE)

    async def _send(self, value: dict[str, Any]) -> None:
        await self.socket.send_str(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
