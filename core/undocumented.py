"""Load libraries without the texts that explain their functions.

No service reads them, and they take two megabytes, with every channel three. `python -OO` leaves
them out as well, but takes the libraries' assertions along and compiles everything anew. Here the
compiled files are used as they are: such a text is the first constant of its function, and is
taken out of those functions that do not use it for anything else.
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

_ATTACHED = ("sqlalchemy.orm.",)  # those who insist on having them
_FUNCTION = CO_OPTIMIZED | CO_NEWLOCALS
_FIRST_CONSTANT = [bytes((opcode, 0)) for opcode in dis.hasconst if opcode < 256]


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
        if code is None or fullname.startswith(_ATTACHED):
            return code
        return _bare(code)


def _bare(code: CodeType) -> CodeType:
    """`code` and all code in it without texts."""
    constants = [_bare(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    if _has_doc(code):
        constants[0] = None
    elif all(one is other for one, other in zip(constants, code.co_consts, strict=True)):
        return code
    return code.replace(co_consts=tuple(constants))


def _has_doc(code: CodeType) -> bool:
    if code.co_flags & _FUNCTION != _FUNCTION or not code.co_consts:
        return False
    if not isinstance(code.co_consts[0], str):
        return False
    return not any(_is_in(code.co_code, instruction) for instruction in _FIRST_CONSTANT)


def _is_in(instructions: bytes, one: bytes) -> bool:
    """Whether `one` is among `instructions`, each of two bytes."""
    at = instructions.find(one)
    while at >= 0:
        if at % 2 == 0:
            return True
        at = instructions.find(one, at + 1)
    return False
