"""Weigh a text's features: what is rare among the examples says more than what all have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.similarity.features import Ids

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Cut = Callable[[str], Ids]


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts as vectors of length one: text r has `values[starts[r]:starts[r + 1]]` at these
    `columns`, and zero elsewhere."""

    starts: Places
    columns: NDArray[np.int32]
    values: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features that occur in the examples, in order, and what each of them weighs."""

    ids: Ids
    weights: Floats

    @classmethod
    def learn(cls, texts: Sequence[str], cut: Cut) -> tuple[Vocabulary, Rows]:
        found = [cut(text) for text in texts]
        owner = np.repeat(np.arange(len(texts), dtype=np.uint64), [len(ids) for ids in found])
        ids = np.concatenate([np.zeros(0, np.uint32), *found])
        keys, counts = np.unique(owner << np.uint64(32) | ids, return_counts=True)
        known, columns, texts_with = np.unique(
            keys.astype(np.uint32), return_inverse=True, return_counts=True
        )
        rarity = np.log((1 + len(texts)) / (1 + texts_with)) + 1
        vocabulary = cls(known, rarity.astype(np.float32))
        starts = np.searchsorted(keys >> np.uint64(32), np.arange(len(texts) + 1))
        values = vocabulary._weighed(columns, counts)
        norms = np.sqrt(np.add.reduceat(np.append(values**2, np.float32(0)), starts[:-1]))
        norms[starts[:-1] == starts[1:]] = 1
        scaled = values / np.repeat(norms.astype(np.float32), np.diff(starts))
        return vocabulary, Rows(starts, columns.astype(np.int32), scaled.astype(np.float32))

    def weigh(self, found: Ids) -> tuple[Places, Floats]:
        """The known ones of these features as columns and values of a vector of length one."""
        ids, counts = np.unique(found, return_counts=True)
        columns = np.searchsorted(self.ids, ids)
        known = columns < len(self.ids)
        known[known] = self.ids[columns[known]] == ids[known]
        columns = columns[known]
        values = self._weighed(columns, counts[known])
        return columns, values / max(float(np.sqrt(values @ values)), 1e-9)

    def _weighed(self, columns: Places, counts: NDArray[np.int64]) -> Floats:
        damped = 1 + np.log(counts.astype(np.float32))
        return (damped * self.weights[columns]).astype(np.float32)
