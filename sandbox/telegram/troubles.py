"""Telegram's usual failures by name, ready to be ordered from `faults`."""

from __future__ import annotations

import json
from dataclasses import replace

from sandbox.faults import Effect, Fault
from sandbox.telegram.refusal import Refusal, bad_request, forbidden
from sandbox.telegram.refusal import too_many_requests as flood

_BAD_GATEWAY = """<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body>
</html>
"""


def refused(refusal: Refusal) -> Fault:
    """The call is not accepted, for a reason of your choice."""
    headers = {"Content-Type": "application/json"}
    return Fault(Effect.ANSWER, refusal.code, json.dumps(refusal.body()), headers)


def too_many_requests(retry_after: int | None = 30) -> Fault:
    """429; with None, without the seconds to wait."""
    return refused(
        Refusal(429, "Too Many Requests") if retry_after is None else flood(retry_after)
    )


def bad_gateway(*, accepted: bool = False) -> Fault:
    """502 with a page of HTML from the proxy; `accepted` tells whether the call took effect."""
    fault = Fault(Effect.ANSWER, 502, _BAD_GATEWAY, {"Content-Type": "text/html"})
    return replace(fault, effect=Effect.ACCEPT_THEN_ANSWER) if accepted else fault


def blocked() -> Fault:
    return refused(forbidden("bot was blocked by the user"))


def moved(chat_id: int) -> Fault:
    """400: the group has become the supergroup `chat_id`."""
    reason = "group chat was upgraded to a supergroup chat"
    return refused(bad_request(reason, migrate_to_chat_id=chat_id))
