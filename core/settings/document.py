"""Read YAML 1.2 into nodes, strictly: whatever a reader could misunderstand is a problem.

The tree is built from the parser's events, so that depth, aliases and repeated keys are judged
before they cost anything, and all of them are found in one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from core.errors import Problem, SettingsError
from core.settings.nodes import ListNode, MapNode, Node, ScalarNode, resolve
from core.settings.source import Source
from core.settings.syntax import explained

MAX_DEPTH = 30
MAX_BORROWED = 10_000  # nodes that aliases may add to a file

_STRING_TAGS = ("!", "tag:yaml.org,2002:str")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Shape(NamedTuple):
    """What a file should be: the least it needs, and what to do about one that has no keys."""

    least: str
    cure: str


SETTINGS = Shape("channels: {web: {}}", "it must be made of keys, like business: and gpt:")
RULES = Shape("quick_replies: []", "write quick_replies: above the rules")


class _Stop(Exception):
    """Going on would only produce follow-up problems."""


class _Composer:
    def __init__(self, source: Source) -> None:
        self.problems: list[Problem] = []
        self.roots: list[Node] = []
        self._source = source
        self._open: list[tuple[Node, list[Any]]] = []  # a collection and its keys and values
        self._anchors: dict[str, Node | None] = {}  # None: not complete yet
        self._sizes: dict[int, int] = {}
        self._unused: dict[str, int] = {}  # anchors without an alias, and their places
        self._borrowed = 0

    @property
    def opened(self) -> int | None:
        """Where the innermost collection that is not complete yet begins."""
        return self._open[-1][0].index if self._open else None

    def take(self, event: Any) -> None:
        index = event.start_mark.index if event.start_mark else 0
        match event:
            case DocumentStartEvent() if self.roots:
                self._stop(
                    index, "a second document begins here", "keep one; take the line --- out"
                )
            case AliasEvent():
                self._alias(event.anchor, index)
            case ScalarEvent():
                self._scalar(event, index)
            case SequenceStartEvent():
                self._begin(ListNode(index), event, index)
            case MappingStartEvent():
                self._begin(MapNode(index), event, index)
            case SequenceEndEvent() | MappingEndEvent():
                self._end()
            case _:  # the stream and the document begin and end without a node
                pass

    def problem(self, index: int, message: str, hint: str = "") -> None:
        self.problems.append(self._source.problem(index, message, hint))

    def close(self) -> None:
        """Look at what only the end of the file shows."""
        for name, index in self._unused.items():
            hint = f'take it out; a text that begins with & needs quotes: "&{name} …"'
            self.problem(index, f"&{name} is a name that nothing refers to", hint)

    def _named(self, anchor: str, index: int) -> None:
        self._unused[anchor] = index

    def _stop(self, index: int, message: str, hint: str) -> None:
        self.problem(index, message, hint)
        raise _Stop

    def _scalar(self, event: ScalarEvent, index: int) -> None:
        text, tag = event.value, event.tag
        is_plain = event.style is None and tag is None
        if _UNPRINTABLE.search(text):
            self.problem(index, "this text has a control character in it", "take the escape out")
            text = "x"  # so that nobody stumbles over it again
        self._check_tag(event, index, _STRING_TAGS)
        if event.anchor:
            self._named(event.anchor, index)
        node = ScalarNode(index, resolve(text) if is_plain else text, text, is_plain)
        self._add(node, event.anchor, 1)

    def _check_tag(self, event: NodeEvent, index: int, known: tuple[str, ...]) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and str(tag) not in known:
            shown = str(tag).replace("tag:yaml.org,2002:", "!!")
            hint = "tags mean nothing here; a text that begins with ! needs quotes"
            self.problem(index, f"unknown tag {shown}", hint)

    def _begin(self, node: Node, event: NodeEvent, index: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._stop(index, f"more than {MAX_DEPTH} levels deep", "is a bracket too many here?")
        kind = "seq" if isinstance(node, ListNode) else "map"
        self._check_tag(event, index, ("!", f"tag:yaml.org,2002:{kind}"))
        if event.anchor:
            self._named(event.anchor, index)
            self._anchors[event.anchor] = None
        self._open.append((node, [event.anchor, 1]))

    def _end(self) -> None:
        node, (anchor, size, *parts) = self._open.pop()
        if isinstance(node, ListNode):
            node.items.extend(parts)
        elif isinstance(node, MapNode):
            self._fill(node, parts)
        self._add(node, anchor, size)

    def _fill(self, node: MapNode, parts: list[Node]) -> None:
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            name = self._key(key)
            if name is None:
                continue
            if name in node.items:
                first, _ = self._source.position(node.keys[name])
                hint = f"the first one is on line {first}; keep one of them"
                self.problem(key.index, f'the key "{name}" is here twice', hint)
                continue
            node.items[name], node.keys[name] = value, key.index

    def _key(self, key: Node) -> str | None:
        if not isinstance(key, ScalarNode):
            hint = "a text in { } or [ ] needs quotes"
            self.problem(key.index, "a list or a group cannot be a key", hint)
        elif not key.text:
            self.problem(key.index, "a key is missing before the colon", "write name: value")
        elif key.plain and key.text == "<<":
            hint = "write the keys out, or use an alias for one whole value"
            self.problem(key.index, "merging with << does not work here", hint)
        else:
            return key.text
        return None

    def _alias(self, name: str, index: int) -> None:
        node = self._anchors.get(name)
        self._unused.pop(name, None)
        if name not in self._anchors:
            hint = f'a text that begins with * needs quotes: "*{name}"'
            self._stop(index, f"*{name} refers to nothing: there is no &{name} above", hint)
        if node is None:
            self._stop(index, f"*{name} contains itself", "write the value out")
            return
        size = self._sizes[id(node)]
        self._borrowed += size
        if self._borrowed > MAX_BORROWED:
            self._stop(index, "aliases make this file too large", "write the values out")
        self._add(node, None, size)

    def _add(self, node: Node, anchor: str | None, size: int) -> None:
        if anchor:
            self._anchors[anchor] = node
            self._sizes[id(node)] = size
        if not self._open:
            self.roots.append(node)
            return
        parts = self._open[-1][1]
        parts[1] += size
        parts.append(node)


class _NoLetter(YAMLError):
    """An escape such as \\UFFFFFFFF, which the parser takes for a number of any size."""


def parse(source: Source, shape: Shape = SETTINGS) -> tuple[MapNode, list[Problem]]:
    """The file's root and what is wrong with it. Raises SettingsError when there is no root.

    A problem in the list leaves a usable tree; what raises does not.
    """
    composer = _Composer(source)
    try:
        for event in _events(source):
            composer.take(event)
        composer.close()
    except _Stop:
        raise SettingsError(composer.problems) from None
    except YAMLError as error:
        problem = _syntax(source, error, composer.opened)
        raise SettingsError([*composer.problems, problem]) from None
    return _root(source, composer, shape), composer.problems


def _events(source: Source) -> Iterator[Any]:
    yaml: Any = YAML(typ="safe", pure=True)
    try:
        yield from yaml.parse(source.text)
    except (ValueError, OverflowError) as error:
        raise _NoLetter from error


def _syntax(source: Source, error: YAMLError, opened: int | None) -> Problem:
    if isinstance(error, MarkedYAMLError):
        return explained(source, error, opened)
    if isinstance(error, _NoLetter):
        what = "an escape after this place names no letter"
        return source.problem(opened or 0, what, "letters end with \\U0010FFFF")
    return source.problem(0, "this is not YAML", "is it really the settings file?")


def _root(source: Source, composer: _Composer, shape: Shape) -> MapNode:
    root = composer.roots[0] if composer.roots else None
    if isinstance(root, MapNode):
        return root
    if root is None or (isinstance(root, ScalarNode) and root.value is None):
        message, hint = "this file is empty", f"it needs at least: {shape.least}"
    else:
        kind = "a list" if isinstance(root, ListNode) else "a single text"
        message, hint = f"this file is {kind}", shape.cure
    raise SettingsError(
        [*composer.problems, source.problem(root.index if root else 0, message, hint)]
    )
