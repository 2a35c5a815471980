"""Find the words by which questions of one kind are told from all others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.folding import words
from core.lab.content import ADDRESS, content

_LONGEST = 3  # words of a phrase; in a script without spaces a word is one character
_LONGEST_UNSPACED = 4
_MOST = 4
_PARTS = re.compile(r"[,.;:!?()\n\"“”，。；：！？、（）]+")
_SHORTEST = 4  # letters of a word that stands alone


@dataclass(frozen=True, slots=True)
class _Phrase:
    tokens: tuple[str, ...]

    @property
    def written(self) -> str:
        written = ""
        for token in self.tokens:
            spaced = written and (token.isascii() or written[-1].isascii())
            written += f" {token}" if spaced else token
        return written


class Corpus:
    """All texts that a new phrase is held against; the same words count once. A word of the
    `usual` ones, which the business itself has in its mouth, never stands for one question."""

    def __init__(self, texts: Iterable[str], usual: str = "") -> None:
        self._usual = frozenset(words(usual))
        self._having: Counter[tuple[str, ...]] = Counter()
        for text in _distinct(texts):
            self._having.update(set(_phrases(text)))

    def phrases_for(self, questions: Sequence[str], own: Iterable[str]) -> list[str]:
        """A few phrases that no text but the `own` ones has, the one in most of the questions
        first. Not every question need have one."""
        mine = Counter(p for one in _distinct(own) for p in set(_phrases(one)))
        left = [
            {p for p in _phrases(one) if self._is_telling(p) and mine[p] >= self._having[p]}
            for one in _distinct(questions)
        ]
        chosen: list[_Phrase] = []
        while len(chosen) < _MOST and (votes := Counter(p for found in left for p in found)):
            best = min(votes, key=lambda phrase: _rank(phrase, votes[phrase]))
            chosen.append(_Phrase(best))
            left = [found for found in left if best not in found]
        return [phrase.written for phrase in chosen]

    def _is_telling(self, phrase: tuple[str, ...]) -> bool:
        telling = content(" ".join(phrase))
        edges = {phrase[0], phrase[-1]} <= set(telling)  # no phrase that begins with "the"
        if not edges or any(token[0].isdigit() for token in phrase):
            return False
        if len(phrase) > 1:
            return True
        word = phrase[0]
        return word.isascii() and len(word) >= _SHORTEST and word not in self._usual


def _distinct(texts: Iterable[str]) -> list[str]:
    """Texts of the same words once, in an order of their own."""
    return sorted({tuple(words(text)): text for text in sorted(texts)}.values())


def _rank(phrase: tuple[str, ...], votes: int) -> tuple[bool, int, int, int, tuple[str, ...]]:
    """The lowest is the best: a word alone says too little, and a long phrase is too exact."""
    spaced = phrase[0].isascii()
    telling = len(content(" ".join(phrase)))
    wanted = 2 if spaced else _LONGEST_UNSPACED
    return (spaced and telling < wanted, -votes, abs(telling - wanted), len(phrase), phrase)


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    """Neighbours within one part of a sentence."""
    for part in _PARTS.split(ADDRESS.sub(",", text)):
        tokens = words(part)
        for start in range(len(tokens)):
            longest = _LONGEST if tokens[start].isascii() else _LONGEST_UNSPACED
            for end in range(start + 1, min(start + longest, len(tokens)) + 1):
                yield tuple(tokens[start:end])
