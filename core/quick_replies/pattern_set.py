"""Find which of many patterns are in a message by one search, so that many cost like one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import re2  # type: ignore[import-untyped]

from core.quick_replies.patterns import Pattern, options

_MAX_MEMORY = 64 << 20


class PatternSet:
    """All patterns as one automaton."""

    def __init__(self, patterns: Sequence[Pattern], max_memory: int = _MAX_MEMORY) -> None:
        """`max_memory`: bytes that the automaton may come to need."""
        self._patterns = tuple(patterns)
        together = re2.Set.SearchSet(options(max_memory))
        for pattern in patterns:
            together.Add(pattern.narrow)
        # RE2 gives up without a word when a message makes the automaton too large. This pattern
        # is in every message, so its absence is the word.
        self._witness: int = together.Add("")
        self._set = together if _compiles(together) else None

    def found(self, text: bytes) -> list[Pattern] | None:
        """The patterns that are in `text`, in any order; None in the rare case that
        this cannot be told so, and each must be asked by itself."""
        if self._set is None:
            return None
        found: list[int] = self._set.Match(text) or []
        if self._witness not in found:
            return None
        if len(found) == 1:
            return []
        return [self._patterns[number] for number in found if number != self._witness]


def _compiles(patterns: Any) -> bool:
    """False where the patterns together are too large, however small each of them is."""
    try:
        patterns.Compile()
    except re2.error:
        return False
    return True
