"""OpenAI's usual failures by name, ready to be ordered from `faults`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sandbox.faults import Effect, Fault
from sandbox.openai.refusal import Refusal, bad_request

_PAGE = """<html><head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center></body></html>
"""


def refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Fault:
    """The call is not accepted, for a reason of your choice."""
    told = {"Content-Type": "application/json", **(headers or {})}
    return Fault(Effect.ANSWER, refusal.status, json.dumps(refusal.body()), told)


def rate_limited(retry_after: float | None = None) -> Fault:
    """429 that passes; `retry_after` in seconds goes into the headers."""
    told = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    message = "Rate limit reached for requests. Please try again later."
    return refused(Refusal(429, message, kind="requests", code="rate_limit_exceeded"), told)


def quota_used_up() -> Fault:
    """429 that stays until somebody pays."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return refused(Refusal(429, message, kind="insufficient_quota", code="insufficient_quota"))


def key_revoked() -> Fault:
    return refused(Refusal(401, "Incorrect API key provided.", code="invalid_api_key"))


def content_refused() -> Fault:
    """400: the question itself was held back by a filter."""
    message = "The response was filtered because the prompt triggered the content policy."
    return refused(bad_request(message, "messages", "content_filter"))


def server_error() -> Fault:
    message = "The server had an error while processing your request. Sorry about that!"
    return refused(Refusal(500, message, kind="server_error"))


def garbage(status: int = 502) -> Fault:
    """A page of HTML from a proxy; with status 200 it even claims success."""
    return Fault(Effect.ANSWER, status, _PAGE, {"Content-Type": "text/html"})


def broken_json() -> Fault:
    """200 with a body that stops in the middle of its JSON."""
    body = '{"id": "chatcmpl-1", "choices": [{"mess'
    return Fault(Effect.ANSWER, 200, body, {"Content-Type": "application/json"})
