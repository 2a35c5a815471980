"""Find the word that a mistyped one was meant to be, without looking at every word.

Two words that are one edit apart become the same when each loses at most one letter, and so on
for two; so all words are filed under what is left of them (the idea is SymSpell's). Only what is
left of their beginnings is filed, which finds the same with far fewer entries, and as sorted
numbers, which take a twentieth of what a dict would.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import combinations

_BEGINNING = 7  # letters
_ONE, _TWO = 5, 9  # letters of a word in which one edit, or two, may be a typo
_NUMBER = (1 << 20) - 1  # the bits of a filed number that tell the word
_PORTION = 256  # words
SHORTEST = _ONE - 1
"""Letters of the shortest typo."""


class Typos:
    """Words, filed so that those next to a mistyped one are found."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [word for word in words if len(word) >= _ONE and word.isalpha()][:_NUMBER]
        self._filed = _filed(self._words)

    def nearest(self, word: str) -> str | None:
        """The word with the fewest edits (a letter too few, too many, wrong, or two swapped), of
        equals the first; None when each would take more than its length allows."""
        best, nearest = 3, None
        for number in sorted(self._near(word)):
            known = self._words[number]
            allowed = min(_allowed(known), best - 1)
            if abs(len(known) - len(word)) <= allowed and (found := edits(known, word)) <= allowed:
                best, nearest = found, known
        return nearest

    def _near(self, word: str) -> set[int]:
        most = 2 if len(word) >= _TWO - 2 else 1
        return {number for left in _left(word, most) for number in self._at(left & ~_NUMBER)}

    def _at(self, left: int) -> Iterator[int]:
        filed = self._filed
        for place in range(bisect_left(filed, left), len(filed)):
            if filed[place] & ~_NUMBER != left:
                break
            yield filed[place] & _NUMBER


def _filed(words: Sequence[str]) -> array[int]:
    """All that may be left of `words`, in order. It is sorted by portions: all these numbers at
    once, as objects, would take ten times what is kept of them."""
    portions = []
    for start in range(0, len(words), _PORTION):
        filed = {
            left & ~_NUMBER | number
            for number, word in enumerate(words[start : start + _PORTION], start)
            for left in _left(word, _allowed(word))
        }
        portions.append(array("q", sorted(filed)))
    return portions[0] if len(portions) == 1 else array("q", merge(*portions))


def _allowed(word: str) -> int:
    return 2 if len(word) >= _TWO else 1


def _left(word: str, most: int) -> Iterator[int]:
    """Numbers that stand for the beginning of `word` without none to `most` of its letters."""
    beginning = word[:_BEGINNING]
    for count in range(len(beginning) - most, len(beginning) + 1):
        yield from map(hash, combinations(beginning, count))


def edits(one: str, other: str) -> int:
    """How many letters to insert, delete, replace or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        before, row, last = row, [i + 1], before
        for j, b in enumerate(other):
            cost = min(before[j] + (a != b), before[j + 1] + 1, row[j] + 1)
            if i and j and a == other[j - 1] and one[i - 1] == b:
                cost = min(cost, last[j - 1] + 1)
            row.append(cost)
    return row[-1]
