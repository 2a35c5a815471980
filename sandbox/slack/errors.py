"""How the stand-in says no: an error code with the details Slack would put beside it."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A call that is refused; `code` is the `error` field of the answer.

    `messages` go to `response_metadata.messages`, `extra` are further top-level fields.
    """

    def __init__(self, code: str, *messages: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages
        self.extra = extra

    def as_response(self) -> dict[str, Any]:
        response: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            response["response_metadata"] = {"messages": list(self.messages)}
        return response


class NotACommand(ValueError):
    """The composer refused a line because it begins with `/` and names no command."""
