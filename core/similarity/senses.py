"""What the examples mean, seen from their middle: what all have in common tells none apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.similarity.features import Ids
from core.similarity.meanings import Meanings, unit
from core.similarity.vocabulary import Floats, Places

_STEPS = np.float32(254)  # between nought and one half of a vector's number


@dataclass(frozen=True, slots=True)
class Senses:
    """A row of length one for each text, nought where it has no vector; or it in `steps`."""

    table: Meanings
    middle: Floats
    rows: Floats
    steps: NDArray[np.int8] | None = None

    @classmethod
    def learn(cls, table: Meanings, texts: Sequence[Ids]) -> Senses:
        """Each text is the sequence of its whole words."""
        rows = table.of(texts)
        understood = rows.any(axis=1)
        middle = rows[understood].sum(0) / max(int(understood.sum()), 1)
        rows[understood] = unit(rows[understood] - middle)
        return cls(table, middle, rows)

    def of(self, text: Ids) -> Floats | None:
        """The vector of a message, or None where the table does not know what it says."""
        row = self.table.of([text])[0]
        return unit(row - self.middle) if row.any() else None

    def likeness(self, sense: Floats, texts: Places | slice = slice(None)) -> Floats:
        """The cosine of a message's vector to those of these texts."""
        if self.steps is None:
            return np.asarray(self.rows[texts] @ sense)
        return np.asarray(self.steps[texts].astype(np.float32) @ sense / _STEPS)

    def packed(self) -> Senses:
        """The same in a quarter of the room."""
        steps = np.rint(np.clip(self.rows * _STEPS, -127, 127)).astype(np.int8)
        return replace(self, rows=self.rows[:0].copy(), steps=steps)
