"""Who hands out memory: Python's own allocator is quick, the C library's gives back.

Python's keeps a whole megabyte for the sake of one small object in it, and after thousands of
sockets there is one in nearly each. The C library's gives every free page back, but needs up to a
fifth more time for everything, and 8 bytes more for each object. So it serves only where much of
what is allocated will soon be gone.

Either may be in force at any moment, because Python's own frees what both have handed out: it
knows its blocks by their addresses, and has its large ones from the C library anyway.
"""

from __future__ import annotations

import ctypes
import os
import sys

_RAW, _MEM, _OBJ = range(3)  # PyMemAllocatorDomain
_ARENA_MAX = -8  # of mallopt
_NEWEST = (3, 14)  # of which it is known


class _Allocator(ctypes.Structure):
    """PyMemAllocatorEx of Python's C API."""

    _fields_ = tuple(
        (name, ctypes.c_void_p) for name in ("context", "malloc", "calloc", "realloc", "free")
    )


class Allocator:
    """That of this process: there is one interpreter, so everybody's is the same."""

    def __init__(self) -> None:
        self._quick = _in_force(_OBJ) if _can_choose() else None
        if self._quick is None:
            return
        raw = _in_force(_RAW)
        quick = self._quick
        self._thrifty = _Allocator(None, raw.malloc, raw.calloc, quick.realloc, quick.free)
        # Threads would get a heap each, with its own gaps.
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)

    def give_back(self, wanted: bool) -> None:
        """Whether what is allocated from now on is given back when it is free. Changes nothing
        where the interpreter or the C library are not known to be able to."""
        if self._quick is None:
            return
        chosen = self._thrifty if wanted else self._quick
        for domain in (_MEM, _OBJ):
            ctypes.pythonapi.PyMem_SetAllocator(domain, ctypes.byref(chosen))


def _in_force(domain: int) -> _Allocator:
    found = _Allocator()
    ctypes.pythonapi.PyMem_GetAllocator(domain, ctypes.byref(found))
    return found


def _can_choose() -> bool:
    """Only where Python's own is in force, as it is: debugging and tracing wrap it, once for each
    domain, and such a wrapper does not know what another has handed out."""
    if "PYTHONMALLOC" in os.environ or not _is_known():
        return False
    raw, memory, objects = map(_in_force, (_RAW, _MEM, _OBJ))
    return bytes(memory) == bytes(objects) and objects.malloc != raw.malloc


def _is_known() -> bool:
    """Other C libraries are slow with many small objects, or have nothing to tidy them up; the
    interpreter without a GIL has another allocator."""
    if sys.implementation.name != "cpython" or "t" in sys.abiflags:
        return False
    try:
        is_glibc = bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, ValueError):
        return False
    return is_glibc and sys.version_info[:2] <= _NEWEST
