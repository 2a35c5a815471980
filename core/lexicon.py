"""What the commonest words of a language are, kept small enough to have several at hand.

A set of 28,000 words would take 3 MB for each language; sorted numbers that stand for the words
take a tenth of that, and are still looked up in less than a microsecond.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru", "uk")
"""Those that have a list."""


SIZE = 28_000
"""Words in each."""

_RANK = 0x7FFF
_COMMONEST = 200


class Lexicon:
    """Words and their ranks, 0 for the commonest. Words are as `core.folding` makes them."""

    def __init__(self, listed: Sequence[str]) -> None:
        """`listed`: up to 32,768 words, the commonest first."""
        numbers = [hash(word) & ~_RANK | rank for rank, word in enumerate(listed)]
        self._numbers = array("q", sorted(numbers))
        self.commonest = frozenset(listed[:_COMMONEST])

    def rank(self, word: str) -> int | None:
        number = hash(word) & ~_RANK
        place = bisect_left(self._numbers, number)
        if place == len(self._numbers):
            return None
        found = self._numbers[place]
        return found & _RANK if found & ~_RANK == number else None


@cache  # ten at most
def lexicon(language: str) -> Lexicon:
    """The list of one of LANGUAGES, read when it is first needed."""
    return Lexicon(read(language).split())


def read(name: str) -> str:
    return (files("core") / "words" / f"{name}.txt").read_text(encoding="utf-8")
