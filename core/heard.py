"""What a language model says, piece by piece, and whether the whole is an answer.

Whatever a server streams comes through here before anybody sees it: too much of it, the wrong
tool, our own instructions, nothing at all.
"""

from __future__ import annotations

import json
import unicodedata
import zlib
from dataclasses import dataclass, field
from typing import Any

from core.clean import clean, is_blank
from core.errors import ModelFailed, ModelRefused
from core.messages import Answer, Usage
from core.prompt import RECITAL, recites, tokens

MAX_TEXT = 8_000
"""An answer is cut after so many characters; nobody reads more in a chat."""
_MAX_ARGUMENTS = 20_000
_MOST_TOKENS = 10_000_000  # of one call; a server that counts more has miscounted

HAND_OVER = "hand_over_to_person"
FILTERED = "the provider's content filter refused this conversation"
_RECITED = "the answer repeated GPT's own instructions and was held back"
_SAYS_SOMETHING = "LNS"  # letters, numbers, and symbols such as emoji
_BABBLE = 600  # characters from which on a text that hardly says anything new is no answer


@dataclass(slots=True)
class Heard:
    """What has been streamed so far, of an answer to about `asked` tokens and of at most `most`
    characters."""

    asked: int
    most: int = MAX_TEXT
    began: bool = False
    text: str = ""
    calls: dict[int, tuple[str, str]] = field(default_factory=dict)
    model: str = ""
    finish: str = ""
    usage: Usage | None = None

    @property
    def is_full(self) -> bool:
        called = sum(1 + len(arguments) for _, arguments in self.calls.values())
        return len(self.text) > self.most or called > _MAX_ARGUMENTS

    @property
    def used(self) -> Usage:
        """What the server has counted, else an estimate. One that never said anything is taken
        to have done nothing."""
        if self.usage is not None:
            return self.usage
        said = [self.text, *(arguments for _, arguments in self.calls.values())]
        return Usage(self.asked, sum(map(tokens, said))) if self.began else Usage()

    def take(self, chunk: Any) -> bool:
        """Add one chunk; True when it brought visible text. Raises ModelRefused when the text
        has come to repeat our instructions, before anybody is shown them."""
        self.began = True
        self.model = chunk.model or self.model
        if chunk.usage is not None:
            self.usage = _counted(chunk.usage)
        piece = ""
        for choice in chunk.choices[:1]:
            delta = choice.delta
            piece = (delta.content or delta.refusal or "").replace("\x00", "")
            self.finish = choice.finish_reason or self.finish
            for call in delta.tool_calls or ():
                self._add_call(call.index or 0, call.function)
        self.text += piece
        if recites(self.text[-len(piece) - RECITAL :]):
            raise ModelRefused(_RECITED)
        return bool(piece and self.text.strip())

    def _add_call(self, index: int, function: Any) -> None:
        name, arguments = self.calls.get(index, ("", ""))
        self.calls[index] = (name + (function.name or ""), arguments + (function.arguments or ""))

    def answer(self, model: str) -> Answer:
        """The whole, once nothing more comes. Raises ModelRefused or ModelFailed."""
        if self.finish == "content_filter":
            raise ModelRefused(FILTERED)
        if not self.finish and not self.is_full:
            raise ModelFailed("the answer broke off in the middle, or there was none")
        unasked = [name for name, _ in self.calls.values() if name != HAND_OVER]
        if unasked:
            called = clean(unasked[0])[:40]
            raise ModelFailed(f"the model called {called!r}, which is not offered", answered=True)
        text = clean(_cut(self.text, self.most, self.finish == "length")).strip()
        text = "" if is_blank(text) else text
        if not self.calls and (why := self._why_useless(text)):
            raise ModelFailed(why, answered=True)
        reason = next((_reason(arguments) for _, arguments in self.calls.values()), "")
        return Answer(text, bool(self.calls), reason, self.model or model, self.used)

    def _why_useless(self, text: str) -> str:
        if not text and self.finish == "length":
            return "the model used up gpt.max_answer_tokens before it said a word; raise it"
        if not text:
            return "the model answered with an empty text"
        if not any(unicodedata.category(char)[0] in _SAYS_SOMETHING for char in text):
            return "the model answered with punctuation only"
        return "the model only repeated itself" if _babbles(text) else ""


def _babbles(text: str) -> bool:
    """Whether a long text says next to nothing: one that repeats itself packs into very little."""
    raw = text.encode()
    return len(text) > _BABBLE and len(zlib.compress(raw)) * 10 < len(raw)


def _counted(usage: Any) -> Usage:
    """The client checks nothing of what a server counts, and a number decides over money."""
    asked, said = sane_count(usage.prompt_tokens), sane_count(usage.completion_tokens)
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(asked, said, min(asked, sane_count(getattr(details, "cached_tokens", 0))))


def sane_count(value: object) -> int:
    """What a server says that it has counted, as far as it can be true."""
    return min(max(value, 0), _MOST_TOKENS) if isinstance(value, int) else 0


def _cut(text: str, most: int, broke_off: bool) -> str:
    if len(text) <= most and not broke_off:
        return text
    head = text[:most].rstrip() if len(text) > most else text.rstrip()
    border = max(head.rfind(" "), head.rfind("\n"))
    return head[: border if border > len(head) // 2 else len(head)] + " …" if head else ""


def _reason(arguments: str) -> str:
    # A call without a readable reason is still a call for a person.
    try:
        reason = json.loads(arguments)["reason"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return " ".join(clean(str(reason)).split())[:300]
