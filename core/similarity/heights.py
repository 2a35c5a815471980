"""How high each rule stands at a message: near one at its own examples, nought at all others'.

Found by ridge regression in closed form, once by words alone and once by meaning as well. Up to
some thousand examples it works on the likeness of examples to each other, squared: two texts that
share two rare features are more than twice as close as two that share one. Beyond that, the
equations would be too many: see `lines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.similarity.vocabulary import Floats, Places, Vocabulary

BY_WORDS, BY_MEANING = np.float32(0.3), np.float32(0.2)

Found = Sequence[tuple[Vocabulary, Places, Floats]]
"""For each kind of feature, what a message has of it."""


class Heights(Protocol):
    def by_words(self, found: Found, likeness: Floats) -> Floats:
        """The height of each rule at a message that is so like the examples."""
        ...

    def by_meaning(self, found: Found, likeness: Floats, sense: Floats, alike: Floats) -> Floats:
        """The same for a message that has this vector, and is so like the examples' vectors."""
        ...


@dataclass(frozen=True, slots=True)
class Curves:
    """`words` says how much likeness to a text (its row) lifts a rule (its column), `meanings`
    how much both kinds of likeness do."""

    words: Floats
    meanings: Floats

    @classmethod
    def learn(cls, kinds: Sequence[Vocabulary], senses: Floats, owners: Places) -> Curves:
        """`senses` has a row for each text, nought where it has no vector; `owners` are the rules
        of the texts."""
        wanted = belonging(owners, owners)
        square = np.zeros((len(wanted), len(wanted)), np.float32)
        for kind in kinds:
            square += kind.likenesses() / len(kinds)
        square = _bent(square)
        words = solved(square, wanted, BY_WORDS)
        if not senses.any():
            return cls(words, words)
        square += squared(senses @ senses.T)
        return cls(words, solved(square, wanted, BY_MEANING))

    def by_words(self, found: Found, likeness: Floats) -> Floats:
        return np.asarray(_bent(likeness) @ self.words)

    def by_meaning(self, found: Found, likeness: Floats, sense: Floats, alike: Floats) -> Floats:
        return np.asarray((_bent(likeness) + squared(alike)) @ self.meanings)


def belonging(some: Places, owners: Places) -> Floats:
    """A column for each rule, and one where a text (its row) belongs to it."""
    return np.asarray(some[:, None] == np.arange(owners.max(initial=-1) + 1), np.float32)


def solved(square: Floats, wanted: Floats, smooth: np.float32) -> Floats:
    """Leaves `square` as it is."""
    diagonal = np.diag_indices_from(square)
    square[diagonal] += smooth
    found = np.linalg.solve(square, wanted).astype(np.float32)
    square[diagonal] -= smooth
    return found


def squared(likeness: Floats) -> Floats:
    """Opposites are as far apart as strangers."""
    return np.square(np.maximum(likeness, np.float32(0)))


def _bent(likeness: Floats) -> Floats:
    return np.asarray(likeness * (1 + likeness) / 2, np.float32)
