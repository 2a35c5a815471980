"""Which passages fit a question, and how well: BM25, and a border below which nothing fits.

Every database ranks in its own way, and PostgreSQL's does not weigh how rare a word is. So the
database only names candidates, and what decides is computed here, alike everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from core.knowledge.words import Asked

FITTING = 0.1
"""The share of a question's weight that a passage must hold: the rest may be other words for the
same. Measured on the demo's files: no nonsense comes above it, two questions in thirty below."""

_BEFORE = 0.4  # the weight of the customer's message before the question
_SATURATION, _LENGTHS = 1.2, 0.75  # of BM25, as everybody has them
_MOST_WORDS = 60


@dataclass(frozen=True, slots=True)
class Query:
    """The words looked for, with their weights and as they are `written`. `own` are those of the
    question itself; `leans` says that it has few, as "and how long does that take?" has."""

    weights: Mapping[str, float]
    written: Mapping[str, str]
    own: frozenset[str]
    leans: bool

    @classmethod
    def of(cls, question: Asked, before: Asked) -> Query:
        """`before` is what the same customer wrote last before."""
        own = dict(islice(question.weights.items(), _MOST_WORDS))
        others = islice(before.weights.items(), _MOST_WORDS)
        weights = {**{word: _BEFORE * weight for word, weight in others}, **own}
        written = {**before.written, **question.written}
        return cls(weights, written, frozenset(own), question.others >= len(own))


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is known of the whole index: how many passages, of how many words on average, and in
    how many of them each word occurs."""

    passages: int
    average: float
    frequencies: Mapping[str, int]

    def rarity(self, word: str) -> float:
        known = self.frequencies.get(word, 0)
        return math.log(1 + (self.passages - known + 0.5) / (known + 0.5))


@dataclass(frozen=True, slots=True)
class Score:
    """How well one passage fits. `covered` is the share of the question's weight it holds."""

    rank: float
    covered: float
    matched: tuple[str, ...]


def score(query: Query, statistics: Statistics, counts: Mapping[str, int], length: int) -> Score:
    """For a passage of `length` words that has those of the question so often."""
    matched = sorted(counts, key=lambda word: -_weight(query, statistics, word))
    longer = 1 - _LENGTHS + _LENGTHS * length / max(statistics.average, 1)
    rank = sum(
        _weight(query, statistics, word)
        * (counts[word] * (_SATURATION + 1))
        / (counts[word] + _SATURATION * longer)
        for word in matched
    )
    return Score(rank, _covered(query, statistics, matched), tuple(matched))


def _covered(query: Query, statistics: Statistics, matched: Sequence[str]) -> float:
    """The message before helps only a question that says little by itself: nonsense stays
    nonsense after a sensible question."""
    own = _mass(query, statistics, query.own)
    share = _mass(query, statistics, query.own.intersection(matched)) / own if own else 0.0
    if not query.leans:
        return share
    return max(share, _mass(query, statistics, matched) / _mass(query, statistics, query.weights))


def _mass(query: Query, statistics: Statistics, words: Iterable[str]) -> float:
    return sum(_weight(query, statistics, word) for word in words)


def _weight(query: Query, statistics: Statistics, word: str) -> float:
    return query.weights[word] * statistics.rarity(word)
