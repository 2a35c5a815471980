"""Vectors from a provider, through the real client."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator

import pytest

from core.embedder import OpenAIEmbedder
from core.errors import ModelFailed, ModelRefused
from sandbox.faults import Effect, Fault
from sandbox.openai import OpenAISandbox
from sandbox.openai.troubles import broken_json, garbage, key_revoked, quota_used_up, rate_limited

EMBEDDINGS = "embeddings"
JSON = {"Content-Type": "application/json"}
TWO = (
    '{"data": [{"index": 0, "embedding": [1.0, 0.0]}, {"index": 1, "embedding": [0.0, 1.0]}],'
    ' "usage": {"prompt_tokens": 1}}'
)


@pytest.fixture
async def openai() -> AsyncIterator[OpenAISandbox]:
    sandbox = OpenAISandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def embedder(openai: OpenAISandbox) -> AsyncIterator[OpenAIEmbedder]:
    embedder = made(openai)
    yield embedder
    await embedder.close()


def made(openai: OpenAISandbox, model: str = "text-embedding-3-small") -> OpenAIEmbedder:
    return OpenAIEmbedder(openai.api_key, openai.base_url, model, total=1)


def unpacked(vector: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(vector) // 2}e", vector)


async def test_each_text_has_a_vector_of_length_one_in_its_place(embedder: OpenAIEmbedder) -> None:
    found = await embedder.embed(["a refund", "a dog", "a refund"])
    first, dog, again = map(unpacked, found.vectors)
    assert len(first) == 1536
    assert sum(value * value for value in first) == pytest.approx(1, abs=0.01)
    assert first == again != dog
    assert found.usage.input_tokens > 0


async def test_texts_that_the_api_would_not_take_are_made_fit(embedder: OpenAIEmbedder) -> None:
    found = await embedder.embed(["", "\u200b", "\ud800", "x" * 50_000])
    assert len(found.vectors) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (key_revoked(), "gpt.api_key was refused"),
        (quota_used_up(), "no credit left"),
        (Fault(Effect.ANSWER, 404, ""), "gpt.embeddings_model is not known there"),
    ],
)
async def test_what_cannot_help_is_a_refusal(
    embedder: OpenAIEmbedder, openai: OpenAISandbox, fault: Fault, said: str
) -> None:
    openai.faults.add(EMBEDDINGS, fault)
    with pytest.raises(ModelRefused, match=said) as refused:
        await embedder.embed(["a"])
    assert refused.value.lasting
    assert openai.api_key not in str(refused.value)


async def test_a_model_that_is_not_there_is_a_refusal(openai: OpenAISandbox) -> None:
    embedder = made(openai, "text-embedding-9")
    with pytest.raises(ModelRefused, match=r"gpt\.embeddings_model is not known there"):
        await embedder.embed(["a"])
    await embedder.close()


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(),
        garbage(),
        garbage(200),
        broken_json(),
        Fault(Effect.ANSWER, 200, '{"data": [], "usage": {"prompt_tokens": 1}}', JSON),
        Fault(Effect.ANSWER, 200, TWO, JSON),
        Fault(Effect.RESET),
        Fault(Effect.HANG),
        Fault(Effect.CUT),
    ],
    ids=lambda fault: f"{fault.effect} {fault.status} {fault.body[:20]}",
)
async def test_what_may_pass_is_a_failure_after_one_attempt(
    embedder: OpenAIEmbedder, openai: OpenAISandbox, fault: Fault
) -> None:
    openai.faults.add(EMBEDDINGS, fault)
    with pytest.raises(ModelFailed):
        await embedder.embed(["a"])
    assert openai.faults.take(EMBEDDINGS) is None
    assert len((await embedder.embed(["a"])).vectors) == 1
