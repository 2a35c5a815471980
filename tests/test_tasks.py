"""Background tasks: none vanishes, and those that must last do."""

from __future__ import annotations

import asyncio

import pytest

from core.tasks import Tasks


async def test_what_is_to_last_begins_again_when_it_breaks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """I12: deliveries, reminders and settings wait for nothing else."""
    tasks, begun, worked = Tasks(), 0, asyncio.Event()

    async def run() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise ZeroDivisionError
        worked.set()

    tasks.keep(run, "the outbox", pause=0)
    await asyncio.wait_for(worked.wait(), 5)
    await tasks.close()
    assert caplog.messages == ["the outbox broke and begins again in 0 s"] * 2
    assert begun == 3


async def test_the_end_of_the_service_ends_it_too() -> None:
    async def for_ever() -> None:
        await asyncio.Event().wait()

    tasks = Tasks()
    tasks.keep(for_ever, "waiting for ever")
    await asyncio.sleep(0)
    await tasks.close()
    assert len(tasks) == 0
