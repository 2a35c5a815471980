"""OpenAI's API over HTTP: keys, paths, streams as server-sent events, and faults on order."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.faults import Effect, Fault, Faults
from sandbox.journal import Journal
from sandbox.openai.chat_request import read_chat
from sandbox.openai.completion import Completion, completion
from sandbox.openai.embedding import MODELS as EMBEDDING_MODELS
from sandbox.openai.embedding import embed
from sandbox.openai.refusal import Refusal, bad_request, no_such_model, wrong_key
from sandbox.openai.turn import Request, Turn
from sandbox.server import Server, reset

_BODY_LIMIT = 32 * 1024 * 1024
_REFUSED_EFFECTS = (Effect.ANSWER, Effect.RESET, Effect.HANG)


class Service:
    """Answers calls; `think` gives the model's turn for an accepted chat request."""

    def __init__(
        self,
        api_key: str,
        models: tuple[str, ...],
        context_tokens: int,
        journal: Journal,
        faults: Faults,
        think: Callable[[Request], Turn],
    ) -> None:
        self._api_key = api_key
        self._models = models
        self._context_tokens = context_tokens
        self._journal = journal
        self._faults = faults
        self._think = think
        self.server = Server(self._application)

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=_BODY_LIMIT)
        router = application.router
        router.add_post("/v1/chat/completions", self._route("chat.completions", self._chat))
        router.add_post("/v1/embeddings", self._route("embeddings", self._embeddings))
        router.add_get("/v1/models", self._route("models", self._list_models))
        router.add_get("/v1/models/{model}", self._route("models", self._show_model))
        router.add_route("*", "/{anything:.*}", self._nothing)
        return application

    def _route(
        self,
        method: str,
        accept: Callable[[web.Request, Fault | None], Awaitable[web.StreamResponse]],
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            fault = self._faults.take(method)
            if fault is not None and fault.effect in _REFUSED_EFFECTS:
                return await self._fail(request, fault)
            try:
                self._check_key(request)
                return await accept(request, fault)
            except Refusal as refusal:
                return _answer(refusal.body(), refusal.status)

        return answer

    async def _chat(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        asked = read_chat(await _body(request), self._models, self._context_tokens)
        said = completion(asked, self._think(asked))
        self._journal.record("chat.completions", asked.body, said.document())
        if asked.stream and (fault is None or fault.effect is not Effect.ACCEPT_THEN_ANSWER):
            return await _Stream(self.server, request, said, fault).send()
        await asyncio.sleep(said.turn.seconds_before)
        return await self._finish(request, said.document(), fault)

    async def _embeddings(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        body = await _body(request)
        result = embed(body)
        self._journal.record("embeddings", body)
        return await self._finish(request, result, fault)

    async def _list_models(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        names = (*self._models, *EMBEDDING_MODELS)
        listed = {"object": "list", "data": [_model(name) for name in names]}
        self._journal.record("models", {})
        return await self._finish(request, listed, fault)

    async def _show_model(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        name = request.match_info["model"]
        if name not in (*self._models, *EMBEDDING_MODELS):
            raise no_such_model(name)
        self._journal.record("models", {"model": name})
        return await self._finish(request, _model(name), fault)

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        message = f"Invalid URL ({request.method} {request.path})"
        return _answer(Refusal(404, message).body(), 404)

    async def _finish(
        self, request: web.Request, document: dict[str, Any], fault: Fault | None
    ) -> web.StreamResponse:
        if fault is None:
            return _answer(document)
        match fault.effect:
            case Effect.ACCEPT_THEN_ANSWER:
                return _ordered(fault)
            case Effect.ACCEPT_THEN_RESET:
                return reset(request)
            case Effect.ACCEPT_THEN_HANG:
                return await self.server.silence(request)
            case Effect.CUT:
                return await _half(request, json.dumps(document).encode())
            case _:
                await asyncio.sleep(fault.seconds)
                return _answer(document)

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.effect:
            case Effect.RESET:
                return reset(request)
            case Effect.HANG:
                return await self.server.silence(request)
            case _:
                await asyncio.sleep(fault.seconds)
                return _ordered(fault)

    def _check_key(self, request: web.Request) -> None:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not secrets.compare_digest(key.encode(), self._api_key.encode()):
            raise wrong_key(key)


class _Stream:
    """A streamed answer, which a fault can cut, silence or reset after some of its events."""

    def __init__(
        self, server: Server, request: web.Request, said: Completion, fault: Fault | None
    ) -> None:
        self._server = server
        self._request = request
        self._said = said
        self._fault = fault

    async def send(self) -> web.StreamResponse:
        """The effect of the fault comes after as many events as its `seconds` say."""
        fault, turn = self._fault, self._said.turn
        effect = fault.effect if fault else None
        if fault is not None and effect is Effect.DELAY:
            await asyncio.sleep(fault.seconds)
        most = int(fault.seconds) if fault and effect is not Effect.DELAY else None
        if most == 0 and effect is Effect.ACCEPT_THEN_HANG:
            return await self._server.silence(self._request)
        await asyncio.sleep(turn.seconds_before)
        response = await _opened(self._request)
        try:
            for number, event in enumerate(self._said.events()):
                if number == most:
                    return await self._break(response, event)
                await asyncio.sleep(turn.seconds_between if number > 1 else 0)
                await response.write(_event(json.dumps(event, ensure_ascii=False)))
            if most is not None:
                return await self._break(response, {})
            await response.write(_event("[DONE]"))
            await response.write_eof()
        except ConnectionError:
            # The client hung up in the middle, as clients may.
            return response
        return response

    async def _break(
        self, response: web.StreamResponse, event: dict[str, Any]
    ) -> web.StreamResponse:
        if self._fault and self._fault.effect is Effect.ACCEPT_THEN_HANG:
            return await self._server.silence(self._request)
        if self._fault and self._fault.effect is Effect.CUT:
            raw = _event(json.dumps(event))
            await response.write(raw[: len(raw) // 2])
        # What was written must leave before the reset, which throws away what has not.
        await asyncio.sleep(0.02)
        reset(self._request)
        return response


def _ordered(fault: Fault) -> web.Response:
    body = fault.body
    headers = {"x-request-id": _request_id(), **fault.headers}
    if not body and fault.status >= 400:
        body = json.dumps(Refusal(fault.status, "It failed.", kind="server_error").body())
        headers.setdefault("Content-Type", "application/json")
    return web.Response(text=body, status=fault.status, headers=headers)


def _answer(document: dict[str, Any], status: int = 200) -> web.Response:
    headers = {"x-request-id": _request_id(), "openai-processing-ms": "7"}
    return web.json_response(document, status=status, headers=headers)


async def _half(request: web.Request, data: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(data)
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    await asyncio.sleep(0.02)
    reset(request)
    return response


async def _opened(request: web.Request) -> web.StreamResponse:
    headers = {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-cache",
        "x-request-id": _request_id(),
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    return response


async def _body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        message = "We could not parse the JSON body of your request."
        raise bad_request(message) from None


def _event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_735_689_600, "owned_by": "openai"}


def _request_id() -> str:
    return f"req_{secrets.token_hex(16)}"
