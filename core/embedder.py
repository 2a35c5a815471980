"""Turn texts into vectors by a provider that speaks OpenAI's embeddings.

Whatever a server may do wrong becomes ModelRefused or ModelFailed here, as it does in `core.gpt`.
"""

from __future__ import annotations

import asyncio
import math
import re
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from core.clean import clean
from core.errors import ModelError, ModelFailed, ModelRefused
from core.heard import sane_count
from core.messages import Usage
from core.models import Embedded
from core.openai_client import client, openai
from core.prompt import tokens

_LONGEST = 8_000
"""Characters of a text that are looked at; every model takes as many tokens."""
_KEY = re.compile(r"\b(?:sk-|Bearer )[\w*.-]{4,}")
_REFUSALS = {
    400: "the request was refused; check gpt.embeddings_model",
    401: "gpt.api_key was refused",
    402: "the account behind gpt.api_key has no credit left",
    403: "gpt.api_key may not use gpt.embeddings_model, or not from here",
    404: "gpt.embeddings_model is not known there, or gpt.base_url has no embeddings",
    405: "gpt.base_url has no embeddings",
    422: "the request was refused; check gpt.embeddings_model",
}
_FOR_GOOD = {
    "insufficient_quota": "the account behind gpt.api_key has no credit left",
    "invalid_api_key": "gpt.api_key was refused",
    "model_not_found": "gpt.embeddings_model is not known there",
}


class OpenAIEmbedder:
    """One model of embeddings behind any server that is compatible with OpenAI's. `total` bounds
    a call, in seconds."""

    def __init__(self, api_key: str, base_url: str, model: str, total: float) -> None:
        self._client = client(api_key, base_url, total)
        self._key = api_key
        self._total = total
        self.model = model

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """See `Embedder.embed`."""
        shown = [clean(text)[:_LONGEST].strip() or "…" for text in texts]
        try:
            async with asyncio.timeout(self._total):
                answer = await self._client.embeddings.create(model=self.model, input=shown)
            vectors = tuple(_packed(item.embedding) for item in _in_order(answer.data))
            counted = sane_count(answer.usage.prompt_tokens) if answer.usage else 0
        except Exception as error:
            raise self._mapped(error) from error
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) != 1:
            raise ModelFailed("the server gave other vectors than were asked for")
        return Embedded(vectors, Usage(input_tokens=counted or sum(map(tokens, shown))))

    async def close(self) -> None:
        await self._client.close()

    def _mapped(self, error: Exception) -> ModelError:
        match error:
            case openai.APIStatusError() if error.code in _FOR_GOOD:
                return ModelRefused(_FOR_GOOD[error.code], lasting=True)
            case openai.APIStatusError() if error.status_code in _REFUSALS:
                reason = f"{_REFUSALS[error.status_code]}: {self._quote(error.message)}"
                return ModelRefused(reason, lasting=True)
            case openai.APIStatusError():
                return ModelFailed(f"the server is busy or broken: {self._quote(error.message)}")
            case TimeoutError() | openai.APITimeoutError():
                return ModelFailed(f"no vectors in time (at most {self._total:g} s)")
            case openai.APIConnectionError():
                return ModelFailed(f"{self._client.base_url} cannot be reached")
            case _:
                return ModelFailed(f"the server's answer makes no sense ({type(error).__name__})")

    def _quote(self, said: str) -> str:
        safe = said.replace(self._key, "…") if self._key else said
        return " ".join(clean(_KEY.sub("…", safe)).split())[:200]


def _in_order(data: Iterable[Any]) -> list[Any]:
    return sorted(data, key=lambda item: item.index)


def _packed(vector: Sequence[float]) -> bytes:
    """A vector of length 1 in half precision, which is far finer than any likeness is. Raises
    ValueError for one that is none."""
    norm = math.sqrt(sum(value * value for value in vector))
    if not norm or not math.isfinite(norm):
        raise ValueError("not a vector")
    return struct.pack(f"<{len(vector)}e", *(value / norm for value in vector))
