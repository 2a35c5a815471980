"""What a text means, as a vector: texts that mean the same point the same way, whatever the words.

A table has a vector for each of 40,000 English words, and a small network that looks at each word
between its neighbours. Both were taught by a language model what sentences mean, and came with us
(`core/words/SOURCES.md`): nothing is asked or fetched. What is not in English has no vector, and
is compared by its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.similarity.features import Ids
from core.similarity.vocabulary import Floats

_KNOWN = 0.5  # of a text's words must be in the table
_CHUNK = 512  # texts
_NOBODY = np.float32(1e-9)


@dataclass(frozen=True, slots=True)
class Meanings:
    """The vector of the i-th of `words`, by the number of its text, is `rows[i]` in `steps`; the
    last is any other word's. What a word says is seen in three `views`, side by
    side: for the word after it, for itself, and for the word before it. The sum of the words and
    the sum of what was `seen` make the text's vector."""

    words: Ids
    rows: NDArray[np.int8]
    steps: NDArray[np.float16]
    views: Floats
    bias: Floats
    plain: Floats
    seen: Floats

    def of(self, texts: Sequence[Ids]) -> Floats:
        """A row of length one for each of these texts, each a sequence of whole words; nought for
        one whose words are mostly strange."""
        chunks = [texts[first : first + _CHUNK] for first in range(0, len(texts), _CHUNK)]
        return np.concatenate([self._of(some) for some in chunks] or [self._of([])])

    def _of(self, texts: Sequence[Ids]) -> Floats:
        lengths = np.array([len(text) for text in texts], np.int64)
        vectors = np.zeros((len(texts), self.plain.shape[1]), np.float32)
        filled = np.flatnonzero(lengths)
        if not len(filled):
            return vectors
        starts = np.concatenate(([0], np.cumsum(lengths[filled])[:-1]))
        places, known = self._places(np.concatenate(texts))
        steps = self.steps[places, None].astype(np.float32)
        words: Floats = self.rows[places] * steps
        found = np.add.reduceat(words, starts) @ self.plain
        found += np.add.reduceat(self._seen(words, starts), starts) @ self.seen
        enough = np.add.reduceat(known, starts) >= _KNOWN * lengths[filled]
        vectors[filled] = unit(found) * enough[:, None]
        return vectors

    def _places(self, words: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows of these words, and a one for each that is known."""
        last = len(self.words) - 1
        places = np.minimum(np.searchsorted(self.words, words), last)
        known = self.words[places] == words
        return np.where(known, places, last), known.astype(np.int64)

    def _seen(self, words: Floats, starts: NDArray[np.int64]) -> Floats:
        """What each word is between its neighbours; texts do not see each other."""
        size = len(self.bias)
        views = words @ self.views
        seen = views[:, size : 2 * size] + self.bias
        before, after = np.ones((2, len(words), 1), np.float32)
        before[starts] = after[starts - 1] = 0
        seen[1:] += views[:-1, :size] * before[1:]
        seen[:-1] += views[1:, 2 * size :] * after[:-1]
        return np.asarray(np.maximum(seen, np.float32(0)))


@cache
def meanings() -> Meanings:
    """The table that came with us, read when it is first needed."""
    words, layers = _read("words"), _read("layers")[0]
    views, bias, plain, seen = (layers[name].astype(np.float32) for name in layers.dtype.names)
    numbers = np.ascontiguousarray(words["word"])
    return Meanings(numbers, words["row"], words["step"], views, bias, plain, seen)


def _read(name: str) -> NDArray[Any]:
    with as_file(files("core") / "words" / "meanings" / f"{name}.npy") as path:
        found: NDArray[Any] = np.load(path)
    return found


def unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, _NOBODY), np.float32)
