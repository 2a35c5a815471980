"""Cut texts into what they have in common: words, pairs of words, and parts of words.

Words lose their endings first: the stemmers for English and Russian serve as well for others that
are written in Latin or Cyrillic letters, because all texts go through the same. Parts of words
find the rest: German compounds, typing errors. A feature is kept as a number of 32 bits, as its
text would take ten times the room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from Stemmer import Stemmer  # type: ignore[import-not-found]

from core.folding import words

Ids = NDArray[np.uint32]
_SHORTEST, _LONGEST = 2, 4
_LATIN, _CYRILLIC = Stemmer("english", 0).stemWord, Stemmer("russian", 0).stemWord


@dataclass(frozen=True, slots=True)
class Cut:
    """A text in pieces: its words without their endings, `pairs` of them that are near each
    other, and their `parts`; also the words `whole`, in their order."""

    words: Ids
    pairs: Ids
    parts: Ids
    whole: Ids


@dataclass(slots=True)
class Cutter:
    """Cuts texts; quicker for many, as it knows the words it has seen."""

    known: dict[str, Ids] = field(default_factory=dict)

    def cut(self, text: str) -> Cut:
        found = words(text)
        parts = np.concatenate([self._parts(word) for word in found] or [_numbers([])])
        stems = [_stem(word) for word in found]
        near = [*pairwise(stems), *zip(stems, stems[2:], strict=False)]
        # In either order: "cancel the order", and "the order to cancel".
        pairs = [f"{min(pair)} {max(pair)}" for pair in near]
        return Cut(_numbers(stems), _numbers(pairs), parts, _numbers(found))

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


def _stem(word: str) -> str:
    stem: str = _CYRILLIC(word) if word[0] > "\u03ff" else _LATIN(word)
    return stem


def _numbers(features: Sequence[str]) -> Ids:
    return np.array([crc32(one.encode()) for one in features], dtype=np.uint32)
