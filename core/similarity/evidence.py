"""What speaks for the best rule: numbers that mean the same whatever the rules are about.

How surely a message means a rule follows from how high the rule stands there, how far ahead of the
others, how like its examples are, and what the words say (see `profile`). How much each counts was
fitted on questions with rules left out by chance (`python -m tests.intents.fit`), and holds for
other rules, because none of it knows a certain word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.similarity import profile
from core.similarity.vocabulary import Floats, Places

NAMES = (
    "height", "lead", "share", "near", "near_lead", "three", "three_lead", "near_in_words",
    *profile.NAMES,
)  # fmt: skip
_RIVALS = 6


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a message stands to the rules: `heights` of each, the `best` of them, `likeness` to each
    text, also only `in_words`; where there are very many, nought for the texts of all but the
    best. The texts of the r-th rule go from `starts[r]` up to `starts[r + 1]`."""

    heights: Floats
    best: Places
    likeness: Floats
    in_words: Floats
    starts: Places

    def closest(self, rule: int) -> int:
        """Which of all texts is the rule's most like one."""
        return int(self.starts[rule] + self.likeness[self._texts(rule)].argmax())

    def standing(self) -> list[float]:
        """The first eight of NAMES."""
        best = int(self.best[0])
        rises = np.clip(self.heights, 0, None)
        near = np.maximum.reduceat(self.likeness, self.starts[:-1])
        three = np.array([_top(self.likeness[self._texts(one)]) for one in self.best])
        return [
            *_lead(self.heights, best),
            float(rises[best] ** 2 / max(rises @ rises, 1e-6)),
            *_lead(near, best),
            *_lead(three, 0),
            float(self.in_words[self._texts(best)].max()),
        ]

    def _texts(self, rule: int) -> slice:
        return slice(self.starts[rule], self.starts[rule + 1])


def best(heights: Floats) -> Places:
    """The few rules that stand highest, the highest first."""
    if len(heights) > _RIVALS:
        some = np.sort(np.argpartition(-heights, _RIVALS)[:_RIVALS])
    else:
        some = np.arange(len(heights))
    return some[np.argsort(-heights[some], kind="stable")]


def _lead(values: Floats, place: int) -> tuple[float, float]:
    """The value there, and how far ahead of all others it is."""
    mine = float(values[place])
    return mine, mine - max(values[:place].max(initial=0.0), values[place + 1 :].max(initial=0.0))


def _top(likeness: Floats) -> float:
    """The mean of the three highest."""
    some = np.sort(likeness)[-3:]
    return float(some.sum()) / len(some)


def likely(weights: Sequence[float], evidence: Sequence[float]) -> float:
    """How likely it is what the weights stand for; the first of them needs no evidence."""
    total = weights[0] + float(np.dot(weights[1:], evidence))
    return float(1 / (1 + np.exp(-min(max(total, -30.0), 30.0))))
