"""Heights for very many examples: straight lines over few columns.

The words' features share some columns, each with a sign, so that strangers in a column cancel out.
For the meaning some texts are landmarks: how like each of them a message is, says where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.similarity.features import Ids
from core.similarity.heights import BY_MEANING, BY_WORDS, Found, belonging, solved, squared
from core.similarity.vocabulary import Floats, Places, Vocabulary

_WIDTH = 1024
_LANDMARKS = 512
_CHUNK = 1024
_FAINT = np.float32(0.01)
_HALF = np.float32(np.sqrt(0.5))


@dataclass(frozen=True, slots=True)
class Lines:
    """`slopes` says, in `steps` of the row, how much a shared column (its row) lifts a rule (its
    column): by words, and in the second half of the columns beside the meaning. `near` is how much
    likeness to each of the `landmarks` lifts it."""

    slopes: NDArray[np.int8]
    steps: Floats
    landmarks: Floats
    near: Floats

    @classmethod
    def learn(cls, kinds: Sequence[Vocabulary], senses: Floats, owners: Places) -> Lines:
        """As `Curves.learn`."""
        landmarks = _some(senses)
        spread = _spread(landmarks)
        width = _WIDTH + len(landmarks)
        square = np.zeros((width, width), np.float32)
        right = np.zeros((width, int(owners.max()) + 1), np.float32)
        for some in _chunks(len(owners)):
            words = np.add.reduce([_block(kind, some) for kind in kinds])
            rows = np.hstack((words, squared(senses[some] @ landmarks.T) @ spread))
            square += rows.T @ rows
            right += rows.T @ belonging(owners[some], owners)
        by_words = solved(square[:_WIDTH, :_WIDTH].copy(), right[:_WIDTH], BY_WORDS)
        both = solved(square, right, BY_MEANING)
        slopes = np.hstack((by_words, both[:_WIDTH]))
        steps = np.maximum(np.abs(slopes).max(axis=1), _FAINT) / 127
        whole = np.rint(slopes / steps[:, None]).astype(np.int8)
        return cls(whole, steps, landmarks, spread @ both[_WIDTH:])

    def by_words(self, found: Found, likeness: Floats) -> Floats:
        return self._raised(found, slice(None, self.near.shape[1]))

    def by_meaning(self, found: Found, likeness: Floats, sense: Floats, alike: Floats) -> Floats:
        near = squared(self.landmarks @ sense) @ self.near
        return np.asarray(self._raised(found, slice(self.near.shape[1], None)) + near)

    def _raised(self, found: Found, half: slice) -> Floats:
        total = np.zeros(self.near.shape[1], np.float32)
        for kind, columns, values in found:
            places, signs = _shared(kind.ids[columns])
            slopes = self.slopes[places, half].astype(np.float32)
            total += (values * signs * self.steps[places]) @ slopes
        return total


def _some(senses: Floats) -> Floats:
    """Vectors from all over the texts that have one."""
    understood = np.flatnonzero(senses.any(axis=1))
    places = np.linspace(0, max(len(understood) - 1, 0), min(_LANDMARKS, len(understood)))
    return senses[understood[places.astype(np.int64)]]


def _spread(landmarks: Floats) -> Floats:
    """Makes of likenesses to landmarks columns whose products are likenesses of texts."""
    values, vectors = np.linalg.eigh(squared(landmarks @ landmarks.T).astype(np.float64))
    return np.asarray(vectors / np.sqrt(np.maximum(values, _FAINT)), np.float32)


def _chunks(size: int) -> Iterator[slice]:
    return (slice(first, min(first + _CHUNK, size)) for first in range(0, size, _CHUNK))


def _block(kind: Vocabulary, some: slice) -> Floats:
    """These texts in the shared columns."""
    chosen = np.flatnonzero((kind.texts >= some.start) & (kind.texts < some.stop))
    column = np.searchsorted(kind.starts, chosen, side="right") - 1
    places, signs = _shared(kind.ids[column])
    where = (kind.texts[chosen] - some.start) * _WIDTH + places
    sums = np.bincount(where, kind.values[chosen] * signs, (some.stop - some.start) * _WIDTH)
    return sums.astype(np.float32).reshape(-1, _WIDTH)


def _shared(ids: Ids) -> tuple[Places, Floats]:
    signs = np.where(ids & np.uint32(1 << 31), _HALF, -_HALF)
    return (ids % _WIDTH).astype(np.int64), signs
