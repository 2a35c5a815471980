"""The messages of a chat request, checked as the API does: roles, contents, tool results."""

from __future__ import annotations

import re
from typing import Any

from sandbox.openai.refusal import bad_request, wrong_type, wrong_value

_FIELDS = {
    "developer": {"content", "name"},
    "system": {"content", "name"},
    "user": {"content", "name"},
    "assistant": {"content", "name", "tool_calls", "refusal"},
    "tool": {"content", "tool_call_id"},
}
_PARTS = {"user": ("text", "image_url"), "assistant": ("text", "refusal")}
_PART_FIELDS = {"text": "text", "image_url": "image_url", "refusal": "refusal"}
_NAME = re.compile(r"[^\s<|\\/>]{1,64}")


def check_messages(messages: Any) -> None:
    """Raise Refusal for the first message that the API would not take."""
    if not isinstance(messages, list):
        raise wrong_type("messages", "an array of objects", messages)
    if not messages:
        raise bad_request(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, "
            "but got an empty array instead.",
            "messages",
            "empty_array",
        )
    for number, message in enumerate(messages):
        _check_message(message, f"messages[{number}]")
    _check_tool_results(messages)


def _check_message(message: Any, where: str) -> None:
    if not isinstance(message, dict):
        raise wrong_type(where, "an object", message)
    role = message.get("role")
    if role is None:
        raise bad_request(f"Missing required parameter: '{where}.role'.", where, _MISSING)
    if role not in _FIELDS:
        allowed = ", ".join(repr(name) for name in _FIELDS)
        raise wrong_value(f"{where}.role", role, allowed)
    for name in message:
        if name not in _FIELDS[role] | {"role"}:
            path = f"{where}.{name}"
            raise bad_request(f"Unknown parameter: '{path}'.", path, "unknown_parameter")
    name = message.get("name")
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise bad_request(
            f"Invalid '{where}.name': string does not match pattern. "
            "Expected a string that matches the pattern '^[^\\s<|\\\\/>]+$'.",
            f"{where}.name",
            "invalid_value",
        )
    _check_content(message, role, f"{where}.content")
    if "tool_calls" in message:
        _check_tool_calls(message["tool_calls"], f"{where}.tool_calls")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        path = f"{where}.tool_call_id"
        raise bad_request(f"Missing required parameter: '{path}'.", path, _MISSING)


def _check_content(message: dict[str, Any], role: str, where: str) -> None:
    content = message.get("content")
    if content is None:
        if role == "assistant" and (message.get("tool_calls") or message.get("refusal")):
            return
        raise wrong_type(where, "one of a string or array of objects", None)
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(where, "one of a string or array of objects", content)
    for number, part in enumerate(content):
        _check_part(part, _PARTS.get(role, ("text",)), f"{where}[{number}]")


def _check_part(part: Any, kinds: tuple[str, ...], where: str) -> None:
    if not isinstance(part, dict):
        raise wrong_type(where, "an object", part)
    kind = part.get("type")
    if kind not in kinds:
        raise wrong_value(f"{where}.type", kind, ", ".join(map(repr, kinds)))
    value = part.get(_PART_FIELDS[kind])
    if kind == "image_url":
        if not isinstance(value, dict) or not isinstance(value.get("url"), str):
            raise wrong_type(f"{where}.image_url", "an object", value)
    elif not isinstance(value, str):
        raise wrong_type(f"{where}.{kind}", "a string", value)


def _check_tool_calls(calls: Any, where: str) -> None:
    if not isinstance(calls, list) or not calls:
        raise wrong_type(where, "a non-empty array of objects", calls)
    for number, call in enumerate(calls):
        path = f"{where}[{number}]"
        if not isinstance(call, dict) or not isinstance(call.get("id"), str):
            raise bad_request(f"Missing required parameter: '{path}.id'.", path, _MISSING)
        if call.get("type") != "function":
            raise wrong_value(f"{path}.type", call.get("type"), "'function'")
        function = call.get("function")
        wanted = ("name", "arguments")
        if not isinstance(function, dict) or not all(
            isinstance(function.get(name), str) for name in wanted
        ):
            raise wrong_type(f"{path}.function", "an object with name and arguments", function)


def _check_tool_results(messages: list[dict[str, Any]]) -> None:
    waiting: list[str] = []
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise bad_request(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceding message with 'tool_calls'.",
                    f"messages[{number}].role",
                )
            waiting.remove(message["tool_call_id"])
            continue
        _refuse_unanswered(waiting)
        waiting = [call["id"] for call in message.get("tool_calls", ())]
    _refuse_unanswered(waiting)


def _refuse_unanswered(waiting: list[str]) -> None:
    if waiting:
        raise bad_request(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(waiting),
            "messages",
        )


_MISSING = "missing_required_parameter"
