"""The same questions by a provider's embeddings, as the service compares them when it has some."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

from core.embedder import OpenAIEmbedder
from core.similarity.similar import Guess
from core.similarity.vectors import Vectors
from tests.intents.questions import Drawn, Question

_AT_ONCE = 256
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """A judge that knows the vectors of all questions beforehand."""

    compiled: Vectors
    known: dict[str, bytes]

    @classmethod
    def of(cls, drawn: Drawn, asked: Sequence[Question], url: str, model: str) -> Embedded:
        texts = {text for of_rule in drawn.examples for text in of_rule}
        texts |= {question.text for question in asked}
        known = asyncio.run(_vectors(sorted(texts), url, model))
        vectors = [[known[text] for text in of_rule] for of_rule in drawn.examples]
        return cls(Vectors.compile(drawn.examples, vectors), known)

    @property
    def enough(self) -> float:
        return self.compiled.enough

    @property
    def lead(self) -> float:
        return self.compiled.lead

    def nearest(self, text: str) -> tuple[Guess, ...]:
        return self.compiled.nearest(self.known[text])


async def _vectors(texts: Sequence[str], url: str, model: str) -> dict[str, bytes]:
    key = os.environ.get("OPENAI_API_KEY", "none")
    embedder = OpenAIEmbedder(key, url, model, _SECONDS)
    found: dict[str, bytes] = {}
    try:
        for first in range(0, len(texts), _AT_ONCE):
            some = texts[first : first + _AT_ONCE]
            found |= zip(some, (await embedder.embed(some)).vectors, strict=True)
    finally:
        await embedder.close()
    return found
