"""One straight line a rule: high at its examples, low at all others'.

Found by least squares in closed form, which takes one solution of one system of equations for
all rules. Features share a few thousand columns, chosen by their number, each with a sign, so that
strangers in a column cancel out: the lines of 1,000 rules then fit into 8 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.similarity.features import Ids
from core.similarity.weights import Floats, Places, Rows, Vocabulary

_WIDTH = 4096
_CHUNK = 512
_SMOOTH = np.float32(0.3)
_HALF = np.float32(np.sqrt(0.5))

Texts = Sequence[tuple[Vocabulary, Rows]]
"""The same texts as words and as parts of words."""


@dataclass(frozen=True, slots=True)
class Lines:
    """`slopes` has a column for each of `rules`, those that have examples."""

    rules: Places
    slopes: Floats

    @classmethod
    def learn(cls, texts: Texts, owners: Places) -> Lines:
        rules, places = np.unique(owners, return_inverse=True)
        wanted = np.zeros((len(owners), len(rules)), np.float32)
        wanted[np.arange(len(owners)), places] = 1
        solve = _by_texts if len(owners) <= _WIDTH else _by_columns
        return cls(rules, solve(texts, wanted))

    def heights(self, asked: Sequence[tuple[Vocabulary, Places, Floats]]) -> Floats:
        total = np.zeros(len(self.rules), np.float32)
        for vocabulary, columns, values in asked:
            places, signs = _shared(vocabulary.ids[columns])
            total += (values * signs) @ self.slopes[places]
        return total


def _by_texts(texts: Texts, wanted: Floats) -> Floats:
    """As many equations as there are texts: the quick way for few of them."""
    block = _block(texts, 0, len(wanted))
    square = block @ block.T
    square[np.diag_indices_from(square)] += _SMOOTH
    return np.asarray(block.T @ np.linalg.solve(square, wanted), np.float32)


def _by_columns(texts: Texts, wanted: Floats) -> Floats:
    """As many equations as there are columns, however many the texts."""
    square = np.diag(np.full(_WIDTH, _SMOOTH))
    right = np.zeros((_WIDTH, wanted.shape[1]), np.float32)
    for first in range(0, len(wanted), _CHUNK):
        last = min(first + _CHUNK, len(wanted))
        block = _block(texts, first, last)
        square += block.T @ block
        right += block.T @ wanted[first:last]
    return np.asarray(np.linalg.solve(square, right), np.float32)


def _block(texts: Texts, first: int, last: int) -> Floats:
    """These texts with all their zeros, a row each."""
    block = np.zeros((last - first) * _WIDTH, np.float32)
    for vocabulary, rows in texts:
        begin, end = rows.starts[first], rows.starts[last]
        places, signs = _shared(vocabulary.ids[rows.columns[begin:end]])
        owner = np.repeat(np.arange(last - first), np.diff(rows.starts[first : last + 1]))
        where = owner * _WIDTH + places
        block += np.bincount(where, rows.values[begin:end] * signs, len(block)).astype(np.float32)
    return block.reshape(last - first, _WIDTH)


def _shared(ids: Ids) -> tuple[Places, Floats]:
    places = (ids % _WIDTH).astype(np.int64)
    signs = np.where(ids & np.uint32(1 << 31), _HALF, -_HALF)
    return places, signs
