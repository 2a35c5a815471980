"""Gather questions that ask for the same, so that the next rule to write is at the top.

No model and nothing to install: words and their letters are compared, and rare ones count for
more. A question joins the first group whose leader it is like, and only leaders that share one of
its rarest features are looked at, so that ten thousand questions take a moment. The same
questions always give the same groups.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.lab.content import SMALL, typical

T = TypeVar("T")

ALIKE = 0.4
"""The least likeness of two questions of one group, from 0 to 1."""

_MOST_TEXTS = 20_000
_RAREST = 12  # features by which leaders are found
_MOST_LEADERS = 60  # of one feature
_LONGEST = 60  # words of a question that are looked at
_LETTERS = 3
_FEW = 50

Vector = dict[str, float]


@dataclass(slots=True)
class Group(Generic[T]):
    """Questions that are alike. `text` is the one that was asked most."""

    text: str
    members: list[T] = field(default_factory=list)


class Likeness:
    """Compares texts, knowing how common their words are."""

    def __init__(self, texts: Iterable[str]) -> None:
        """`texts` teach what is common: the more of what customers write, the better."""
        self._seen: Counter[str] = Counter()
        count = 0
        for text in set(texts):
            self._seen.update(features(text).keys())
            count += 1
        self._texts = count

    def vector(self, text: str) -> Vector:
        """The features of `text` with their weights, of length 1; empty without words."""
        weights = {name: n * self.rarity(name) for name, n in features(text).items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {name: weight / length for name, weight in weights.items()} if length else {}

    def rarity(self, feature: str) -> float:
        # In a handful of texts nothing is rare yet.
        return math.log(1 + (_FEW + self._texts) / (1 + self._seen[feature]))

    def rarest(self, vector: Vector) -> list[str]:
        return sorted(vector, key=lambda name: (-self.rarity(name), name))[:_RAREST]


def alike(one: Vector, other: Vector) -> float:
    """From 0 to 1."""
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other[name] for name, weight in one.items() if name in other)


def features(text: str) -> dict[str, float]:
    """Words, and the letters in them, so that "plant" is like "plants". A number is any number,
    an address says nothing, and in a script without spaces two neighbours are a word."""
    found: dict[str, float] = {}
    tokens = typical(text)[:_LONGEST]
    for token in tokens:
        found[token] = 0.3 if token in SMALL else 1.0
        if len(token) > _LETTERS and token not in SMALL:
            edged = f"<{token}>"
            for at in range(len(edged) - _LETTERS + 1):
                found[edged[at : at + _LETTERS]] = 0.4
    for one, other in itertools.pairwise(tokens):
        if not one.isascii() and len(one) == len(other) == 1:
            found[one + other] = 1.5
    return found


def grouped(asked: Sequence[tuple[str, T]], likeness: Likeness | None = None) -> list[Group[T]]:
    """(text, whatever belongs to it) in groups, the largest first."""
    by_text: dict[str, list[T]] = defaultdict(list)
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for text, belonging in asked:
        key = " ".join(typical(text))
        by_text[key].append(belonging)
        spelled[key][text] += 1
    order = sorted(by_text, key=lambda key: (-len(by_text[key]), key))[:_MOST_TEXTS]
    known = likeness or Likeness(order)
    leaders = _Leaders(known)
    groups: dict[str, Group[T]] = {}
    for key in order:
        leader = leaders.of(key)
        if leader not in groups:
            groups[leader] = Group(_usual(spelled[key]))
        groups[leader].members += by_text[key]
    return sorted(groups.values(), key=lambda group: (-len(group.members), group.text))


class Nearest:
    """Finds what is most like a text among many, looking only at those that share a rare word."""

    def __init__(self, texts: Iterable[str], likeness: Likeness) -> None:
        self._likeness = likeness
        self._vectors: dict[str, Vector] = {}
        self._having: dict[str, list[str]] = defaultdict(list)
        for text in dict.fromkeys(texts):
            self._vectors[text] = vector = likeness.vector(text)
            for name in likeness.rarest(vector):
                if len(self._having[name]) < _MOST_LEADERS:
                    self._having[name].append(text)

    def to(self, texts: Sequence[str], least: float) -> list[str]:
        """The most alike first, the texts themselves left out."""
        vectors = [self._likeness.vector(text) for text in texts]
        names = {name for vector in vectors for name in self._likeness.rarest(vector)}
        found = {text for name in names for text in self._having.get(name, ())} - set(texts)
        scores = {
            text: max(alike(self._vectors[text], vector) for vector in vectors) for text in found
        }
        near = [text for text in found if scores[text] >= least]
        return sorted(near, key=lambda text: (-scores[text], text))


def _usual(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda text: (-spellings[text], text))


class _Leaders:
    """The first question of each group, found by its rarest features."""

    def __init__(self, likeness: Likeness) -> None:
        self._likeness = likeness
        self._vectors: dict[str, Vector] = {}
        self._having: dict[str, list[str]] = defaultdict(list)

    def of(self, text: str) -> str:
        """The leader that `text` belongs to, itself where there is none yet."""
        vector = self._likeness.vector(text)
        rarest = self._likeness.rarest(vector)
        near = dict.fromkeys(leader for name in rarest for leader in self._having[name])
        best = max(near, key=lambda leader: alike(vector, self._vectors[leader]), default="")
        if best and alike(vector, self._vectors[best]) >= ALIKE:
            return best
        self._vectors[text] = vector
        for name in rarest:
            if len(self._having[name]) < _MOST_LEADERS:
                self._having[name].append(text)
        return text
