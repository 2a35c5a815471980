"""The client of OpenAI's API, set up so that it repeats nothing by itself, and loaded in part: it
brings types for everything one can ask of that API, and here two things are asked."""

from __future__ import annotations

from core.lazily import lazily

lazily("openai.types", "openai.types.responses")

import openai as openai  # noqa: E402 - only now, and for others to use


def client(api_key: str, base_url: str, total: float) -> openai.AsyncOpenAI:
    """`total` bounds a call, in seconds."""
    # Reading the machine's certificates takes a while and serves no one without TLS.
    verify = not base_url.startswith("http:")
    return openai.AsyncOpenAI(
        api_key=api_key,
        base_url=base_url,
        max_retries=0,
        timeout=total,
        http_client=openai.DefaultAsyncHttpxClient(verify=verify, timeout=total),
    )
