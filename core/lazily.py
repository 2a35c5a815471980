"""Load of a library what is used, where it hands out everything in one place.

`import aiohttp` loads its client too, which a service with only the web chat never needs, and
`import openai` half a thousand kinds of requests that nobody here makes. Such a package is a
catalogue: its own file does nothing but import names from its modules. Here the file is read
instead of run, and each name is loaded when somebody first asks for it.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

Place = tuple[str, str]
"""A module, relative to the package, and a name in it; "" for the module itself."""


def lazily(*names: str) -> None:
    """From now on, load these packages so. One that is loaded already, or does more than a
    catalogue, stays as it is."""
    sys.meta_path.insert(0, _Finder(names))


class _Finder(MetaPathFinder):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._names:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or not isinstance(spec.loader, InspectLoader):
            return None
        tree = ast.parse(spec.loader.get_source(name) or "")
        if not all(map(_is_harmless, tree.body)):
            return None
        spec.loader = _Reader(tree)
        return spec


class _Reader(Loader):
    """Reads a catalogue in the place of running it."""

    def __init__(self, tree: ast.Module) -> None:
        self._values = dict(_values(tree))
        self._places = dict(_places(tree))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Catalogue(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.update(self._values, _places=self._places)


class _Catalogue(ModuleType):
    _places: dict[str, Place]

    def __getattr__(self, name: str) -> Any:
        missing = AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if name.startswith("__"):
            raise missing
        module, inside = self._places.get(name, (f".{name}", ""))
        try:
            found = importlib.import_module(module, self.__name__)
        except ModuleNotFoundError:
            raise missing from None
        value = getattr(found, inside) if inside else found
        setattr(self, name, value)
        return value


def _is_harmless(node: ast.stmt) -> bool:
    match node:
        case ast.ImportFrom() | ast.Import() | ast.FunctionDef() | ast.Expr(ast.Constant()):
            return True
        case ast.Assign([ast.Name()], value) | ast.AnnAssign(ast.Name(), value=value):
            return _is_literal(value)
        case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Compare(ast.Name("__name__"))):
            return True
        case _:
            return False


def _is_literal(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Tuple | ast.List) and all(map(_is_literal, node.elts))
    )


def _values(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """What the file itself says, such as __version__ and __all__."""
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), value=value):
                if value is not None:
                    yield name, ast.literal_eval(value)
            case _:
                continue


def _places(tree: ast.Module) -> Iterator[tuple[str, Place]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            for alias in node.names:
                place = (f".{node.module}", alias.name) if node.module else (f".{alias.name}", "")
                yield alias.asname or alias.name, place
