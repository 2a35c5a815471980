"""What the Bot API answers to a call it does not accept: a status and Telegram's own words."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class Refusal(Exception):
    """The call is not accepted: `code` is the HTTP status, `parameters` go into the answer."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The answer as the Bot API writes it."""
        answer = {"ok": False, "error_code": self.code, "description": self.description}
        return {**answer, "parameters": self.parameters} if self.parameters else answer


def bad_request(reason: str, **parameters: int) -> Refusal:
    return Refusal(400, f"Bad Request: {reason}", **parameters)


def forbidden(reason: str) -> Refusal:
    return Refusal(403, f"Forbidden: {reason}")


def conflict(reason: str) -> Refusal:
    return Refusal(409, f"Conflict: {reason}")


def too_many_requests(retry_after: int) -> Refusal:
    reason = f"Too Many Requests: retry after {retry_after}"
    return Refusal(429, reason, retry_after=retry_after)


def plain(code: int) -> Refusal:
    """A refusal in the words of HTTP itself, for example 404 Not Found."""
    return Refusal(code, HTTPStatus(code).phrase)
