"""Keep the garbage collector out of everybody's way, and give memory back after a crowd.

What is loaded at start lives as long as the process. To look through it again and again for
garbage stops all conversations, for up to a second while thousands of sockets come in.
"""

from __future__ import annotations

import ctypes
import gc

_CROWD = 500  # sockets fewer than at the peak, after which it is worth while to tidy up


def settle() -> None:
    """Call it once everything is loaded: give back what that took, leave alone what is there, and
    look less often."""
    gc.collect()
    trim()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


class Tidy:
    """Notices that a crowd has gone, from the number of open connections at each look."""

    def __init__(self) -> None:
        self._peak = 0
        self._before = 0

    def look(self, connections: int) -> bool:
        """Give back what a crowd has left behind, once it is quiet; whether that was done."""
        quiet = connections >= self._before
        self._before = connections
        self._peak = max(self._peak, connections)
        if not quiet or self._peak - connections < _CROWD:
            return False
        self._peak = connections
        gc.collect()
        trim()
        return True


def trim() -> None:
    """Give free pages back to the system, where the C library can. Best in a thread."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
