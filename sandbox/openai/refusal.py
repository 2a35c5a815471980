"""What the API answers to a call it does not accept: a status and its own form of error."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """The call is not accepted; `code` and `param` say which rule and which argument."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code

    def body(self) -> dict[str, Any]:
        """The answer as the API writes it."""
        error = {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        return {"error": error}


def bad_request(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    return Refusal(400, message, param=param, code=code)


def wrong_type(param: str, expected: str, value: object) -> Refusal:
    """The refusal of an argument that is of another JSON type than `expected`."""
    given = _JSON_NAMES.get(type(value), "an object")
    message = f"Invalid type for '{param}': expected {expected}, but got {given} instead."
    return bad_request(message, param, "invalid_type")


def wrong_value(param: str, value: object, allowed: str) -> Refusal:
    message = f"Invalid value: {value!r}. Supported values are: {allowed}."
    return bad_request(message, param, "invalid_value")


def no_such_model(model: str) -> Refusal:
    message = f"The model `{model}` does not exist or you do not have access to it."
    return Refusal(404, message, code="model_not_found")


def wrong_key(key: str) -> Refusal:
    """401; the key is shown as the API shows it, by its ends only."""
    if not key:
        return Refusal(
            401,
            "You didn't provide an API key. You need to provide your API key in an "
            "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    shown = f"{key[:3]}{'*' * 8}{key[-4:]}" if len(key) > 11 else "*" * len(key)
    return Refusal(401, f"Incorrect API key provided: {shown}.", code="invalid_api_key")


_JSON_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    str: "a string",
    list: "an array",
}
