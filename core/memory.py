"""Keep the garbage collector out of everybody's way, and give memory back after a crowd.

What is loaded at start lives as long as the process. To look through it again and again for
garbage stops all conversations, for up to a second while thousands of sockets come in.
"""

from __future__ import annotations

import ctypes
import gc
import pickle
from typing import TypeVar

from core.allocator import Allocator

T = TypeVar("T")

_MANY = 250  # sockets from which on memory must be such that can be given back
_CROWD = 500  # sockets fewer than at the peak, after which it is worth while to tidy up


def load() -> None:
    """Call it before anything is loaded: what is loaded stays, and to look through it for garbage
    again and again would take a tenth of the start. `settle` must follow."""
    gc.disable()


def settle() -> None:
    """Call it once everything is loaded: give back what that took, leave alone what is there, and
    look less often."""
    gc.collect()
    trim()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


class Crowd:
    """Everybody who is connected, as far as memory goes."""

    def __init__(self, allocator: Allocator | None = None) -> None:
        """Without `allocator`, what hands out memory stays as it is."""
        self._allocator = allocator
        self._is_large = False
        self._peak = 0
        self._before = 0

    def _give_back(self, wanted: bool) -> None:
        self._is_large = wanted
        if self._allocator is not None:
            self._allocator.give_back(wanted)

    def grew(self, connections: int) -> None:
        """Call it as soon as there are more; a crowd may be there within a second."""
        if connections >= _MANY and not self._is_large:
            self._give_back(True)

    def look(self, connections: int) -> bool:
        """Call it every few seconds. Gives back what many have left behind, once it is quiet;
        whether that was done."""
        quiet = connections >= self._before
        self._before = connections
        self._peak = max(self._peak, connections)
        if quiet and self._is_large and connections < _MANY // 2:
            self._give_back(False)
        if not quiet or self._peak - connections < _CROWD:
            return False
        self._peak = connections
        gc.collect()
        trim()
        return True


def moved(value: T) -> T:
    """`value` in a place of its own. Where it was made lies all that making it took, and the
    system gets back no page with a piece of it."""
    gc.collect()
    trim()
    copy: T = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own
    return copy


def trim() -> None:
    """Give free pages back to the system, where the C library can. Best in a thread."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
