"""The tree that a settings file describes, in which every key and value knows its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Scalar = str | int | float | bool | None
Loc = Sequence[int | str]

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, Scalar] = {"": None, "~": None}
for _name, _value in (("null", None), ("true", True), ("false", False)):
    _WORDS.update(dict.fromkeys((_name, _name.title(), _name.upper()), _value))


def resolve(text: str) -> Scalar:
    """What an unquoted scalar means. Anything unusual (010, 0x1F, 12:30, no) is a text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and any(char.isdigit() for char in text):
        return float(text)
    return text


@dataclass(slots=True)
class ScalarNode:
    """`variable` is the environment variable that gave the whole value, "" for none."""

    index: int
    value: Scalar
    text: str
    plain: bool
    variable: str = ""


@dataclass(slots=True)
class ListNode:
    index: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class MapNode:
    """`keys` has the place of each key of `items`."""

    index: int
    items: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)


Node = ScalarNode | ListNode | MapNode


def plain(node: Node) -> Any:
    """The tree as plain Python values."""
    match node:
        case MapNode():
            return {key: plain(item) for key, item in node.items.items()}
        case ListNode():
            return [plain(item) for item in node.items]
        case ScalarNode():
            return node.value


def child(node: Node | None, step: int | str) -> Node | None:
    if isinstance(node, MapNode):
        return node.items.get(str(step))
    if isinstance(node, ListNode) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def find(root: Node, loc: Loc) -> Node | None:
    """The node at `loc`, None when the file has nothing there."""
    node: Node | None = root
    for step in loc:
        node = child(node, step)
    return node


def place(root: Node, loc: Loc, *, key: bool = False) -> int:
    """The index of the value at `loc` or, where there is none, of what is nearest above it.

    `key`: of the key instead of the value.
    """
    index, node = root.index, root
    for step in loc:
        below = child(node, step)
        if below is None:
            continue
        at_key = key and isinstance(node, MapNode)
        index = node.keys[str(step)] if at_key and isinstance(node, MapNode) else below.index
        node = below
    return index


def scalars(node: Node, path: tuple[int | str, ...] = ()) -> Iterator[tuple[str, ScalarNode]]:
    """Every scalar with its dotted path, aliases as often as they are used."""
    match node:
        case MapNode():
            for key, item in node.items.items():
                yield from scalars(item, (*path, key))
        case ListNode():
            for number, item in enumerate(node.items):
                yield from scalars(item, (*path, number))
        case ScalarNode():
            yield ".".join(map(str, path)), node
