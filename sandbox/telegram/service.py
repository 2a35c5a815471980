"""Telegram's Bot API over HTTP: tokens, method names, faults on order, the form of answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.faults import Effect, Fault, Faults
from sandbox.journal import Journal
from sandbox.server import Server, reset
from sandbox.telegram.account import Account
from sandbox.telegram.arguments import Arguments, read
from sandbox.telegram.changing import Changing
from sandbox.telegram.files import UPLOAD_LIMIT
from sandbox.telegram.polling import Polling
from sandbox.telegram.refusal import Refusal, plain
from sandbox.telegram.schema import NAMES
from sandbox.telegram.sending import Sending
from sandbox.telegram.webhook import Webhook
from sandbox.telegram.world import World

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_REFUSED_EFFECTS = (Effect.ANSWER, Effect.RESET, Effect.HANG)

Handler = Callable[[dict[str, Any], Arguments], Any]


class Service:
    """Answers the bot's calls, and does to them what `faults` orders.

    A call is carried out to its end even when the client has hung up.
    """

    def __init__(
        self, world: World, token: str, journal: Journal, faults: Faults, webhook: Webhook
    ) -> None:
        self._token = token
        self._journal = journal
        self._faults = faults
        self._world = world
        self.polling = Polling(world.updates)
        self.server = Server(self._application)
        self._methods = _methods(world, Account(world, self.polling, webhook))

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=UPLOAD_LIMIT + 1024 * 1024)
        application.router.add_get("/file/bot{token}/{path:.+}", self._download)
        application.router.add_route("*", "/bot{token}/{method}", self._call)
        application.router.add_route("*", "/{anything:.*}", self._nothing)
        return application

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = NAMES.get(request.match_info["method"].lower(), "")
        fault = self._faults.take(method) if method else None
        if fault is not None and fault.effect in _REFUSED_EFFECTS:
            return await self._fail(request, fault)
        try:
            self._check_token(request.match_info["token"])
            answer = _answer({"ok": True, "result": await self._accept(request, method)})
        except Refusal as refusal:
            # A call that breaks the rules is refused whatever else was to happen to it.
            return _answer(refusal.body(), refusal.code)
        return answer if fault is None else await self._after(request, fault, answer)

    async def _accept(self, request: web.Request, method: str) -> Any:
        if request.method not in ("GET", "POST") or not method:
            raise plain(404)
        try:
            call = await read(request)
        except web.HTTPRequestEntityTooLarge:
            raise plain(413) from None
        arguments = call.typed(method)
        if method == "getUpdates":
            return await self._poll(arguments)
        result = self._methods[method](arguments, call)
        self._journal.record(method, arguments, result)
        return result

    async def _poll(self, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        # Recorded before it waits: what `offset` confirms is gone from here on.
        polled = asyncio.ensure_future(self.polling.poll(arguments))
        await asyncio.sleep(0)
        if not (polled.done() and polled.exception()):
            self._journal.record("getUpdates", arguments)
        return await polled

    async def _download(self, request: web.Request) -> web.StreamResponse:
        fault = self._faults.take("file")
        if fault is not None and fault.effect in _REFUSED_EFFECTS:
            return await self._fail(request, fault)
        try:
            self._check_token(request.match_info["token"])
        except Refusal as refusal:
            return _answer(refusal.body(), refusal.code)
        stored = self._world.files.at(request.match_info["path"])
        if stored is None:
            return await self._nothing(request)
        answer = web.Response(body=stored.data, content_type="application/octet-stream")
        return answer if fault is None else await self._after(request, fault, answer)

    async def _nothing(self, _: web.Request) -> web.StreamResponse:
        return _answer(plain(404).body(), 404)

    def _check_token(self, token: str) -> None:
        if not _TOKEN.fullmatch(token):
            raise plain(404)
        if token != self._token:
            raise plain(401)

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.effect:
            case Effect.RESET:
                return reset(request)
            case Effect.HANG:
                return await self.server.silence(request)
            case _:
                return _ordered(fault)

    async def _after(
        self, request: web.Request, fault: Fault, answer: web.Response
    ) -> web.StreamResponse:
        match fault.effect:
            case Effect.ACCEPT_THEN_RESET:
                return reset(request)
            case Effect.ACCEPT_THEN_HANG:
                return await self.server.silence(request)
            case Effect.ACCEPT_THEN_ANSWER:
                return _ordered(fault)
            case Effect.CUT:
                return await _half(request, answer)
            case _:
                await asyncio.sleep(fault.seconds)
                return answer


def _methods(world: World, account: Account) -> dict[str, Handler]:
    sending, changing = Sending(world), Changing(world)
    return {
        "getMe": account.me,
        "setWebhook": account.set_webhook,
        "deleteWebhook": account.delete_webhook,
        "getWebhookInfo": account.webhook_info,
        "getFile": account.file,
        "getChat": account.chat,
        "setMyCommands": account.commands,
        "sendMessage": sending.text,
        "sendMediaGroup": sending.album,
        "sendPhoto": lambda arguments, _: sending.file("photo", arguments),
        "sendDocument": lambda arguments, _: sending.file("document", arguments),
        "sendVoice": lambda arguments, _: sending.file("voice", arguments),
        "sendAudio": lambda arguments, _: sending.file("audio", arguments),
        "editMessageText": changing.text,
        "editMessageReplyMarkup": changing.markup,
        "deleteMessage": changing.delete,
        "setMessageReaction": changing.react,
        "sendChatAction": changing.act,
        "sendMessageDraft": changing.draft,
        "answerCallbackQuery": changing.answer_press,
    }


def _answer(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(body, status=status)


def _ordered(fault: Fault) -> web.Response:
    if fault.body or not 400 <= fault.status < 600:
        return web.Response(text=fault.body, status=fault.status, headers=fault.headers)
    return web.json_response(plain(fault.status).body(), status=fault.status)


async def _half(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Promise the whole answer, send half of it and reset."""
    body = answer.body
    data = body if isinstance(body, bytes) else b""
    cut = web.StreamResponse(headers={"Content-Type": answer.content_type})
    cut.content_length = len(data)
    await cut.prepare(request)
    await cut.write(data[: len(data) // 2])
    reset(request)
    return cut
