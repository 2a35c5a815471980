"""The real client on a fresh stand-in, which every test of the Telegram stand-in begins with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from telegram import Bot
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from sandbox.telegram import TelegramSandbox

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d")


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[tuple[TelegramSandbox, Bot]]:
    """A started stand-in and a client that points at it."""
    sandbox = TelegramSandbox(**{"limits": None, **options})
    await sandbox.start()
    try:
        with pytest.MonkeyPatch.context() as environment:
            # Without it the client warns, and so fails, whenever it is told to wait.
            environment.setenv("PTB_TIMEDELTA", "true")
            async with bot_of(sandbox) as bot:
                yield sandbox, bot
    finally:
        await sandbox.stop()


def refused(reason: str, error: type[TelegramError] = BadRequest) -> AbstractContextManager[Any]:
    """Expects `error` with `reason` in it; the client changes the case of the first letters."""
    return pytest.raises(error, match="(?i)" + re.escape(reason))


def bot_of(sandbox: TelegramSandbox) -> Bot:
    url = sandbox.api_url
    return Bot(
        sandbox.token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=_transport(),
        get_updates_request=_transport(),
    )


def _transport() -> HTTPXRequest:
    # Reading the machine's certificates would take most of the time of these tests.
    return HTTPXRequest(httpx_kwargs={"verify": False})


async def eventually(condition: Callable[[], bool], within: float = 5.0) -> None:
    """Return once `condition` holds; raises TimeoutError when it does not in time."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
