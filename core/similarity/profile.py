"""What the words of a message say about a rule, judged by what its examples have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.similarity.features import Ids
from core.similarity.vocabulary import Floats, Places, Vocabulary

NAMES = (
    "known_to_rule", "typical", "strangest", "length", "missing", "favour", "favour_lead",
)  # fmt: skip
_ESSENTIAL = 0.3  # of a rule's examples have an essential word
_OFTEN = 0.33
_DOUBT = 3  # so many more examples might say what people say anywhere


@dataclass(frozen=True, slots=True)
class Profile:
    """The words of each rule: `columns[starts[r]:starts[r + 1]]` of `words`, in order, for the
    r-th rule, and the share of its `sizes[r]` examples that have each. `common` is the share of
    all examples that have a word."""

    words: Vocabulary
    common: Floats
    sizes: Places
    starts: Places
    columns: NDArray[np.int32]
    shares: Floats

    @classmethod
    def learn(cls, words: Vocabulary, owners: Places, sizes: Places) -> Profile:
        """`owners` is the rule of each text."""
        column = np.repeat(np.arange(len(words.ids)), np.diff(words.starts))
        keys, counts = np.unique(owners[words.texts] << 32 | column, return_counts=True)
        rule, columns = keys >> 32, keys & 0xFFFFFFFF
        starts = np.searchsorted(rule, np.arange(len(sizes) + 1))
        shares = np.asarray(counts / sizes[rule], np.float32)
        common = np.asarray(words.spread / words.size, np.float32)
        own = columns.astype(np.int32)
        return cls(words.without_texts(), common, sizes, starts, own, shares)

    def wording(self, found: Ids, rule: int, rival: int) -> list[float]:
        """The numbers of NAMES, for these words and a rule beside its strongest rival."""
        ids, _ = np.unique(found, return_counts=True)  # without counts, numpy loads numpy.ma
        known, columns = self.words.places(ids)
        rarity = np.full(len(ids), self.words.unknown - 1)
        rarity[known] = self.words.weights[columns] - 1
        within = np.zeros(len(ids))
        within[known] = self._shares(rule, columns)
        total = max(float(rarity.sum()), 1e-6)
        favour = self._favour(rule, columns)
        return [
            float(rarity[within > 0].sum()) / total,
            float((rarity * np.minimum(1, within / _OFTEN)).sum()) / total,
            float(rarity[within == 0].max(initial=0)) / (self.words.unknown - 1),
            float(np.log1p(len(ids))),
            self._missing(rule, columns),
            favour,
            favour - self._favour(rival, columns),
        ]

    def _own(self, rule: int) -> slice:
        return slice(self.starts[rule], self.starts[rule + 1])

    def _shares(self, rule: int, columns: Places) -> Floats:
        own, shares = self.columns[self._own(rule)], self.shares[self._own(rule)]
        place = np.minimum(np.searchsorted(own, columns), len(own) - 1)
        return np.where(own[place] == columns, shares[place], np.float32(0))

    def _favour(self, rule: int, columns: Places) -> float:
        """How much more often these words are said for this rule than for all, as a logarithm."""
        common = self.common[columns]
        trust = self.sizes[rule] / (self.sizes[rule] + _DOUBT)
        said = trust * self._shares(rule, columns) + (1 - trust) * common
        return float(np.log(said / common).sum())

    def _missing(self, rule: int, columns: Places) -> float:
        """The part of the rule's essential words that is not among these."""
        own, shares = self.columns[self._own(rule)], self.shares[self._own(rule)]
        often = shares >= _ESSENTIAL
        telling: NDArray[np.float32] = shares[often] * (self.words.weights[own[often]] - 1)
        there = np.isin(own[often], columns)
        return 1 - float(telling[there].sum()) / max(float(telling.sum()), 1e-6)
