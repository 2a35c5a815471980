"""Weigh what texts have in common: what is rare among examples says more than what all have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.similarity.features import Ids

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Columns = NDArray[np.unsignedinteger[Any]]
"""As narrow as they may be: there are millions of them."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features of the examples in the order of their numbers, what each weighs, and where it
    occurs: feature f in `texts[starts[f]:starts[f + 1]]`, with these `values`. As vectors the
    texts have length one."""

    ids: Ids
    weights: Floats
    unknown: float
    starts: NDArray[np.int32]
    texts: NDArray[np.int32]
    values: Floats
    size: int

    @classmethod
    def learn(cls, found: Sequence[Ids]) -> Vocabulary:
        """From the features of each text."""
        size = len(found)
        owner = np.repeat(np.arange(size, dtype=np.uint64), [len(ids) for ids in found])
        features = np.concatenate([np.zeros(0, np.uint32), *found]).astype(np.uint64)
        keys, counts = np.unique(features << np.uint64(32) | owner, return_counts=True)
        ids, column, spread = np.unique(
            keys >> np.uint64(32), return_inverse=True, return_counts=True
        )
        weights = _rarity(spread, size)
        texts = keys.astype(np.uint32).astype(np.int32)
        values = _damped(counts) * weights[column]
        lengths = np.sqrt(np.bincount(texts, values**2, size)).astype(np.float32)
        starts = np.concatenate(([0], np.cumsum(spread))).astype(np.int32)
        unknown = float(_rarity(np.zeros(1), size)[0])
        return cls(
            ids.astype(np.uint32), weights, unknown, starts, texts, values / lengths[texts], size
        )

    def find(self, found: Ids) -> tuple[Places, Floats]:
        """The known ones among these features, each once, and their values in a vector of length
        one. Strange features have their share of the length: they make a text less like all."""
        ids, counts = np.unique(found, return_counts=True)
        known, columns = self.places(ids)
        weights = np.full(len(ids), self.unknown, np.float32)
        weights[known] = self.weights[columns]
        values = _damped(counts) * weights
        length = max(float(np.sqrt(values @ values)), 1e-9)
        return columns, values[known] / np.float32(length)

    def places(self, ids: Ids) -> tuple[NDArray[np.bool_], Places]:
        """Which of these are known, and where those are."""
        place = np.searchsorted(self.ids, ids)
        if not len(self.ids):
            return np.zeros(len(ids), bool), place[:0]
        known = self.ids[np.minimum(place, len(self.ids) - 1)] == ids
        return known, place[known]

    def with_zeros(self, columns: Places, values: Floats) -> Floats:
        """The vector that has these values there."""
        whole = np.zeros(len(self.ids), np.float32)
        whole[columns] = values
        return whole

    def without_texts(self) -> Vocabulary:
        """For when the texts are kept as rows: only what is needed to find features."""
        none = np.zeros(0, np.int32)
        return replace(self, starts=none, texts=none, values=np.zeros(0, np.float32))

    @property
    def spread(self) -> Places:
        """In how many texts each feature occurs."""
        return np.diff(self.starts).astype(np.int64)

    def likeness(self, columns: Places, values: Floats) -> Floats:
        """The cosine to each text."""
        slices = [slice(self.starts[column], self.starts[column + 1]) for column in columns]
        if not slices:
            return np.zeros(self.size, np.float32)
        texts = np.concatenate([self.texts[one] for one in slices])
        shares = np.concatenate([self.values[one] for one in slices])
        spread = self.starts[columns + 1] - self.starts[columns]
        weighed = shares * np.repeat(values, spread)
        return np.bincount(texts, weighed, self.size).astype(np.float32)

    def by_text(self) -> Rows:
        starts, columns, values = self._by_text()
        step = np.float32(max(values.max(initial=0), 1e-6) / 255)
        return Rows(starts, columns, np.rint(values / step).astype(np.uint8), step)

    def likenesses(self) -> Floats:
        """The cosine of each text to each."""
        square = np.zeros((self.size, self.size), np.float32)
        starts, columns, values = self._by_text()
        for text in range(self.size):
            mine = slice(starts[text], starts[text + 1])
            square[text] = self.likeness(columns[mine].astype(np.int64), values[mine])
        return square

    def _by_text(self) -> tuple[Places, Columns, Floats]:
        """Where each text starts, and the features of them all with their values."""
        order = np.argsort(self.texts, kind="stable")
        width = np.uint16 if len(self.ids) <= 1 << 16 else np.uint32
        numbers: Columns = np.arange(len(self.ids), dtype=width)
        column = np.repeat(numbers, np.diff(self.starts))
        starts = np.searchsorted(self.texts[order], np.arange(self.size + 1))
        return starts, column[order], self.values[order]


@dataclass(frozen=True, slots=True)
class Rows:
    """The same text by text, in steps, for who wants to know of some texts only."""

    starts: Places
    columns: Columns
    values: NDArray[np.uint8]
    step: np.float32

    def likeness(self, texts: Sequence[range], asked: Floats) -> Floats:
        """The cosine of these texts, one after the other, to this vector with all its zeros."""
        slices = [slice(self.starts[one.start], self.starts[one.stop]) for one in texts]
        columns = np.concatenate([self.columns[one] for one in slices])
        values = np.concatenate([self.values[one] for one in slices])
        lengths = [np.diff(self.starts[one.start : one.stop + 1]) for one in texts]
        starts = np.cumsum(np.concatenate(lengths))[:-1]
        return np.add.reduceat(values * asked[columns], np.append(0, starts)) * self.step


def _rarity(spread: NDArray[np.int64] | NDArray[np.float64], size: int) -> Floats:
    return np.asarray(np.log((1 + size) / (1 + spread)) + 1, np.float32)


def _damped(counts: NDArray[np.int64]) -> Floats:
    return np.asarray(1 + np.log(counts), np.float32)
