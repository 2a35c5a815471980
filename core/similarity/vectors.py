"""Compare a question with examples by the vectors that a provider's model made of them.

How near is near differs from model to model, so the border is learnt from the examples: those of
one rule lie on this side of it, those of different rules on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.similarity.similar import Guess

_MOST_GUESSES = 3
_ROOM = 10_000_000  # numbers, four bytes each; with more, vectors are cut to their first part
_LEAST_SIZE = 256
_SAMPLE = 1000  # examples from which the border is learnt
_LOWEST, _HIGHEST = 0.35, 0.8
_USUAL = 0.5  # where one rule alone has examples
_WRONG_COSTS = 2  # times as much as no answer
_LEAD, _NEAR = 0.05, 0.1

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vectors:
    """All examples as vectors of length 1. `enough`, `lead` and `near` are what `ANSWER` and
    `MARGIN` are for `Similar`, and the least likeness of a rule worth offering. `bytes_each` is
    how long the model makes a vector."""

    examples: tuple[str, ...]
    rules: NDArray[np.int64]
    rows: Floats
    enough: float
    bytes_each: int

    @property
    def lead(self) -> float:
        return _LEAD

    @property
    def near(self) -> float:
        return self.enough - _NEAR

    @classmethod
    def compile(
        cls, examples: Sequence[Sequence[str]], vectors: Sequence[Sequence[bytes]]
    ) -> Vectors:
        """A list of examples for each rule, and their vectors in half precision beside them."""
        texts = tuple(text for of_rule in examples for text in of_rule)
        rules = np.repeat(np.arange(len(examples)), [len(of_rule) for of_rule in examples])
        raw = b"".join(vector for of_rule in vectors for vector in of_rule)
        whole = np.frombuffer(raw, "<f2").reshape(len(texts), -1)
        size = min(whole.shape[1], max(_LEAST_SIZE, _ROOM // len(texts)))
        rows = _unit(whole[:, :size].astype(np.float32))
        return cls(texts, rules, rows, _border(rows, rules), 2 * whole.shape[1])

    def nearest(self, vector: bytes) -> tuple[Guess, ...]:
        """The rules with the nearest examples, best first, three at most; none for a vector that
        another model made."""
        if len(vector) != self.bytes_each:
            return ()
        asked = np.frombuffer(vector, "<f2").astype(np.float32)
        likeness = self.rows @ _unit(asked[None, : self.rows.shape[1]])[0]
        guesses: dict[int, Guess] = {}
        for place in np.argsort(-likeness, kind="stable"):
            rule = int(self.rules[place])
            guesses.setdefault(rule, Guess(rule, float(likeness[place]), self.examples[place]))
            if len(guesses) == _MOST_GUESSES:
                break
        return tuple(guesses.values())


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.float32(1e-9)), np.float32)


def _border(rows: Floats, rules: NDArray[np.int64]) -> float:
    """The likeness that parts the examples of one rule best from those of others."""
    step = -(-len(rows) // _SAMPLE)
    sample = np.arange(0, len(rows), step)
    likeness = rows[sample] @ rows.T
    likeness[np.arange(len(sample)), sample] = -1
    same = rules[sample][:, None] == rules[None, :]
    own = np.where(same, likeness, -1).max(axis=1)
    others = np.where(same, -1, likeness).max(axis=1)
    own, others = own[own > -1], others[others > -1]
    if not len(own) or not len(others):
        return _USUAL
    borders = np.linspace(_LOWEST, _HIGHEST, 91)
    lost = (own[None, :] < borders[:, None]).sum(axis=1)
    wrong = (others[None, :] >= borders[:, None]).sum(axis=1)
    costs = lost / len(own) + _WRONG_COSTS * wrong / len(others)
    best = np.flatnonzero(costs <= costs.min() + 1e-9)
    return float(borders[best[len(best) // 2]])
