"""Find many phrases in a message at once, so that a thousand rules cost little more than one.

Phrases are lists of words here, not patterns: a tree of words walked from each word of the
message needs no borders, knows every script, and cannot run away as a large regular expression
can.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.folding import Folded


@dataclass(slots=True)
class _Node:
    """A place in the tree: the words that may follow, and the phrase that ends here."""

    after: dict[str, _Node] = field(default_factory=dict)
    phrase: str | None = None


class Phrases:
    """A fixed set of phrases. A phrase that has no word, such as "?", is found anywhere."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._root = _Node()
        self._marks: dict[str, str] = {}
        for phrase in phrases:
            self._add(phrase)

    def _add(self, phrase: str) -> None:
        folded = Folded.of(phrase)
        if not folded.tokens:
            mark = folded.text.strip()
            if mark:
                self._marks.setdefault(mark, phrase)
            return
        node = self._root
        for token in folded.tokens:
            node = node.after.setdefault(token, _Node())
        node.phrase = node.phrase or phrase

    def hits(self, text: Folded) -> set[str]:
        """The keys (see `key`) of all phrases in `text`."""
        found = {key(text.tokens[start:end]) for start, end, _ in self._spans(text.tokens)}
        return found | {mark for mark in self._marks if mark in text.text}

    def first(self, text: Folded) -> str | None:
        """The phrase, as it was listed, that `text` has first, and of several that begin there
        the longest; None when it has none."""
        for phrase in self._longest(text.tokens):
            return phrase
        return next((self._marks[mark] for mark in self._marks if mark in text.text), None)

    def hide(self, text: Folded) -> Folded:
        """`text` without the words of any phrase, so that other phrases cannot find them."""
        tokens = list(text.tokens)
        for start, end, _ in self._spans(text.tokens):
            tokens[start:end] = [""] * (end - start)
        return Folded(text.text, tuple(tokens))

    def _longest(self, tokens: tuple[str, ...]) -> Iterator[str]:
        for _, spans in itertools.groupby(self._spans(tokens), key=lambda span: span[0]):
            yield list(spans)[-1][2]

    def _spans(self, tokens: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
        for start, token in enumerate(tokens):
            node = self._root.after.get(token)
            end = start + 1
            while node is not None:
                if node.phrase is not None:
                    yield start, end, node.phrase
                node = node.after.get(tokens[end]) if end < len(tokens) else None
                end += 1


def key(tokens: tuple[str, ...]) -> str:
    """What stands for a phrase: alike for all that differ only in what folding removes."""
    return "\x00".join(tokens)


def key_of(phrase: str) -> str:
    """The key of `phrase`; "" when there is nothing in it to look for."""
    folded = Folded.of(phrase)
    return key(folded.tokens) if folded.tokens else folded.text.strip()
