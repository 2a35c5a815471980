"""Sends the widget's many small files as two, because every request costs a visitor a round trip.

The scripts are ordinary modules that a browser could load one by one; they only use named imports
of each other and exported declarations. Each becomes a function that gives its exports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:class|(?:async )?function|const|let) (\w+))", re.MULTILINE)
_WAITS = re.compile(r"^await ", re.MULTILINE)
_COMMENT = re.compile(r"^\s*(?://.*|/\*.*\*/)\n", re.MULTILINE)
_INDENT = re.compile(r"^\s+", re.MULTILINE)


def scripts(modules: Mapping[str, str]) -> str:
    """One script that does what the module "app" does; `modules` by name without ".js"."""
    needs = {name: {found[2] for found in _IMPORT.finditer(s)} for name, s in modules.items()}
    order = TopologicalSorter(needs).static_order()
    return slim("const m = {};\n" + "".join(_module(name, modules[name]) for name in order))


def _module(name: str, source: str) -> str:
    body = _IMPORT.sub(r"const \1 = m.\2;", source)
    exports = ", ".join(_EXPORT.findall(body))
    begin = "await (async () => {" if _WAITS.search(body) else "(() => {"
    return f"m.{name} = {begin}\n{_EXPORT.sub('', body)}return {{ {exports} }};\n}})();\n"


def styles(sheets: Mapping[str, str]) -> str:
    """One style sheet; "frame" comes first."""
    return slim("".join(_sheets(sheets)))


def _sheets(sheets: Mapping[str, str]) -> Iterator[str]:
    yield sheets["frame"]
    yield from (sheets[name] for name in sorted(sheets) if name != "frame")


def slim(source: str) -> str:
    """`source` without the lines that are nothing but a comment, and without indentation."""
    return _INDENT.sub("", _COMMENT.sub("", source))
