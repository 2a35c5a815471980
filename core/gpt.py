"""Ask a language model that speaks OpenAI's chat completions, and get an answer or a clear error.

The client's own retries and its ten-minute timeout are switched off: a customer waits, and the
engine alone decides what is worth a second try. Whatever a server may do wrong becomes
ModelRefused or ModelFailed here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any

from core.clean import clean
from core.errors import ModelError, ModelFailed, ModelRefused
from core.heard import FILTERED, HAND_OVER, MAX_TEXT, Heard
from core.messages import Answer, Turn
from core.openai_client import client, openai
from core.prompt import tokens

_TOOL = {
    "type": "function",
    "function": {
        "name": HAND_OVER,
        "description": "Call a person of the business into this chat.",
        "parameters": {
            "type": "object",
            "properties": {
                "reason": {
                    "type": "string",
                    "description": "Why a person is needed, in one sentence for the staff.",
                }
            },
            "required": ["reason"],
        },
    },
}
_OPTIONAL: dict[str, Any] = {"stream_options": {"include_usage": True}, "tools": [_TOOL]}
_CHARACTERS = 4  # of a token, where it has many
_KEY = re.compile(r"\b(?:sk-|Bearer )[\w*.-]{4,}")


class OpenAIModel:
    """A model behind any server that is compatible with OpenAI's.

    `total` bounds a whole answer and `silence` each pause in it, both in seconds. The first
    piece may take half of `total`, because some models think before they speak. An answer has at
    most `max_tokens`, and also where a server does not know them about as many characters as that.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str,
        model: str,
        total: float,
        silence: float,
        max_tokens: int = 2000,
    ) -> None:
        self._client = client(api_key, base_url, total)
        self._key = api_key
        self._model = model
        self._total = total
        self._silence = silence
        self._first = max(silence, total / 2)
        self._options = {**_OPTIONAL, "max_completion_tokens": max_tokens}
        self._most = min(MAX_TEXT, max_tokens * _CHARACTERS)

    async def check(self, model: str = "") -> None:
        """Ask for the model's entry, which costs nothing. A server that has no such list, or a
        key that may not read it, proves nothing and passes. Errors as in `LanguageModel`."""
        try:
            async with asyncio.timeout(self._total):
                await self._client.models.retrieve(model or self._model)
        except Exception as error:
            if not _says_nothing(error):
                raise self._mapped(error, model or self._model) from error

    async def answer(
        self,
        instructions: str,
        turns: Sequence[Turn],
        *,
        on_draft: Callable[[str], None],
        model: str = "",
    ) -> Answer:
        """See `LanguageModel.answer`. Drafts come with every piece of text."""
        model = model or self._model
        messages = [{"role": "system", "content": instructions}]
        for turn in turns:
            role = "user" if turn.role == "customer" else "assistant"
            messages.append({"role": role, "content": turn.text})
        asked = sum(tokens(message["content"]) for message in messages)
        heard = Heard(asked, self._most)
        try:
            async with asyncio.timeout(self._total):
                await self._ask(model, messages, heard, on_draft)
            return heard.answer(model)
        except ModelError as error:
            error.usage = heard.used
            raise
        except Exception as error:
            failure = self._mapped(error, model)
            failure.usage = heard.used
            raise failure from error

    async def close(self) -> None:
        await self._client.close()

    async def _ask(
        self,
        model: str,
        messages: list[dict[str, str]],
        heard: Heard,
        on_draft: Callable[[str], None],
    ) -> None:
        while True:
            try:
                await self._listen(model, messages, heard, on_draft)
                return
            except openai.APIStatusError as error:
                unknown = self._unknown_option(error)
                if unknown is None:
                    raise
                self._options.pop(unknown, None)

    async def _listen(
        self,
        model: str,
        messages: list[dict[str, str]],
        heard: Heard,
        on_draft: Callable[[str], None],
    ) -> None:
        create: Any = self._client.chat.completions.create
        try:
            async with asyncio.timeout(self._first) as patience:
                stream = await create(model=model, messages=messages, stream=True, **self._options)
                async with stream:
                    async for chunk in stream:
                        patience.reschedule(asyncio.get_running_loop().time() + self._silence)
                        if heard.take(chunk):
                            on_draft(heard.text[: self._most])
                        if heard.is_full:
                            break
        except TimeoutError:
            waited = self._silence if heard.began else self._first
            raise ModelFailed(f"the server was silent for {waited:g} s") from None

    def _unknown_option(self, error: openai.APIStatusError) -> str | None:
        """The option that a less complete server does not know and can do without."""
        if error.status_code not in (400, 422) or error.code == "context_length_exceeded":
            return None
        said = f"{error.param} {error.message}"
        return next((name for name in self._options if name in said), None)

    def _mapped(self, error: Exception, model: str) -> ModelError:
        match error:
            case openai.APIStatusError():
                return self._by_status(error, model)
            case TimeoutError() | openai.APITimeoutError():
                return ModelFailed(f"no answer in time (at most {self._total:g} s)")
            case openai.APIConnectionError():
                why = self._quote(str(error.__cause__ or error)) or type(error.__cause__).__name__
                return ModelFailed(f"{self._client.base_url} cannot be reached: {why}")
            case openai.APIError() if error.code in _FOR_GOOD:
                return _refused(error.code)
            case openai.APIError():
                return ModelFailed(f"the server broke off: {self._quote(error.message)}")
            case _:
                return ModelFailed(f"the server's answer makes no sense ({type(error).__name__})")

    def _by_status(self, error: openai.APIStatusError, model: str) -> ModelError:
        status, said = error.status_code, self._quote(error.message)
        where = f" [status {status}, request {error.request_id or 'unknown'}]"
        if error.code in _FOR_GOOD:
            return _refused(error.code, where, self._setting(model))
        if status in (408, 409, 425, 429) or status >= 500:
            return ModelFailed(f"the server is busy or broken: {said}{where}")
        reason = _REFUSALS.get(status, "the request was refused; check gpt.model and gpt.base_url")
        lasting = status in _REFUSALS
        reason = reason.replace("gpt.model", self._setting(model))
        if status in (401, 403):
            return ModelRefused(reason + where, lasting=lasting)
        reason = reason.format(model=model, url=self._client.base_url)
        return ModelRefused(f"{reason}: {said}{where}", lasting=lasting)

    def _setting(self, model: str) -> str:
        return "gpt.model" if model == self._model else "gpt.cheap_model"

    def _quote(self, said: str) -> str:
        safe = said.replace(self._key, "…") if self._key else said
        return " ".join(clean(_KEY.sub("…", safe)).split())[:200]


_FOR_GOOD: dict[str | None, str] = {
    "insufficient_quota": "the account behind gpt.api_key has no credit left",
    "invalid_api_key": "gpt.api_key was refused",
    "model_not_found": "gpt.model is not known there, or gpt.api_key may not use it",
    "context_length_exceeded": "the conversation is too long for the model; lower gpt.max_history",
    "content_filter": FILTERED,
    "content_policy_violation": FILTERED,
}
_LASTING = frozenset({"insufficient_quota", "invalid_api_key", "model_not_found"})
_REFUSALS = {
    401: "gpt.api_key was refused",
    402: "the account behind gpt.api_key has no credit left",
    403: "gpt.api_key may not use gpt.model, or not from here",
    404: "gpt.model {model} is not known at {url}, or gpt.base_url is wrong",
}


def _refused(code: str | None, where: str = "", setting: str = "gpt.model") -> ModelRefused:
    reason = _FOR_GOOD[code].replace("gpt.model", setting)
    return ModelRefused(reason + where, lasting=code in _LASTING)


def _says_nothing(error: Exception) -> bool:
    if isinstance(error, openai.NotFoundError | openai.PermissionDeniedError):
        return error.code != "model_not_found" and (
            error.status_code == 404 or "scope" in error.message
        )
    return isinstance(error, openai.APIStatusError) and error.status_code == 405
