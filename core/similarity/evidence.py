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

BY_WORDS = (
    "height", "lead", "share", "near", "near_lead", "three", "three_lead", "near_in_words",
    *profile.NAMES,
)  # fmt: skip
BY_MEANING = (
    "height_by_words", "lead_by_words", "share_by_words",
    "near_in_meaning", "near_lead_in_meaning", "three_in_meaning", "three_lead_in_meaning",
)  # fmt: skip
"""What is known besides of a message whose words are in the table of meanings."""
_RIVALS = 6


@dataclass(frozen=True, slots=True)
class Meant:
    """How a message stands to the rules by the words alone, and how like each text in meaning."""

    heights: Floats
    likeness: Floats


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a message stands to the rules: `heights` of each, the `best` of them, and `likeness` to
    the texts of those, also only `in_words`. The texts of the n-th best go from `starts[n]` up to
    `starts[n + 1]`. `meant` is None where the words say all that is known."""

    heights: Floats
    best: Places
    starts: Places
    likeness: Floats
    in_words: Floats
    meant: Meant | None = None

    def closest(self, nth: int) -> int:
        """Which text of the n-th best rule is the most like one, from nought."""
        likeness = self.likeness if self.meant is None else self.likeness + self.meant.likeness
        return int(likeness[self.starts[nth] : self.starts[nth + 1]].argmax())

    def standing(self) -> list[float]:
        """The first eight of BY_WORDS."""
        return [
            *_height(self.heights, int(self.best[0])),
            *self._nearness(self.likeness),
            float(self.in_words[: self.starts[1]].max()),
        ]

    def meaning(self) -> list[float]:
        """BY_MEANING, or nothing."""
        if self.meant is None:
            return []
        by_words = _height(self.meant.heights, int(self.best[0]))
        return [*by_words, *self._nearness(self.meant.likeness)]

    def _nearness(self, likeness: Floats) -> tuple[float, ...]:
        ends = zip(self.starts, self.starts[1:], strict=False)
        texts = [np.sort(likeness[start:end])[-3:] for start, end in ends]
        near = np.array([some[-1] for some in texts])
        three = np.array([some.sum() / len(some) for some in texts])
        return (*_lead(near, 0), *_lead(three, 0))


def best(heights: Floats) -> Places:
    """The few rules that stand highest, the highest first."""
    if len(heights) > _RIVALS:
        some = np.sort(np.argpartition(-heights, _RIVALS)[:_RIVALS])
    else:
        some = np.arange(len(heights))
    return some[np.argsort(-heights[some], kind="stable")]


def _height(heights: Floats, place: int) -> tuple[float, float, float]:
    """The height there, its lead, and its share of all that rises."""
    rises = np.clip(heights, 0, None)
    share = float(rises[place] ** 2 / max(rises @ rises, 1e-6))
    return (*_lead(heights, place), share)


def _lead(values: Floats, place: int) -> tuple[float, float]:
    """The value there, and how far ahead of all others it is."""
    mine = float(values[place])
    return mine, mine - max(values[:place].max(initial=0.0), values[place + 1 :].max(initial=0.0))


def likely(weights: Sequence[float], evidence: Sequence[float]) -> float:
    """How likely it is what the weights stand for; the first of them needs no evidence."""
    total = weights[0] + float(np.dot(weights[1:], evidence))
    return float(1 / (1 + np.exp(-min(max(total, -30.0), 30.0))))
