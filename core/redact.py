"""Keep secrets out of the logs.

Telegram puts its token into every URL, client libraries log URLs and headers, and tracebacks show
arguments. So the finished line is searched, whatever part of it came from where.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import TextIO

_HIDDEN = "[hidden]"
_SHORTEST_SECRET = 6  # shorter values would blank out ordinary words
_TOKENS = re.compile(
    r"\d{6,12}:[A-Za-z0-9_-]{20,}"  # Telegram
    r"|x(?:ox[a-z]|app)-[A-Za-z0-9-]{6,}"  # Slack
    r"|sk-[A-Za-z0-9_-]{20,}"  # OpenAI
    r"|(?i:bearer\s+)[A-Za-z0-9._~+/=-]{6,}"
)

# Most of them log whole requests below WARNING.
_TALKATIVE = (
    "alembic",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "openai",
    "telegram",
    "slack_sdk",
)
# They log the bodies of requests that they cannot verify, and heads that anybody may send.
_TALKATIVE_AT_WARNING = ("slack_bolt", "aiohttp.websocket")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


def hide_tokens(text: str) -> str:
    """`text` without what has the shape of a platform's token."""
    return _TOKENS.sub(_HIDDEN, text)


class RedactingFormatter(logging.Formatter):
    """One line a record, a traceback below it, no secret in either."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._secrets: tuple[str, ...] = ()
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Hide these values too, longest first, so that no part of one is left."""
        found = {*self._secrets, *(s for s in secrets if len(s) >= _SHORTEST_SECRET)}
        self._secrets = tuple(sorted(found, key=len, reverse=True))

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _CONTROL.sub("?", hide_tokens(text))

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        plain = logging.makeLogRecord({**record.__dict__, "msg": message, "args": None})
        return self.clean(super().format(plain))


def set_up_logging(
    secrets: Iterable[str], *, level: int = logging.INFO, stream: TextIO | None = None
) -> RedactingFormatter:
    """Send every logger's lines, without secrets, to `stream` (standard error)."""
    formatter = RedactingFormatter(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _TALKATIVE_AT_WARNING:
        logging.getLogger(name).setLevel(logging.ERROR)
    return formatter
