"""Load libraries without the texts that explain their functions and classes.

No service reads them, and they take three megabytes, with every channel five. `python -OO` leaves
them out as well, but takes the libraries' assertions along and compiles everything anew. Here the
compiled files are used as they are. Such a text is a constant of the code it belongs to, and is
replaced by a sign where no instruction uses it for anything else. It is replaced and not taken
out, because some libraries insist that there is one.
"""

from __future__ import annotations

import dis
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from inspect import CO_NEWLOCALS, CO_OPTIMIZED
from types import CodeType

_SIGN = "…"
_INSISTS = ("numpy",)  # reads its own texts, and alters them, when a part of it is loaded
_FUNCTION = CO_OPTIMIZED | CO_NEWLOCALS
_LOADING = [opcode for opcode in dis.hasconst if opcode < 256]
_LOAD_CONST, _STORE_NAME, _EXTENDED_ARG = (
    dis.opmap[name] for name in ("LOAD_CONST", "STORE_NAME", "EXTENDED_ARG")
)


def leave_out_docs() -> None:
    """Of whatever is loaded from now on."""
    loaders = (
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (_Loader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    sys.path_hooks.insert(0, FileFinder.path_hook(*loaders))
    sys.path_importer_cache.clear()


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType | None:
        code = super().get_code(fullname)
        if code is None or fullname.partition(".")[0] in _INSISTS:
            return code
        return _bare(code)


def _bare(code: CodeType) -> CodeType:
    """`code` and all code in it without texts."""
    old = code.co_consts
    new: list[object] | None = None
    for number, one in enumerate(old):
        if isinstance(one, CodeType) and (bare := _bare(one)) is not one:
            new = new or list(old)
            new[number] = bare
    if (doc := _doc(code)) is not None:
        new = new or list(old)
        new[doc] = _SIGN
    return code if new is None else code.replace(co_consts=tuple(new))


def _doc(code: CodeType) -> int | None:
    """The number of the constant that is nothing but a text about `code`."""
    is_function = code.co_flags & _FUNCTION == _FUNCTION
    number = 0 if is_function else _stored(code)  # a function's is simply the first
    if number is None or not code.co_consts or not isinstance(code.co_consts[number], str):
        return None
    instructions = code.co_code  # made anew whenever it is asked for
    uses = sum(_count(instructions, bytes((opcode, number))) for opcode in _LOADING)
    return number if uses == (0 if is_function else 1) else None


def _stored(code: CodeType) -> int | None:
    """Classes and modules load theirs, and store it under its name."""
    if "__doc__" not in code.co_names or (name := code.co_names.index("__doc__")) > 255:
        return None
    text = code.co_code
    at = text.find(bytes((_STORE_NAME, name)))
    if at < 4 or at % 2 or text[at - 2] != _LOAD_CONST or text[at - 4] == _EXTENDED_ARG:
        return None
    return text[at - 1]


def _count(instructions: bytes, one: bytes) -> int:
    """How often `one` is among `instructions`, each of two bytes."""
    count, at = 0, instructions.find(one)
    while at >= 0:
        count += at % 2 == 0
        at = instructions.find(one, at + 1)
    return count
