"""Decide which rule a message means, from the examples of all rules at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.similarity.features import by_parts, by_words
from core.similarity.ridge import Lines
from core.similarity.weights import Floats, Places, Rows, Vocabulary

ANSWER = 0.9
"""A likeness from which on a rule answers."""
MARGIN = 0.5
"""The least lead over the second rule; with less, either may be meant."""

_MOST_GUESSES = 3
# How a message's lines turn into likelihoods: fitted on intents kept out, see tests/intents.
_MEANT = (-4.0, 8.0, 6.0)
_APART = (-0.5, 14.0)


Asked = Sequence[tuple[Vocabulary, Places, Floats]]


@dataclass(frozen=True, slots=True)
class Guess:
    """Rule number `rule` (from 0) may be meant, as far as its example `example` shows."""

    rule: int
    score: float
    example: str


@dataclass(frozen=True, slots=True)
class Similar:
    """What has been learnt from all rules' examples. Immutable, so threads may share it."""

    examples: tuple[str, ...]
    rules: Places
    words: Vocabulary
    parts: Vocabulary
    rows: tuple[Rows, Rows]
    lines: Lines

    @classmethod
    def compile(cls, examples: Sequence[Sequence[str]]) -> Similar:
        """`examples` has a list for each rule, empty for a rule without any. Takes up to five
        seconds for 20,000 examples."""
        texts = [text for of_rule in examples for text in of_rule]
        owners = np.repeat(np.arange(len(examples)), [len(of_rule) for of_rule in examples])
        words, word_rows = Vocabulary.learn(texts, by_words)
        parts, part_rows = Vocabulary.learn(texts, by_parts({}))
        lines = Lines.learn(((words, word_rows), (parts, part_rows)), owners)
        return cls(tuple(texts), owners, words, parts, (word_rows, part_rows), lines)

    def nearest(self, text: str) -> tuple[Guess, ...]:
        """The rules that `text` may mean, best first, three at most; none if no word is known."""
        asked = (
            (self.words, *self.words.weigh(by_words(text))),
            (self.parts, *self.parts.weigh(by_parts({})(text))),
        )
        if not any(len(columns) for _, columns, _ in asked):
            return ()
        heights = self.lines.heights(asked)
        best = np.argsort(-heights, kind="stable")[:_MOST_GUESSES]
        scores = _scores(heights[best])
        rules = self.lines.rules[best]
        return tuple(
            Guess(int(rule), score, self._closest(int(rule), asked))
            for rule, score in zip(rules, scores, strict=True)
        )

    def _closest(self, rule: int, asked: Asked) -> str:
        first, last = np.searchsorted(self.rules, [rule, rule + 1])
        likeness = np.zeros(last - first, np.float32)
        for rows, (vocabulary, columns, values) in zip(self.rows, asked, strict=True):
            full = np.zeros(len(vocabulary.ids), np.float32)
            full[columns] = values
            begin, end = rows.starts[first], rows.starts[last]
            products = rows.values[begin:end] * full[rows.columns[begin:end]]
            sums = np.concatenate(([0], np.cumsum(products)))
            likeness += np.diff(sums[rows.starts[first : last + 1] - begin])
        return self.examples[int(first + likeness.argmax())]


def _scores(heights: Floats) -> list[float]:
    """How surely each rule is meant, the others' claims aside; the second and third are as far
    below the first as it is surer than they."""
    top, lead = float(heights[0]), float(heights[0] - heights[1]) if len(heights) > 1 else 1.0
    meant = _likely(_MEANT[0] + _MEANT[1] * top + _MEANT[2] * lead)
    gaps = (float(heights[0] - one) for one in heights)
    rivals = (_likely(_APART[0] + _APART[1] * gap) for gap in gaps)
    return [meant, *(meant * min(1, (1 - sure) / sure) for sure in list(rivals)[1:])]


def _likely(evidence: float) -> float:
    return float(1 / (1 + np.exp(-evidence)))
