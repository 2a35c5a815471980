"""Where requests enter and faults happen.

A platform that has taken a request in does not undo it because the caller hung up. So the work
runs in a task of its own, and what becomes of the connection is a separate matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from sandbox.faults import Effect, Fault, Faults
from sandbox.slack.background import Background
from sandbox.slack.sockets import reset

Accept = Callable[[], web.Response]

_ACCEPTED = {Effect.ACCEPT_THEN_ANSWER, Effect.ACCEPT_THEN_RESET, Effect.ACCEPT_THEN_HANG}


class Doorway:
    """Answers a request by accepting it, unless a fault for its method is waiting."""

    def __init__(self, faults: Faults, background: Background) -> None:
        self._faults = faults
        self._background = background
        self._closing = asyncio.Event()

    async def answer(
        self, request: web.Request, method: str, accept: Accept
    ) -> web.StreamResponse:
        fault = self._faults.take(method)
        if fault is None:
            return accept()
        if fault.effect in _ACCEPTED:
            accept()
        if fault.effect is Effect.DELAY:
            return await asyncio.shield(self._background.task(_late(accept, fault.seconds)))
        return await self._misbehave(request, fault, accept)

    def open(self) -> None:
        self._closing.clear()

    def close(self) -> None:
        """End the requests that hang."""
        self._closing.set()

    async def _misbehave(
        self, request: web.Request, fault: Fault, accept: Accept
    ) -> web.StreamResponse:
        match fault.effect:
            case Effect.ANSWER | Effect.ACCEPT_THEN_ANSWER:
                return _ordered(fault)
            case Effect.HANG | Effect.ACCEPT_THEN_HANG:
                await self._closing.wait()
                reset(request)
            case Effect.CUT:
                await _half(request, accept())
            case _:
                reset(request)
        return web.Response()


async def _late(accept: Accept, seconds: float) -> web.Response:
    await asyncio.sleep(seconds)
    return accept()


def _ordered(fault: Fault) -> web.Response:
    kind = "application/json" if fault.body.startswith("{") else "text/html"
    headers = {"Content-Type": kind, **fault.headers}
    return web.Response(status=fault.status, body=fault.body.encode(), headers=headers)


async def _half(request: web.Request, whole: web.Response) -> None:
    body = whole.body if isinstance(whole.body, bytes) else b""
    response = web.StreamResponse(headers={"Content-Type": whole.content_type})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    reset(request)
