"""Reading a chat request: every parameter known, of its type and inside its range, or refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sandbox.openai.conversation import check_messages
from sandbox.openai.refusal import bad_request, no_such_model, wrong_type, wrong_value
from sandbox.openai.tools import check_choice, check_tools
from sandbox.openai.turn import Request

_NUMBERS: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
_INTEGERS = {"max_completion_tokens": 1, "max_tokens": 1, "seed": -(2**63)}
_WORDS = {
    "reasoning_effort": ("none", "minimal", "low", "medium", "high", "xhigh"),
    "verbosity": ("low", "medium", "high"),
    "service_tier": ("auto", "default", "flex", "scale", "priority"),
}
_STRINGS = {"user", "safety_identifier", "prompt_cache_key"}
_FLAGS = {"stream", "store", "parallel_tool_calls"}
_OTHERS = {"model", "messages", "tools", "tool_choice", "stream_options", "response_format"}
_KNOWN = {*_NUMBERS, *_INTEGERS, *_WORDS, *_STRINGS, *_FLAGS, *_OTHERS, "stop", "metadata", "n"}
_REASONING = ("gpt-5", "o1", "o3", "o4")


def read_chat(body: Any, models: Collection[str], context_tokens: int) -> Request:
    """The request in `body`; raises Refusal in the API's own words."""
    if not isinstance(body, dict):
        raise bad_request("We could not parse the JSON body of your request: expected an object.")
    _check_names(body)
    # The API takes null for "not given".
    given = {name: value for name, value in body.items() if value is not None}
    _check_model(given, models)
    check_messages(given.get("messages"))
    _check_values(given)
    _check_reasoning(given)
    if "tools" in given:
        check_tools(given["tools"])
    if "tool_choice" in given:
        check_choice(given["tool_choice"], given.get("tools", []))
    _check_format(given)
    request = _request(given)
    _check_length(request, context_tokens)
    return request


def _request(given: dict[str, Any]) -> Request:
    return Request(
        model=given["model"],
        messages=given["messages"],
        tools=given.get("tools", []),
        stream=given.get("stream", False),
        include_usage=_includes_usage(given),
        max_tokens=given.get("max_completion_tokens", given.get("max_tokens")),
        body=given,
    )


def _check_names(body: dict[str, Any]) -> None:
    for name in body:
        if name not in _KNOWN:
            raise bad_request(
                f"Unrecognized request argument supplied: {name}", name, "unknown_parameter"
            )
    for name in ("model", "messages"):
        if body.get(name) is None:
            message = f"Missing required parameter: '{name}'."
            raise bad_request(message, name, "missing_required_parameter")


def _check_model(given: dict[str, Any], models: Collection[str]) -> None:
    if not isinstance(given["model"], str):
        raise wrong_type("model", "a string", given["model"])
    if given["model"] not in models:
        raise no_such_model(given["model"])


def _check_values(given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name in _NUMBERS:
            _check_number(name, value, *_NUMBERS[name])
        elif name in _INTEGERS:
            _check_integer(name, value, _INTEGERS[name])
        elif name in _WORDS and value not in _WORDS[name]:
            raise wrong_value(name, value, ", ".join(map(repr, _WORDS[name])))
        elif name in _STRINGS and not isinstance(value, str):
            raise wrong_type(name, "a string", value)
        elif name in _FLAGS and not isinstance(value, bool):
            raise wrong_type(name, "a boolean", value)
    if given.get("n", 1) != 1:
        raise bad_request("Invalid 'n': this stand-in gives one choice.", "n", "invalid_value")
    if "max_tokens" in given and "max_completion_tokens" in given:
        message = (
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        )
        raise bad_request(message, "max_tokens", "invalid_parameter_combination")
    _check_metadata(given.get("metadata", {}))
    _check_stop(given.get("stop", []))


def _check_number(name: str, value: Any, lowest: float, highest: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong_type(name, "a decimal", value)
    if value > highest:
        message = f"Invalid '{name}': decimal above maximum value. Expected a value <= {highest}"
        raise bad_request(f"{message}, but got {value} instead.", name, "decimal_above_max_value")
    if value < lowest:
        message = f"Invalid '{name}': decimal below minimum value. Expected a value >= {lowest}"
        raise bad_request(f"{message}, but got {value} instead.", name, "decimal_below_min_value")


def _check_integer(name: str, value: Any, lowest: int) -> None:
    if type(value) is not int:
        raise wrong_type(name, "an integer", value)
    if value < lowest:
        message = f"Invalid '{name}': integer below minimum value. Expected a value >= {lowest}"
        raise bad_request(f"{message}, but got {value} instead.", name, "integer_below_min_value")


def _check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict):
        raise wrong_type("metadata", "an object", metadata)
    small = all(isinstance(v, str) and len(v) <= 512 for v in metadata.values())
    if len(metadata) > 16 or not small:
        message = "Invalid 'metadata': at most 16 pairs of strings up to 512 characters."
        raise bad_request(message, "metadata", "invalid_value")


def _check_stop(stop: Any) -> None:
    words = [stop] if isinstance(stop, str) else stop
    if not isinstance(words, list) or len(words) > 4:
        raise wrong_type("stop", "a string or an array of at most 4 strings", stop)


def _check_reasoning(given: dict[str, Any]) -> None:
    model = given["model"]
    if not model.startswith(_REASONING):
        if "reasoning_effort" in given:
            message = "Unsupported parameter: 'reasoning_effort' is not supported with this model."
            raise bad_request(message, "reasoning_effort", "unsupported_parameter")
        return
    if "max_tokens" in given:
        raise bad_request(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    for name in ("temperature", "top_p"):
        if given.get(name, 1) != 1:
            raise bad_request(
                f"Unsupported value: '{name}' does not support {given[name]} with this model. "
                "Only the default (1) value is supported.",
                name,
                "unsupported_value",
            )


def _includes_usage(given: dict[str, Any]) -> bool:
    options = given.get("stream_options")
    if options is None:
        return False
    if not given.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise bad_request(message, "stream_options")
    if not isinstance(options, dict):
        raise wrong_type("stream_options", "an object", options)
    unknown = set(options) - {"include_usage"}
    if unknown:
        path = f"stream_options.{min(unknown)}"
        raise bad_request(f"Unknown parameter: '{path}'.", path, "unknown_parameter")
    return options.get("include_usage") is True


def _check_format(given: dict[str, Any]) -> None:
    wanted = given.get("response_format", {"type": "text"})
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind not in ("text", "json_object", "json_schema"):
        allowed = "'text', 'json_object', 'json_schema'"
        raise wrong_value("response_format.type", kind, allowed)
    if kind == "json_object" and "json" not in str(given["messages"]).lower():
        message = (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'."
        )
        raise bad_request(message, "messages")
    if kind == "json_schema":
        described = wanted.get("json_schema")
        if not isinstance(described, dict) or not isinstance(described.get("name"), str):
            path = "response_format.json_schema.name"
            message = f"Missing required parameter: '{path}'."
            raise bad_request(message, path, "missing_required_parameter")


def _check_length(request: Request, context_tokens: int) -> None:
    used = request.tokens
    if used > context_tokens:
        raise bad_request(
            f"This model's maximum context length is {context_tokens} tokens. However, your "
            f"messages resulted in {used} tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        )
