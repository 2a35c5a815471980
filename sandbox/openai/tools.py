"""The tools a chat request offers, checked as the API checks them."""

from __future__ import annotations

import re
from typing import Any

from sandbox.openai.refusal import bad_request, wrong_type, wrong_value

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FIELDS = {"name", "description", "parameters", "strict"}
_CHOICES = ("none", "auto", "required")


def check_tools(tools: Any) -> None:
    """Raise Refusal for the first tool that the API would not take."""
    if not isinstance(tools, list):
        raise wrong_type("tools", "an array of objects", tools)
    if not tools:
        message = "Invalid 'tools': empty array. Expected an array with minimum length 1."
        raise bad_request(message, "tools", "empty_array")
    for number, tool in enumerate(tools):
        where = f"tools[{number}]"
        if not isinstance(tool, dict):
            raise wrong_type(where, "an object", tool)
        if tool.get("type") != "function":
            raise wrong_value(f"{where}.type", tool.get("type"), "'function'")
        _check_function(tool.get("function"), f"{where}.function")


def check_choice(choice: Any, tools: list[dict[str, Any]]) -> None:
    """Raise Refusal when `tool_choice` is none of the words and names no tool of `tools`."""
    if not tools:
        message = "Invalid value for 'tool_choice': 'tool_choice' is only allowed with 'tools'."
        raise bad_request(message, "tool_choice")
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise wrong_value("tool_choice", choice, ", ".join(map(repr, _CHOICES)))
        return
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if name not in [tool["function"]["name"] for tool in tools]:
        raise bad_request(f"Tool choice '{name}' not found in 'tools'.", "tool_choice")


def _check_function(function: Any, where: str) -> None:
    if not isinstance(function, dict):
        raise wrong_type(where, "an object", function)
    unknown = set(function) - _FIELDS
    if unknown:
        path = f"{where}.{min(unknown)}"
        raise bad_request(f"Unknown parameter: '{path}'.", path, "unknown_parameter")
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise bad_request(
            f"Invalid '{where}.name': expected a string that matches '^[a-zA-Z0-9_-]{{1,64}}$'.",
            f"{where}.name",
            "invalid_value",
        )
    if "description" in function and not isinstance(function["description"], str):
        raise wrong_type(f"{where}.description", "a string", function["description"])
    if "parameters" in function:
        _check_schema(name, function["parameters"], where, strict=function.get("strict") is True)


def _check_schema(name: str, schema: Any, where: str, *, strict: bool) -> None:
    def wrong(reason: str) -> Exception:
        message = f"Invalid schema for function '{name}': {reason}"
        return bad_request(message, f"{where}.parameters", "invalid_function_parameters")

    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise wrong("schema must be a JSON Schema of 'type: \"object\"'.")
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        raise wrong("'properties' must be an object.")
    required = schema.get("required", [])
    if not isinstance(required, list) or not set(required) <= set(properties):
        raise wrong("'required' must name properties.")
    if strict and schema.get("additionalProperties") is not False:
        raise wrong(
            "In context=(), 'additionalProperties' is required to be supplied and to be false."
        )
    if strict and set(required) != set(properties):
        raise wrong(
            "In context=(), 'required' is required to be supplied and to be an array including "
            "every key in properties."
        )
