"""Failures on order look to the real client as they would look with Telegram."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TimedOut

from sandbox.faults import Effect, Fault
from sandbox.telegram.troubles import bad_gateway, blocked, moved, too_many_requests
from tests.sandbox.telegram_bots import refused, running


async def test_a_refused_call_does_not_count_as_accepted() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        sandbox.faults.add("sendMessage", too_many_requests(30))
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(anna, "x")
        assert caught.value.retry_after == timedelta(seconds=30)
        sandbox.faults.add("sendMessage", too_many_requests(None))
        with pytest.raises(NetworkError, match="Too Many Requests"):
            await bot.send_message(anna, "x")
        for fault, error in (
            (blocked(), Forbidden),
            (moved(-1001), ChatMigrated),
            (bad_gateway(), NetworkError),
            (Fault(Effect.ANSWER, 500), NetworkError),
            (Fault(Effect.RESET), NetworkError),
        ):
            sandbox.faults.add("sendMessage", fault)
            with pytest.raises(error):
                await bot.send_message(anna, "x")
        assert len(sandbox.journal.of("sendMessage")) == 0
        await bot.send_message(anna, "x")
        assert len(sandbox.chat(anna)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Effect.ACCEPT_THEN_RESET),
        Fault(Effect.ACCEPT_THEN_HANG),
        Fault(Effect.ACCEPT_THEN_ANSWER, 504),
        bad_gateway(accepted=True),
        Fault(Effect.CUT),
    ],
    ids=lambda fault: f"{fault.effect.name}-{fault.status}",
)
async def test_an_accepted_call_counts_although_the_client_sees_an_error(fault: Fault) -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        sandbox.faults.add("sendMessage", fault)
        with pytest.raises(NetworkError):
            await bot.send_message(anna, "x", read_timeout=0.2)
        assert [message.text for message in sandbox.chat(anna)] == ["x"]
        assert len(sandbox.journal.of("sendMessage")) == 1


async def test_a_call_that_hangs_before_it_is_accepted_leaves_nothing() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        sandbox.faults.add("*", Fault(Effect.HANG))
        with pytest.raises(TimedOut):
            await bot.send_message(anna, "x", read_timeout=0.1)
        assert sandbox.chat(anna) == []


async def test_a_delayed_call_is_finished_after_the_client_has_hung_up() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        sandbox.faults.add("sendMessage", Fault(Effect.DELAY, seconds=0.3))
        sending = asyncio.create_task(bot.send_message(anna, "x"))
        await sandbox.journal.wait_for(lambda call: call.method == "sendMessage")
        sending.cancel()
        await asyncio.wait([sending])
        assert (await bot.get_chat(anna)).id == anna
        assert [message.text for message in sandbox.chat(anna)] == ["x"]


async def test_a_call_that_breaks_the_rules_is_refused_even_under_a_fault() -> None:
    async with running() as (sandbox, bot):
        sandbox.faults.add("sendMessage", Fault(Effect.ACCEPT_THEN_RESET))
        with refused("chat not found"):
            await bot.send_message(1, "x")


async def test_downloads_can_fail_too() -> None:
    async with running() as (sandbox, bot):
        sandbox.send_voice(sandbox.add_customer("Anna"), b"OggS" * 100)
        (update,) = await bot.get_updates()
        assert update.message
        assert update.message.voice
        file = await update.message.voice.get_file()
        for fault in (Fault(Effect.ANSWER, 502), Fault(Effect.RESET), Fault(Effect.CUT)):
            sandbox.faults.add("file", fault)
            with pytest.raises((NetworkError, BadRequest)):
                await file.download_as_bytearray()
        assert await file.download_as_bytearray() == b"OggS" * 100
