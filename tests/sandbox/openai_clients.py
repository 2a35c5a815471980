"""The real client on a fresh stand-in, which every test of the OpenAI stand-in begins with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI

from sandbox.openai import OpenAISandbox

MODEL = "gpt-5.5"
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "hand_over",
        "description": "Call a colleague.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {
                "reason": {"type": "string"},
                "mood": {"type": "string", "enum": ["calm", "upset"]},
            },
            "required": ["reason", "mood"],
            "additionalProperties": False,
        },
    },
}


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[tuple[OpenAISandbox, AsyncOpenAI]]:
    sandbox = OpenAISandbox(**options)
    await sandbox.start()
    try:
        async with AsyncOpenAI(
            api_key=sandbox.api_key, base_url=sandbox.base_url, max_retries=0
        ) as client:
            yield sandbox, client
    finally:
        await sandbox.stop()


def asking(text: str, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


async def streamed(client: AsyncOpenAI, text: str, **more: Any) -> list[Any]:
    stream = await client.chat.completions.create(
        **asking(text, stream=True, stream_options={"include_usage": True}, **more)
    )
    return [chunk async for chunk in stream]


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
