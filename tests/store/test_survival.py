from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.errors import StoreInUse
from core.store import Store
from tests.store.clock import Clock
from tests.store.shop import ANNA


@asynccontextmanager
async def writing_process(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.store.keeps_writing",
        url,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    store_url: str, clock: Clock
) -> None:
    async with writing_process(store_url) as process:
        assert process.stdout is not None
        lines = [await process.stdout.readline() for _ in range(40)]
        process.send_signal(signal.SIGKILL)
        lines += (await process.stdout.read()).splitlines(keepends=True)
    acknowledged = {int(line) for line in lines if line.endswith(b"\n")}
    assert len(acknowledged) >= 40
    store = await Store.open(store_url, now=clock)
    try:
        conversation = await store.read(lambda reader: reader.conversation(ANNA))
        assert conversation is not None
        stored = await store.read(lambda r: r.messages(conversation.id, limit=10**6))
        numbers = [message.seq for message in stored]
        assert numbers == list(range(1, conversation.last_seq + 1))
        assert acknowledged <= set(numbers)
    finally:
        await store.close()


async def test_second_process_is_refused_while_the_first_lives(
    store_url: str, clock: Clock
) -> None:
    """D26: the message names the process."""
    async with writing_process(store_url) as process:
        assert process.stdout is not None
        await process.stdout.readline()
        with pytest.raises(StoreInUse, match=r"process (is )?\d+") as refused:
            await Store.open(store_url, now=clock)
        if store_url.startswith("sqlite"):
            named = re.search(r"process (\d+)", str(refused.value))
            assert named is not None
            assert int(named[1]) == process.pid != os.getpid()
