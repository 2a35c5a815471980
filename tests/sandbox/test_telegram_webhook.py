"""Updates go to a webhook in order, with the secret, and again until they are accepted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from telegram.error import Conflict

from sandbox.server import Server
from tests.sandbox.telegram_bots import eventually, refused, running

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass
class Receiver:
    """A bot's webhook that answers with the next of `statuses`, then with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[tuple[str, str | None]] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        message: dict[str, Any] = (await request.json())["message"]
        if message["text"].startswith("slow"):
            await self.gate.wait()
        self.seen.append((message["text"], request.headers.get(SECRET_HEADER)))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/hook", self.receive)
        return application

    def texts(self) -> list[str]:
        return [text for text, _ in self.seen]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = Server(receiver.application)
    await server.start()
    receiver.url = f"{server.url}/hook"
    try:
        yield receiver
    finally:
        receiver.gate.set()
        await server.stop()


def came(receiver: Receiver, *texts: str) -> Callable[[], bool]:
    return lambda: receiver.texts() == list(texts)


async def test_what_waited_and_what_comes_is_delivered_with_the_secret() -> None:
    async with running() as (sandbox, bot), receiving() as receiver:
        anna = sandbox.add_customer("Anna")
        sandbox.say(anna, "before")
        await bot.set_webhook(receiver.url, secret_token="s3cret_-X")
        sandbox.say(anna, "after")
        await eventually(came(receiver, "before", "after"))
        assert {secret for _, secret in receiver.seen} == {"s3cret_-X"}
        await eventually(lambda: sandbox.pending_updates == 0)


async def test_a_refused_update_comes_again_and_the_chat_waits_for_it() -> None:
    backoff = (0.01, 0.02)
    async with running(webhook_backoff=backoff) as (sandbox, bot), receiving() as receiver:
        anna = sandbox.add_customer("Anna")
        receiver.statuses = [500, 503, 302]
        await bot.set_webhook(receiver.url)
        sandbox.say(anna, "one")
        sandbox.say(anna, "two")
        await eventually(came(receiver, "one", "one", "one", "one", "two"))
        info = await bot.get_webhook_info()
        assert info.last_error_message == "Wrong response from the webhook: 302 Found"


async def test_other_chats_do_not_wait_for_a_slow_one() -> None:
    async with running() as (sandbox, bot), receiving() as receiver:
        anna, ben = sandbox.add_customer("Anna"), sandbox.add_customer("Ben")
        await bot.set_webhook(receiver.url)
        sandbox.say(anna, "slow")
        sandbox.say(anna, "second")
        sandbox.say(ben, "quick")
        await eventually(came(receiver, "quick"))
        assert (await bot.get_webhook_info()).pending_update_count >= 2
        receiver.gate.set()
        await eventually(came(receiver, "quick", "slow", "second"))


async def test_webhook_and_polling_exclude_each_other() -> None:
    async with running() as (sandbox, bot), receiving() as receiver:
        poll = asyncio.create_task(bot.get_updates(timeout=10))
        await sandbox.journal.wait_for(lambda call: call.method == "getUpdates")
        await bot.set_webhook(receiver.url, allowed_updates=["message"], max_connections=5)
        with refused("terminated by setWebhook request", Conflict):
            await poll
        with refused("can't use getUpdates method while webhook is active", Conflict):
            await bot.get_updates()
        info = await bot.get_webhook_info()
        assert (info.url, info.max_connections) == (receiver.url, 5)
        assert info.allowed_updates == ("message",)
        await bot.delete_webhook()
        assert (await bot.get_webhook_info()).url == ""
        assert await bot.get_updates() == ()


async def test_pending_updates_can_be_dropped() -> None:
    async with running() as (sandbox, bot), receiving() as receiver:
        anna = sandbox.add_customer("Anna")
        sandbox.say(anna, "old")
        await bot.set_webhook(receiver.url, drop_pending_updates=True)
        sandbox.say(anna, "new")
        await eventually(came(receiver, "new"))


async def test_bad_webhooks_are_refused() -> None:
    async with running() as (_, bot):
        for url in ("shop.example/hook", "ftp://127.0.0.1/hook", "https://shop.example/hook"):
            with refused("bad webhook"):
                await bot.set_webhook(url)
        with refused("secret token contains unallowed characters"):
            await bot.set_webhook("http://127.0.0.1:1/hook", secret_token="no spaces")
        with refused("max_connections"):
            await bot.set_webhook("http://127.0.0.1:1/hook", max_connections=101)


async def test_an_unreachable_webhook_is_reported() -> None:
    async with running(webhook_backoff=(0.01,)) as (sandbox, bot):
        await bot.set_webhook("http://127.0.0.1:1/hook")
        sandbox.say(sandbox.add_customer("Anna"), "hello")
        async with asyncio.timeout(5):
            while (await bot.get_webhook_info()).last_error_message != "Connection refused":  # noqa: ASYNC110
                await asyncio.sleep(0.005)
