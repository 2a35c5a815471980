"""The OpenAI stand-in fails on order: refused, silent, cut, slow or empty."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterable
from typing import Any

import pytest
from openai import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncOpenAI,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    RateLimitError,
)

from sandbox.faults import Effect, Fault
from sandbox.openai import Turn
from sandbox.openai.troubles import (
    broken_json,
    content_refused,
    garbage,
    key_revoked,
    quota_used_up,
    rate_limited,
    server_error,
)
from tests.sandbox.openai_clients import asking, running, streamed, text_of


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (rate_limited(2), RateLimitError, "rate_limit_exceeded"),
        (quota_used_up(), RateLimitError, "insufficient_quota"),
        (key_revoked(), AuthenticationError, "invalid_api_key"),
        (content_refused(), BadRequestError, "content_filter"),
        (server_error(), InternalServerError, None),
        (garbage(), InternalServerError, None),
        (Fault(Effect.ANSWER, 503), InternalServerError, None),
        (Fault(Effect.RESET), APIConnectionError, None),
        (Fault(Effect.ACCEPT_THEN_RESET), APIConnectionError, None),
        (Fault(Effect.HANG), APITimeoutError, None),
        (Fault(Effect.CUT), APIConnectionError, None),
    ],
)
async def test_ordered_failures_reach_the_client_as_their_own_errors(
    fault: Fault, error: type[APIError], code: str | None
) -> None:
    timeout = 0.15 if error is APITimeoutError else 5.0  # a first request may well take that long
    async with running() as (sandbox, client):
        sandbox.faults.add("chat.completions", fault)
        with pytest.raises(error) as caught:
            await client.chat.completions.create(**asking("Hi", timeout=timeout))
        assert caught.value.code == code
        sandbox.script("Better now.")
        answer = await client.chat.completions.create(**asking("Hi"))
        assert answer.choices[0].message.content == "Better now."


async def test_broken_json_is_what_the_client_makes_of_it() -> None:
    async with running() as (sandbox, client):
        sandbox.faults.add("chat.completions", broken_json())
        with pytest.raises((json.JSONDecodeError, APIError)):
            await client.chat.completions.create(**asking("Hi"))


async def test_retry_after_is_told() -> None:
    async with running() as (sandbox, client):
        sandbox.faults.add("chat.completions", rate_limited(7))
        with pytest.raises(RateLimitError) as caught:
            await client.chat.completions.create(**asking("Hi"))
        assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("effect", [Effect.CUT, Effect.ACCEPT_THEN_RESET])
async def test_a_stream_can_break_in_the_middle(effect: Effect) -> None:
    async with running() as (sandbox, client):
        sandbox.script(Turn("abcdef", chunk_size=1))
        sandbox.faults.add("chat.completions", Fault(effect, seconds=4))
        stream = await client.chat.completions.create(**asking("Hi", stream=True))
        seen: list[Any] = []
        with pytest.raises(APIConnectionError):
            await _collect(stream, seen)
        assert text_of(seen) == "abc"


async def test_a_stream_can_fall_silent_before_and_after_its_first_words() -> None:
    async with running() as (sandbox, client):
        for events, said in ((0, ""), (3, "ab")):
            sandbox.script(Turn("abcdef", chunk_size=1))
            fault = Fault(Effect.ACCEPT_THEN_HANG, seconds=events)
            sandbox.faults.add("chat.completions", fault)
            seen: list[Any] = []
            question = asking("Hi", stream=True)
            with pytest.raises((TimeoutError, APITimeoutError)):
                await asyncio.wait_for(_ask(client, question, seen), 0.2)
            assert text_of(seen) == said


async def test_a_stream_can_drip() -> None:
    async with running() as (sandbox, client):
        loop = asyncio.get_running_loop()
        began = loop.time()
        sandbox.script(Turn("abcdef", chunk_size=1, seconds_between=0.02))
        assert text_of(await streamed(client, "Hi")) == "abcdef"
        assert loop.time() - began >= 0.1


async def test_empty_choices_and_empty_texts_can_be_played() -> None:
    async with running() as (sandbox, client):
        sandbox.script(Turn(no_choices=True), Turn(""), Turn(no_choices=True))
        assert (await client.chat.completions.create(**asking("Hi"))).choices == []
        assert (await client.chat.completions.create(**asking("Hi"))).choices[
            0
        ].message.content == ""
        (only,) = await streamed(client, "Hi")
        assert only.choices == []


async def test_a_client_that_hangs_up_in_a_stream_disturbs_nobody() -> None:
    async with running() as (sandbox, client):
        sandbox.script(Turn("a" * 500, chunk_size=1, seconds_between=0.001), "Fine.")
        stream = await client.chat.completions.create(**asking("Hi", stream=True))
        await anext(aiter(stream))
        await stream.close()
        answer = await client.chat.completions.create(**asking("Hi"))
        assert answer.choices[0].message.content == "Fine."


async def _ask(client: AsyncOpenAI, question: dict[str, Any], into: list[Any]) -> None:
    await _collect(await client.chat.completions.create(**question), into)


async def _collect(stream: AsyncIterable[Any], into: list[Any]) -> None:
    async for chunk in stream:
        into.append(chunk)
