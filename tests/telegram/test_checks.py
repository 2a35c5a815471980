"""What is found out about our bot before anything is received."""

from __future__ import annotations

import logging

import pytest

from core.errors import NotReady
from sandbox.telegram import TelegramSandbox
from tests.sandbox.telegram_bots import bot_of
from tests.telegram.shop import Core, make, started, until
from tests.telegram.test_webhook import serving

ELSEWHERE = "http://127.0.0.1:9/secret-path/webhook"


async def test_a_webhook_left_from_before_is_deleted_and_loses_nothing(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """D16: a webhook is set and we are to poll: it goes, one line says so, updates stay."""
    li = sandbox.add_customer("Li")
    async with bot_of(sandbox) as bot:
        await bot.set_webhook(ELSEWHERE)
    sandbox.say(li, "while nobody was there")
    async with started(core, sandbox):
        await until(lambda: core.texts == ["while nobody was there"], "the message")
    [call] = sandbox.journal.of("deleteWebhook")
    assert not call.arguments.get("drop_pending_updates")
    [line] = [line for line in caplog.messages if "a webhook was set for our bot" in line]
    assert "deleted" in line
    assert "127.0.0.1" in line
    assert "secret-path" not in caplog.text


async def test_a_webhook_of_somebody_else_is_replaced_and_named(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """D16: we are to get updates by webhook and another one is set: ours takes its place."""
    li = sandbox.add_customer("Li")
    async with bot_of(sandbox) as bot:
        await bot.set_webhook(ELSEWHERE)
    async with serving(core, sandbox):
        sandbox.say(li, "hello")
        await until(lambda: core.texts == ["hello"], "the message")
    assert "another webhook was set for our bot and is replaced" in caplog.text
    assert "secret-path" not in caplog.text


async def test_a_webhook_of_ours_that_failed_says_why(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """D16: Telegram tells why it could not bring updates; the admin reads it at the start."""
    li = sandbox.add_customer("Li")
    async with serving(core, sandbox) as (connector, _):
        core.down = True
        sandbox.say(li, "hello")
        await until(lambda: core.attempts, "the attempt")
        core.down = False
        await connector.stop()
        await connector.start(core)
        await until(lambda: core.texts == ["hello"], "the message")
    assert "Telegram could not use our webhook: Wrong response from the webhook: 503" in (
        caplog.text
    )


async def test_a_poller_of_somebody_else_loses_its_updates_to_our_webhook(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D16: somebody polls and we are to get updates by webhook: they come to us."""
    li = sandbox.add_customer("Li")
    other = Core(core.folder)
    async with (
        started(other, sandbox) as poller,
        serving(core, sandbox),
    ):
        await until(lambda: not poller.status.ok, "the other's trouble")
        sandbox.say(li, "hello")
        await until(lambda: core.texts == ["hello"], "the message")
    assert other.texts == []


async def test_the_token_of_another_bot_is_noticed(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """D16: whoever wrote to the former bot cannot be answered, and the log says so once."""
    caplog.set_level(logging.WARNING)
    async with started(core, sandbox):
        pass
    async with started(core, sandbox):
        assert caplog.text == ""
    other = TelegramSandbox(token="220:another-token", username="fern_bot", limits=None)
    await other.start()
    async with started(core, other) as connector:
        assert connector.status.ok
    await other.stop()
    [line] = caplog.messages
    assert line.startswith("channels.telegram.token is of another bot than last time: @fern_bot")
    assert "110201543" in line
    assert "another-token" not in line


async def test_without_the_store_nothing_is_received(core: Core, sandbox: TelegramSandbox) -> None:
    """D16: what cannot be compared now is compared at the next try."""
    connector = make(core, sandbox)
    core.down = True
    with pytest.raises(NotReady, match="the store is not available"):
        await connector.start(core)
    assert sandbox.journal.of("getUpdates") == []
    core.down = False
    await connector.start(core)
    assert connector.status.ok
    await connector.stop()
