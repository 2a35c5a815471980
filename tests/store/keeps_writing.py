"""Write messages until killed, and print the number of each once it is acknowledged."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from core.store import Store
from tests.store.shop import write


async def main(url: str) -> None:
    store = await Store.open(url, now=lambda: datetime.now(UTC))

    async def keep_writing() -> None:
        while True:
            message = await store.write(lambda unit: write(unit, "hello"))
            sys.stdout.write(f"{message.seq}\n")
            sys.stdout.flush()

    await asyncio.gather(*(keep_writing() for _ in range(5)))


asyncio.run(main(sys.argv[1]))
