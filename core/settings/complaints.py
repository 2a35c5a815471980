"""Turn what the models refuse into sentences for an admin: what was expected, and how to write it.

No value is ever quoted unless it is a bare word of YAML, because it might be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from core.settings.nodes import Loc, MapNode, Node, ScalarNode, find

Complaint = tuple[int, str, str]
"""The place in the text, what is wrong, and what to do."""

_EXPECTED = {
    "string_type": "a text is expected here",
    "int_type": "a whole number is expected here",
    "int_from_float": "a whole number is expected here",
    "float_type": "a number is expected here",
    "bool_type": "true or false is expected here",
    "tuple_type": "a list is expected here",
    "list_type": "a list is expected here",
    "model_type": "a group of keys is expected here",
    "dict_type": "a group of keys is expected here",
    "too_short": "this list is empty",
    "string_too_short": "this text is empty",
    "finite_number": "an ordinary number is expected here",
}
_BOUNDS = {
    "greater_than_equal": ("too small", "ge", "at least"),
    "less_than_equal": ("too large", "le", "at most"),
    "greater_than": ("too small", "gt", "more than"),
    "less_than": ("too large", "lt", "less than"),
    "string_too_long": ("too long", "max_length", "at most this many characters:"),
    "too_long": ("too long", "max_length", "at most this many items:"),
}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint towards the right word: the nearest one, or all of them when none is near."""
    import difflib  # only where there is a mistake

    choices = sorted(known)
    near = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known here: {', '.join(choices)}" if choices else ""


def sentence(model: type[BaseModel], root: Node, error: Any) -> tuple[str, str]:
    """What is wrong and what to do, for one of pydantic's errors about `root`."""
    kind, loc, context = error["type"], error["loc"], error.get("ctx", {})
    if kind == "unfit":
        return context["message"], context["hint"]
    if kind == "extra_forbidden":
        return f'unknown key "{loc[-1]}"', did_you_mean(str(loc[-1]), _known(model, loc[:-1]))
    if kind == "missing":
        return f'the key "{loc[-1]}" is missing', f"add a line {loc[-1]}: …"
    if kind == "value_error":
        return str(context["error"]), ""
    if kind in ("literal_error", "enum"):
        return "this is not one of the choices", f"write {context['expected']}"
    if kind == "string_pattern_mismatch":
        return "this name has characters that do not work here", "use letters, digits, - _ and ."
    if kind in _BOUNDS:
        word, limit, phrase = _BOUNDS[kind]
        return f"this is {word}", f"{phrase} {context[limit]}"
    return _EXPECTED.get(kind, str(error["msg"])), _cure(kind, find(root, _real(root, loc)))


def _real(root: Node, loc: Loc) -> list[int | str]:
    """`loc` without the steps that only pydantic knows, such as a branch of a union."""
    kept: list[int | str] = []
    for step in loc:
        if find(root, [*kept, step]) is not None:
            kept.append(step)
    return kept


def _cure(kind: str, node: Node | None) -> str:
    if isinstance(node, ScalarNode):
        return _cure_for_scalar(kind, node)
    if kind == "string_type":
        return (
            "put the text in quotes" if isinstance(node, MapNode) else "write one text, not a list"
        )
    if kind in ("dict_type", "model_type"):
        return "write key: value, without a dash or brackets"
    if kind in ("tuple_type", "list_type"):
        return "put each item on a line of its own, after '- '"
    if kind == "too_short":
        return "put something in, or take the key out"
    return "write one value, not a list or a group" if node else ""


def _cure_for_scalar(kind: str, node: ScalarNode) -> str:
    word = node.text.lower()
    if kind == "string_type":
        return f'put it in quotes: "{node.text}"' if node.text else 'write "" for nothing'
    if kind == "bool_type" and word in ("yes", "on", "y", "no", "off", "n"):
        return f"write {'true' if word in ('yes', 'on', 'y') else 'false'}"
    if kind in ("int_type", "float_type") and re.fullmatch(r"\s*\d{1,18}\s*", word, re.ASCII):
        digits = word.strip().lstrip("0") or "0"
        return f"write {digits}, without quotes and without a zero in front"
    if kind in ("tuple_type", "list_type"):
        return "put it in brackets: [ … ]"
    if kind in ("dict_type", "model_type"):
        return "write key: value on the lines below, two spaces further in"
    return ""


def _known(model: Any, loc: Loc) -> list[str]:
    kind = model
    for step in loc:
        kind = _inside(kind, step)
    kind = next((k for k in _alternatives(kind) if hasattr(k, "model_fields")), None)
    return list(kind.model_fields) if kind else []


def _inside(kind: Any, step: int | str) -> Any:
    for choice in _alternatives(kind):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            found = choice.model_fields.get(str(step))
            return found.annotation if found else None
        arguments = get_args(choice)
        if get_origin(choice) in (tuple, list):
            return arguments[0]
        if get_origin(choice) is dict:
            return arguments[1]
    return None


def _alternatives(kind: Any) -> list[Any]:
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [one for part in get_args(kind) for one in _alternatives(part)]
    return [kind]
