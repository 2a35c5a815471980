"""An answer of the model in the API's two forms: one document, or a stream of chunks."""

from __future__ import annotations

import json
import secrets
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.openai.turn import Request, ToolCall, Turn, tokens_in


@dataclass(frozen=True, slots=True)
class Completion:
    """A turn on its way to the client; `events` are the JSON objects of the stream."""

    request: Request
    turn: Turn
    id: str
    created: int

    def document(self) -> dict[str, Any]:
        """The answer to a request that is not streamed."""
        return {
            **self._head("chat.completion"),
            "choices": [] if self.turn.no_choices else [self._choice()],
            "usage": self.usage(),
        }

    def events(self) -> Iterator[dict[str, Any]]:
        """The chunks of a stream, without the `[DONE]` that ends it."""
        if not self.turn.no_choices:
            yield self._chunk({"role": "assistant", "content": "", "refusal": None})
            for delta in self._deltas():
                yield self._chunk(delta)
            yield self._chunk({}, self._finish_reason())
        if self.request.include_usage:
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": self.usage()}

    def usage(self) -> dict[str, Any]:
        said = tokens_in(self._text()) + sum(
            tokens_in(call.name + _arguments(call)) for call in self.turn.tool_calls
        )
        asked = self.request.tokens
        cached = min(asked, self.turn.cached_tokens)
        return {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        }

    def _text(self) -> str:
        limit = self.request.max_tokens
        text = self.turn.text
        if limit is None or tokens_in(text) <= limit:
            return text
        over = bisect_right(range(len(text)), limit, key=lambda n: tokens_in(text[:n]))
        return text[: over - 1]

    def _finish_reason(self) -> str:
        if self.turn.finish_reason:
            return self.turn.finish_reason
        if self._text() != self.turn.text:
            return "length"
        return "tool_calls" if self.turn.tool_calls else "stop"

    def _choice(self) -> dict[str, Any]:
        calls = [self._call(number) for number in range(len(self.turn.tool_calls))]
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None if calls and not self._text() else self._text(),
            "refusal": self.turn.refusal,
            "annotations": [],
        }
        if calls:
            message["tool_calls"] = calls
        reason = self._finish_reason()
        return {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}

    def _call(self, number: int) -> dict[str, Any]:
        call = self.turn.tool_calls[number]
        function = {"name": call.name, "arguments": _arguments(call)}
        return {"id": f"call_{self.id[9:25]}{number}", "type": "function", "function": function}

    def _deltas(self) -> Iterator[dict[str, Any]]:
        for piece in self._pieces(self._text()):
            yield {"content": piece}
        if self.turn.refusal:
            for piece in self._pieces(self.turn.refusal):
                yield {"refusal": piece}
        for number in range(len(self.turn.tool_calls)):
            call = self._call(number)
            arguments = call["function"]["arguments"]
            opened = {**call, "function": {**call["function"], "arguments": ""}}
            yield {"tool_calls": [{"index": number, **opened}]}
            for piece in self._pieces(arguments):
                yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}

    def _pieces(self, text: str) -> Iterator[str]:
        size = max(1, self.turn.chunk_size)
        return (text[start : start + size] for start in range(0, len(text), size))

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        chunk = {**self._head("chat.completion.chunk"), "choices": [choice]}
        return {**chunk, "usage": None} if self.request.include_usage else chunk

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.request.model,
            "service_tier": "default",
            "system_fingerprint": "fp_5a4db0x",
        }


def completion(request: Request, turn: Turn) -> Completion:
    return Completion(request, turn, f"chatcmpl-{secrets.token_hex(14)}", int(time.time()))


def _arguments(call: ToolCall) -> str:
    if isinstance(call.arguments, str):
        return call.arguments
    return json.dumps(dict(call.arguments), ensure_ascii=False)
