"""One settings file on its way to being `Settings`: the tree, and all that is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import Problem
from core.settings.complaints import did_you_mean, sentence
from core.settings.environment import expand
from core.settings.nodes import (
    ListNode,
    Loc,
    MapNode,
    Node,
    ScalarNode,
    find,
    place,
    plain,
    resolve,
    scalars,
)
from core.settings.source import Source

Model = TypeVar("Model", bound=BaseModel)

_RETYPED = {"int_type", "float_type", "bool_type"}
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")
_SHORTEST_SECRET = 6  # shorter values would blank out ordinary words


class Draft:
    """Collects problems and warnings with their places while the parts are validated."""

    def __init__(self, source: Source, root: MapNode, problems: Iterable[Problem]) -> None:
        self.source = source
        self.root = root
        self.problems = list(problems)
        self.warnings: list[Problem] = []
        self._known_places = {(problem.line, problem.column) for problem in self.problems}
        self._filled: dict[str, str] = {}  # values from the environment, and what to show instead

    def complain(self, index: int, message: str, hint: str = "") -> None:
        problem = self.source.problem(index, self._shown(message), self._shown(hint))
        if (problem.line, problem.column) not in self._known_places:  # else only its consequence
            self.problems.append(problem)

    def complain_at(self, loc: Loc, message: str, hint: str = "", *, key: bool = False) -> None:
        self.complain(place(self.root, loc, key=key), message, hint)

    def warn_at(self, loc: Loc, message: str, hint: str = "", *, key: bool = False) -> None:
        index = place(self.root, loc, key=key)
        self.warnings.append(self.source.problem(index, self._shown(message), self._shown(hint)))

    def fill(self, values: Mapping[str, str]) -> dict[str, str]:
        """Put the environment in; gives the variable behind each value, by dotted path."""
        done: set[int] = set()
        for _, node in scalars(self.root):
            if id(node) not in done:
                done.add(id(node))
                self._remember(node.text, values)
                expand(node, values, self.complain)
        self._known_places = {(problem.line, problem.column) for problem in self.problems}
        return {path: node.variable for path, node in scalars(self.root) if node.variable}

    def _remember(self, text: str, values: Mapping[str, str]) -> None:
        for name in _REFERENCE.findall(text):
            if len(values.get(name, "")) >= _SHORTEST_SECRET:
                self._filled[values[name]] = f"${{{name}}}"
                self.source.secrets.add(values[name])

    def _shown(self, text: str) -> str:
        """`text` for everybody's eyes: a secret may stand where nobody expected one."""
        for value in sorted(self._filled, key=len, reverse=True):
            text = text.replace(value, self._filled[value])
        return text

    def allow_empty(self, group: Node | None, names: Iterable[str]) -> None:
        """Let a group whose lines are all commented out stand for an empty one."""
        if not isinstance(group, MapNode):
            return
        for name in names:
            node = group.items.get(name)
            if isinstance(node, ScalarNode) and node.plain and node.text == "":
                group.items[name] = MapNode(node.index)

    def only(self, loc: Loc, known: Sequence[str]) -> None:
        """Complain about keys of the group at `loc` that are not `known`."""
        node = find(self.root, loc)
        for name in node.items if isinstance(node, MapNode) else ():
            if name not in known:
                self.complain_at(
                    [*loc, name], f'unknown key "{name}"', did_you_mean(name, known), key=True
                )

    def validated(self, model: type[Model], loc: Loc) -> Model | None:
        """The part at `loc` as a model, its defaults when the file is silent, None when unfit."""
        node = find(self.root, loc)
        if node is None:
            node = MapNode(place(self.root, loc))
        try:
            return _validated(model, node)
        except ValidationError as error:
            seen: set[int] = set()
            for one in _causes(error):
                at_key = one["type"] == "extra_forbidden" or one["loc"][-1:] == ("[key]",)
                index = place(node, one["loc"], key=at_key)
                if index not in seen:  # else another branch of a union, about the same value
                    seen.add(index)
                    self.complain(index, *sentence(model, node, one))
            return None

    def items(self, name: str) -> list[Node]:
        """The items of the list under this top-level key; complains when it is no list."""
        node = self.root.items.get(name)
        if isinstance(node, ListNode):
            return node.items
        if node is not None and not (isinstance(node, ScalarNode) and node.value is None):
            self.complain(node.index, "a list is expected here", "begin each item with '- '")
        return []


def _validated(model: type[Model], node: Node) -> Model:
    try:
        return model.model_validate_json(json.dumps(plain(node)), strict=True)
    except ValidationError as error:
        if not _retype(node, error):
            raise
    return model.model_validate_json(json.dumps(plain(node)), strict=True)


def _causes(error: ValidationError) -> list[Any]:
    # A list is also called too short when its items are refused, which is no news to anybody.
    errors = error.errors(include_url=False, include_input=False)
    return [
        one
        for one in errors
        if one["type"] != "too_short"
        or not any(
            other["loc"][: len(one["loc"])] == one["loc"] != other["loc"] for other in errors
        )
    ]


def _retype(node: Node, error: ValidationError) -> bool:
    # The environment holds only texts, so a number or a switch from there is read as YAML would.
    changed = False
    for one in error.errors(include_url=False, include_input=False):
        scalar = find(node, one["loc"])
        if one["type"] in _RETYPED and isinstance(scalar, ScalarNode) and scalar.variable:
            scalar.value = resolve(str(scalar.value))
            changed = True
    return changed
