"""What a method is called with: read from the request, converted, and checked without mercy.

Slack ignores arguments it does not know and forgives some types; here both are errors, because a
misspelt argument that is silently dropped is the kind of mistake a stand-in exists to find.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sandbox.slack.errors import SlackError

Arguments = dict[str, Any]


class Type(Enum):
    """The types of arguments; the value is the word in messages."""

    TEXT = "string"
    FLAG = "boolean"
    NUMBER = "integer"
    OBJECT = "object"
    LIST = "array"


@dataclass(frozen=True, slots=True)
class Argument:
    """What is known of one argument. A form's empty value counts as absent, except for text."""

    type: Type = Type.TEXT
    required: bool = False
    may_be_empty: bool = True

    @property
    def keeps_empty(self) -> bool:
        return self.type is Type.TEXT and self.may_be_empty


TEXT = Argument()
NEEDED = Argument(required=True, may_be_empty=False)
FLAG = Argument(Type.FLAG)
NUMBER = Argument(Type.NUMBER)
OBJECT = Argument(Type.OBJECT)
LIST = Argument(Type.LIST)

_FLAGS = {"1": True, "true": True, "True": True, "0": False, "false": False, "False": False}


def checked(known: Mapping[str, Argument], given: Mapping[str, Any]) -> Arguments:
    """The arguments converted to their types; every fault is named in one `invalid_arguments`."""
    arguments: Arguments = {}
    faults = [f"[ERROR] unknown field: {name}" for name in given if name not in known]
    for name, argument in known.items():
        value = given.get(name)
        if value is None or (value == "" and not argument.keeps_empty):
            if argument.required:
                faults.append(f"[ERROR] missing required field: {name}")
            continue
        try:
            arguments[name] = _converted(argument.type, value)
        except ValueError as fault:
            faults.append(f"[ERROR] {fault} [json-pointer:/{name}]")
    if faults:
        raise SlackError("invalid_arguments", *faults)
    return arguments


def _converted(wanted: Type, value: Any) -> Any:
    match wanted:
        case Type.TEXT if isinstance(value, str):
            return _sound(value)
        case Type.FLAG if isinstance(value, bool):
            return value
        case Type.FLAG if isinstance(value, str) and value in _FLAGS:
            return _FLAGS[value]
        case Type.NUMBER if isinstance(value, int) and not isinstance(value, bool):
            return value
        case Type.NUMBER if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        case Type.OBJECT | Type.LIST:
            return _structure(wanted, value)
        case _:
            raise ValueError(f"must provide a value of type: {wanted.value}")


def _structure(wanted: Type, value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError(f"must provide a value of type: {wanted.value}") from None
    if not isinstance(value, dict if wanted is Type.OBJECT else list):
        raise ValueError(f"must provide a value of type: {wanted.value}")
    _sound(json.dumps(value, ensure_ascii=False))
    return value


def _sound(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain lone surrogates") from None
    return text
