"""The OpenAI stand-in answers the real client as the API would, whole or in a stream."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from openai import AuthenticationError, BadRequestError, NotFoundError

from sandbox.openai import Request, ToolCall, Turn
from tests.sandbox.openai_clients import MODEL, TOOL, asking, running, streamed, text_of


async def test_a_scripted_answer_comes_whole_with_usage_and_request_id() -> None:
    async with running() as (sandbox, client):
        sandbox.script("Three to five days.")
        answer = await client.chat.completions.create(**asking("How long?"))
        assert answer.choices[0].message.content == "Three to five days."
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage is not None
        assert answer.usage.total_tokens > 5
        assert str(answer._request_id).startswith("req_")
        (call,) = sandbox.journal.of("chat.completions")
        assert call.arguments["messages"] == [{"role": "user", "content": "How long?"}]


async def test_a_stream_has_role_pieces_reason_and_usage_in_this_order() -> None:
    async with running() as (sandbox, client):
        sandbox.script(Turn("Grüße, 你好 🌱!", chunk_size=3))
        chunks = await streamed(client, "Hi")
        assert chunks[0].choices[0].delta.role == "assistant"
        assert text_of(chunks) == "Grüße, 你好 🌱!"
        assert len(chunks) > 6
        assert chunks[-2].choices[0].finish_reason == "stop"
        assert (chunks[-1].choices, chunks[-2].usage) == ([], None)
        assert chunks[-1].usage.completion_tokens > 0


async def test_a_stream_ends_with_done_on_the_wire() -> None:
    async with running() as (sandbox, _), httpx.AsyncClient() as client:
        sandbox.script("Hi")
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        url = f"{sandbox.base_url}/chat/completions"
        answer = await client.post(url, json=asking("Hi", stream=True), headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.text.endswith("data: [DONE]\n\n")
        assert "usage" not in answer.text


async def test_tool_calls_come_whole_and_streamed() -> None:
    turn = Turn(tool_calls=(ToolCall("hand_over", {"reason": "要人工", "mood": "calm"}),))
    async with running() as (sandbox, client):
        sandbox.script(turn, turn)
        answer = await client.chat.completions.create(**asking("Human!", tools=[TOOL]))
        (call,) = answer.choices[0].message.tool_calls or []
        assert call.type == "function"
        assert json.loads(call.function.arguments)["reason"] == "要人工"
        assert answer.choices[0].finish_reason == "tool_calls"
        async with client.chat.completions.stream(**asking("Human!", tools=[TOOL])) as stream:
            final = await stream.get_final_completion()
        (again,) = final.choices[0].message.tool_calls or []
        assert again.function.name == "hand_over"
        assert json.loads(again.function.arguments) == {"reason": "要人工", "mood": "calm"}


async def test_tool_results_must_follow_their_calls() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "hand_over", "arguments": "{}"}}
    asked = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "c1", "content": "done"}
    user = {"role": "user", "content": "Hi"}
    async with running() as (sandbox, client):
        sandbox.script("Done.")
        create: Any = client.chat.completions.create
        await create(model=MODEL, messages=[user, asked, result])
        for messages in ([user, asked, user], [user, result], [user, asked]):
            with pytest.raises(BadRequestError, match="tool"):
                await create(model=MODEL, messages=messages)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"colour": "red"}, "unknown_parameter"),
        ({"messages": []}, "empty_array"),
        ({"messages": [{"role": "customer", "content": "x"}]}, "invalid_value"),
        ({"messages": [{"role": "user", "content": None}]}, "invalid_type"),
        ({"messages": [{"role": "user", "content": "x", "mood": 1}]}, "unknown_parameter"),
        ({"messages": [{"role": "user", "content": "x", "name": "a b"}]}, "invalid_value"),
        ({"model": "gpt-4o-mini", "temperature": 2.5}, "decimal_above_max_value"),
        ({"temperature": 0.5}, "unsupported_value"),
        ({"max_tokens": 5}, "unsupported_parameter"),
        ({"max_completion_tokens": 0}, "integer_below_min_value"),
        ({"model": "gpt-4o-mini", "reasoning_effort": "low"}, "unsupported_parameter"),
        ({"tools": []}, "empty_array"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "invalid_value"),
        ({"stream_options": {"include_usage": True}}, None),
        ({"tool_choice": "auto"}, None),
    ],
)
async def test_a_wrong_request_is_refused_and_not_recorded(
    change: dict[str, Any], code: str | None
) -> None:
    async with running() as (sandbox, client):
        with pytest.raises(BadRequestError) as caught:
            await client.post(
                "/chat/completions", body={**asking("Hi"), **change}, cast_to=httpx.Response
            )
        assert (caught.value.code, caught.value.type) == (code, "invalid_request_error")
        assert len(sandbox.journal) == 0


async def test_a_strict_tool_needs_a_closed_schema() -> None:
    async with running() as (_, client):
        open_schema = {**TOOL["function"]["parameters"], "additionalProperties": True}
        tool = {**TOOL, "function": {**TOOL["function"], "parameters": open_schema}}
        with pytest.raises(BadRequestError, match="additionalProperties"):
            await client.chat.completions.create(**asking("Hi", tools=[tool]))


async def test_unknown_models_wrong_keys_and_long_prompts_are_refused() -> None:
    async with running(context_tokens=50) as (_, client):
        with pytest.raises(NotFoundError) as missing:
            await client.chat.completions.create(**asking("Hi") | {"model": "gpt-99"})
        assert missing.value.code == "model_not_found"
        stranger = client.with_options(api_key="sk-wrong-key-of-mine-1234")
        with pytest.raises(AuthenticationError) as wrong:
            await stranger.chat.completions.create(**asking("Hi"))
        assert wrong.value.code == "invalid_api_key"
        assert "wrong-key" not in str(wrong.value)
        with pytest.raises(BadRequestError) as long:
            await client.chat.completions.create(**asking("word " * 60))
        assert long.value.code == "context_length_exceeded"
        listed = [model.id async for model in client.models.list()]
        assert MODEL in listed


async def test_an_answer_longer_than_allowed_is_cut_with_reason_length() -> None:
    async with running() as (sandbox, client):
        sandbox.script("one two three four five")
        answer = await client.chat.completions.create(**asking("Hi", max_completion_tokens=2))
        assert answer.choices[0].message.content == "one two "
        assert answer.choices[0].finish_reason == "length"


async def test_a_brain_of_ones_own_sees_the_request() -> None:
    def echo(request: Request) -> Turn:
        return Turn(f"{request.last_user_text}! {request.tokens}")

    async with running(brain=echo) as (_, client):
        parts: Any = [{"type": "text", "text": "Hello"}, {"type": "text", "text": "you"}]
        answer = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": parts}]
        )
        assert answer.choices[0].message.content == "Hello\nyou! 7"
