"""What the model says, how fast, and the request it says it to: all that a brain deals with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model's wish to call a tool; `arguments` are sent as JSON, a string is sent as it is."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of the model.

    A streamed answer comes in pieces of `chunk_size` characters, `seconds_between` apart, the
    first after `seconds_before`. `finish_reason` overrides the natural one; `refusal` is the
    model's own refusal to answer. With `no_choices` the answer has none at all. `cached_tokens`
    of the question are told to have been read before.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    seconds_before: float = 0.0
    seconds_between: float = 0.0
    chunk_size: int = 12
    finish_reason: str | None = None
    refusal: str | None = None
    no_choices: bool = False
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A chat request that was accepted; `body` is the JSON as it was sent."""

    model: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    stream: bool
    include_usage: bool
    max_tokens: int | None
    body: dict[str, Any]

    @property
    def last_user_text(self) -> str:
        """What the customer said last; empty when nobody said anything."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                return text_of(message)
        return ""

    @property
    def tokens(self) -> int:
        """About how many tokens the messages are."""
        return sum(tokens_in(text_of(message)) + 4 for message in self.messages)


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message's content, its parts joined by line feeds."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def tokens_in(text: str) -> int:
    """An estimate: four characters of ASCII are a token, any other character is one by itself."""
    plain = sum(character < "\x80" for character in text)
    return math.ceil(plain / 4) + len(text) - plain
