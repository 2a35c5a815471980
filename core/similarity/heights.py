"""How high each rule stands at a message: near one at its own examples, nought at all others'.

Found by ridge regression in closed form. Up to some thousand examples it works on the likeness of
examples to each other, squared: two texts that share two rare features are more than twice as
close as two that share one. Beyond that, the equations would be too many: features share some
columns, each with a sign, so that strangers in a column cancel out, and rules get straight lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.similarity.features import Ids
from core.similarity.vocabulary import Floats, Places, Vocabulary

_MANY = 4000  # texts
_WIDTH = 1536
_CHUNK = 1024
_SMOOTH = np.float32(0.3)
_HALF = np.float32(np.sqrt(0.5))

Found = Sequence[tuple[Vocabulary, Places, Floats]]
"""For each kind of feature, what a message has of it."""


class Heights(Protocol):
    def at(self, found: Found, likeness: Floats) -> Floats:
        """The height of each rule at a message that is so like the examples."""
        ...


def learn(kinds: Sequence[Vocabulary], wanted: Floats) -> Heights:
    """`wanted` has a row for each text, a column for each rule, and one where they belong."""
    learner = Lines if are_many(len(wanted)) else Curves
    return learner.learn(kinds, wanted)


def are_many(texts: int) -> bool:
    """Whether so many texts are treated by what they have, no more one by one."""
    return texts > _MANY


@dataclass(frozen=True, slots=True)
class Curves:
    """`shares` says how much likeness to a text (its row) lifts a rule (its column)."""

    shares: Floats

    @classmethod
    def learn(cls, kinds: Sequence[Vocabulary], wanted: Floats) -> Curves:
        square = np.zeros((len(wanted), len(wanted)), np.float32)
        for kind in kinds:
            square += kind.likenesses() / len(kinds)
        square = _bent(square)
        square[np.diag_indices_from(square)] += _SMOOTH
        return cls(np.linalg.solve(square, wanted).astype(np.float32))

    def at(self, found: Found, likeness: Floats) -> Floats:
        return np.asarray(_bent(likeness) @ self.shares)


@dataclass(frozen=True, slots=True)
class Lines:
    """`slopes` says how much a shared column (its row) lifts a rule (its column)."""

    slopes: Floats

    @classmethod
    def learn(cls, kinds: Sequence[Vocabulary], wanted: Floats) -> Lines:
        square = np.diag(np.full(_WIDTH, _SMOOTH))
        right = np.zeros((_WIDTH, wanted.shape[1]), np.float32)
        for first in range(0, len(wanted), _CHUNK):
            last = min(first + _CHUNK, len(wanted))
            block = np.add.reduce([_block(kind, first, last) for kind in kinds])
            square += block.T @ block
            right += block.T @ wanted[first : first + _CHUNK]
        return cls(np.linalg.solve(square, right).astype(np.float32))

    def at(self, found: Found, likeness: Floats) -> Floats:
        total = np.zeros(self.slopes.shape[1], np.float32)
        for kind, columns, values in found:
            places, signs = _shared(kind.ids[columns])
            total += (values * signs) @ self.slopes[places]
        return total


def _bent(likeness: Floats) -> Floats:
    return np.asarray(likeness * (1 + likeness) / 2, np.float32)


def _block(kind: Vocabulary, first: int, last: int) -> Floats:
    """These texts in the shared columns."""
    chosen = np.flatnonzero((kind.texts >= first) & (kind.texts < last))
    column = np.searchsorted(kind.starts, chosen, side="right") - 1
    places, signs = _shared(kind.ids[column])
    where = (kind.texts[chosen] - first) * _WIDTH + places
    sums = np.bincount(where, kind.values[chosen] * signs, (last - first) * _WIDTH)
    return sums.astype(np.float32).reshape(-1, _WIDTH)


def _shared(ids: Ids) -> tuple[Places, Floats]:
    signs = np.where(ids & np.uint32(1 << 31), _HALF, -_HALF)
    return (ids % _WIDTH).astype(np.int64), signs
