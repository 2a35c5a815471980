"""The default model: answers like a friendly shop assistant and calls a person when due."""

from __future__ import annotations

import re
from typing import Any

from sandbox.openai.passages import answer, finds_nothing, passages_in
from sandbox.openai.shop import (
    BESIDES,
    GERMAN,
    HANDED_OVER,
    OTHERWISE,
    PERSON,
    TAKES,
    TOPICS,
    UNKNOWN,
    UPSET,
    Topic,
)
from sandbox.openai.turn import Request, ToolCall, Turn, text_of

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Words, and of Chinese the longest of the words that are known, else single characters.
_TAKES, _BESIDES, _GERMAN = (frozenset(words.split()) for words in (TAKES, BESIDES, GERMAN))
_WORDS = re.compile(
    "|".join(sorted(filter(_CHINESE.match, _TAKES | _BESIDES), key=len, reverse=True))
    + r"|[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+"
)
_HANDOVER_NAMES = ("hand", "human")


def shop_assistant(request: Request) -> Turn:
    """The answer to what the customer said last, at a human pace, in English or Chinese; what is
    said of no topic in German too."""
    question = request.last_user_text
    if request.messages[-1]["role"] == "tool":
        return _said(HANDED_OVER, question)
    tool = _handover_tool(request.tools)
    reason = _why_a_person(question, _said_before(request))
    if tool is not None and reason and request.body.get("tool_choice") != "none":
        arguments = _arguments(tool, reason, question)
        call = ToolCall(tool["name"], arguments)
        return Turn(tool_calls=(call,), seconds_before=0.25)
    if reason:
        return _said(HANDED_OVER, question)
    return _informed(request, question)


def _informed(request: Request, question: str) -> Turn:
    """From the documents that came with the request, else from what the shop's people know."""
    given = "\n".join(text_of(m) for m in request.messages if m["role"] == "system")
    said = [text_of(message) for message in request.messages if message["role"] == "user"]
    known = answer(question, "\n".join(said[-2:-1]), passages_in(given))
    if known is not None:
        return _said(Topic((), known, known), question)
    topic = _topic_of(question)
    looked = bool(passages_in(given)) or finds_nothing(given)
    return _said(UNKNOWN if looked and topic is OTHERWISE else topic, question)


def _said(topic: Topic, question: str) -> Turn:
    if _CHINESE.search(question):
        return Turn(topic.zh, seconds_before=0.25, seconds_between=0.04, chunk_size=4)
    german = topic.de and not _GERMAN.isdisjoint(_words(question))
    text = topic.de if german else topic.en
    return Turn(text, seconds_before=0.25, seconds_between=0.03, chunk_size=9)


def _topic_of(question: str) -> Topic:
    for topic in TOPICS:
        if any(_mentions(question, word) for word in topic.words):
            return topic
    return OTHERWISE


def _said_before(request: Request) -> str:
    """What the model said last; empty when it has said nothing yet."""
    said = (text_of(m) for m in reversed(request.messages) if m["role"] == "assistant")
    return next(said, "")


def _why_a_person(question: str, before: str) -> str | None:
    if _offers_one(before) and _takes_it(question):
        return "The customer takes the offer of a person."
    if any(_mentions(question, word.replace("_", " ")) for word in PERSON.split()):
        return "The customer asks for a person."
    upset = any(_mentions(question, word.replace("_", " ")) for word in UPSET.split())
    return "The customer is upset." if upset or "!!!" in question else None


def _offers_one(said: str) -> bool:
    return any(text in said for topic in (OTHERWISE, UNKNOWN) for text in topic.texts)


def _takes_it(reply: str) -> bool:
    words = _words(reply)
    return not _TAKES.isdisjoint(words) and words <= _TAKES | _BESIDES


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text.lower()))


def _mentions(question: str, word: str) -> bool:
    if _CHINESE.search(word):
        return word in question
    # "ship*" also finds "shipping"; without the star only a plural may follow.
    end = "" if word.endswith("*") else r"s?\b"
    pattern = rf"\b{re.escape(word.rstrip('*'))}{end}"
    return re.search(pattern, question, re.IGNORECASE) is not None


def _handover_tool(tools: list[dict[str, Any]]) -> dict[str, Any] | None:
    functions: list[dict[str, Any]] = [tool["function"] for tool in tools]
    for function in functions:
        if any(part in function["name"].lower() for part in _HANDOVER_NAMES):
            return function
    return None


def _arguments(tool: dict[str, Any], reason: str, question: str) -> dict[str, Any]:
    """A plausible value for every property that the tool asks for."""
    schema = tool.get("parameters", {})
    properties = schema.get("properties", {})
    wanted = schema.get("required", properties)
    return {name: _value(name, properties.get(name, {}), reason, question) for name in wanted}


def _value(name: str, described: dict[str, Any], reason: str, question: str) -> Any:
    if described.get("enum"):
        return described["enum"][0]
    kind = described.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind != "string":
        return {"boolean": True, "integer": 1, "number": 1, "array": []}.get(kind, {})
    return f'They wrote: "{question[:200]}"' if "summary" in name else reason
