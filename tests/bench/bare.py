"""The baseline of GPT's first words: a client that does nothing but read the stream."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp


async def first_words(
    session: aiohttp.ClientSession, order: dict[str, Any], text: str
) -> tuple[str, float]:
    body = {
        "model": order["model"],
        "messages": [{"role": "user", "content": text}],
        "stream": True,
    }
    headers = {"Authorization": f"Bearer {order['api_key']}"}
    seen = 0.0
    url = f"{order['base_url']}/chat/completions"
    async with session.post(url, json=body, headers=headers) as response:
        async for line in response.content:
            if not seen and line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["delta"].get("content"):
                    seen = time.monotonic()
    return text, seen


async def ask(order: dict[str, Any]) -> dict[str, Any]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        asked = time.monotonic()
        streams = (first_words(session, order, text) for text in order["texts"])
        return {"asked": asked, "seen": dict(await asyncio.gather(*streams))}


def main() -> None:
    order = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps(asyncio.run(ask(order))) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
