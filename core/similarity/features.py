"""Cut texts into what they have in common: words, pairs of words, and parts of words.

Parts of words find what no list of endings does: "refunded" beside "refund", German compounds,
typing errors. A feature is kept as a number of 32 bits, as its text would take ten times the room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from core.folding import words

Ids = NDArray[np.uint32]
_SHORTEST, _LONGEST = 2, 4


@dataclass(frozen=True, slots=True)
class Cut:
    """A text in pieces: its words as they follow each other, `pairs` of them, and `parts`."""

    words: Ids
    pairs: Ids
    parts: Ids


@dataclass(slots=True)
class Cutter:
    """Cuts texts; quicker for many, as it knows the words it has seen."""

    known: dict[str, Ids] = field(default_factory=dict)

    def cut(self, text: str) -> Cut:
        found = words(text)
        pairs = _numbers([f"{one} {two}" for one, two in pairwise(found)])
        parts = np.concatenate([self._parts(word) for word in found] or [_numbers([])])
        return Cut(_numbers(found), pairs, parts)

    def _parts(self, word: str) -> Ids:
        """Runs of two to four characters, the word's borders among them."""
        if word not in self.known:
            bordered = f"<{word}>"
            self.known[word] = _numbers(
                [
                    bordered[at : at + size]
                    for size in range(_SHORTEST, _LONGEST + 1)
                    for at in range(len(bordered) - size + 1)
                ]
            )
        return self.known[word]


def _numbers(features: Sequence[str]) -> Ids:
    return np.array([crc32(one.encode()) for one in features], dtype=np.uint32)
