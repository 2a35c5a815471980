"""Find many phrases in a message at once, so that a thousand rules cost little more than one.

Phrases are lists of words here, not patterns: a tree of words walked from each word of the
message needs no borders, knows every script, and cannot run away as a large regular expression
can.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from core.folding import fold, words

_NOTHING: frozenset[str] = frozenset()
_BETWEEN = "\x00"
_ALL_APART: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Cut:
    """A phrase of a rule as its words, and its key."""

    words: tuple[str, ...]
    key: str

    @staticmethod
    @lru_cache(maxsize=100_000)
    def of(phrase: str) -> Cut:
        """The same for the same phrase, until the rules are compiled: so that thousands of them
        keep their words once, and not in each of the places where they are looked for."""
        return Cut(tuple(words(phrase)), key_of(phrase))


@dataclass(slots=True)
class _Node:
    """A place in the tree: the words that may follow, and the phrase that ends here."""

    after: dict[str, _Node] | None = None  # most phrases are one word
    phrase: str | None = None
    keys: tuple[str, ...] = ()


class Phrases:
    """A fixed set of phrases. A phrase that has no word, such as "?", is found anywhere."""

    def __init__(self, phrases: Iterable[str], same: Mapping[str, str] = _ALL_APART) -> None:
        """`same` maps words to others that shall count as the same word."""
        self._same = same
        self._root: dict[str, _Node] = {}
        self._marks: dict[str, str] = {}
        for phrase in phrases:
            self._add(phrase)
        self._starts = self._root.keys()

    @cached_property  # few are asked, and not those with thousands of phrases
    def cannot_be_in(self) -> Callable[[Iterable[str]], bool]:
        """True only for the words of a text in which `first` would find nothing, and much the
        quickest to ask. Each phrase is known by its longest word, which is hardly as common as
        its first ("a", in "à une personne")."""
        if self._marks:
            return lambda _tokens: False
        return frozenset(max(path, key=len) for path in _paths(self._root)).isdisjoint

    def _add(self, phrase: str) -> None:
        cut = Cut.of(phrase)
        tokens = [self._same.get(token, token) for token in cut.words]
        if not tokens:
            mark = fold(phrase).strip()
            if mark:
                self._marks.setdefault(mark, phrase)
            return
        node = self._root.setdefault(tokens[0], _Node())
        for token in tokens[1:]:
            if node.after is None:
                node.after = {}
            node = node.after.setdefault(token, _Node())
        node.phrase = node.phrase or phrase
        if cut.key not in node.keys:
            node.keys = (*node.keys, cut.key)

    def hits(self, tokens: Sequence[str], text: str) -> frozenset[str] | set[str]:
        """The keys (see `key`) of all phrases in `text`, whose words are `tokens`."""
        # A set finds the few words that begin a phrase, so that no loop here sees the others.
        starts = self._starts & tokens
        if not starts and not self._marks:
            return _NOTHING
        found: set[str] = set()
        for token in starts:
            node = self._root[token]
            found.update(node.keys)
            if node.after:
                _add_longer(found, node, token, tokens)
        if self._marks:
            folded = fold(text)
            found.update(mark for mark in self._marks if mark in folded)
        return found

    def first(self, tokens: Sequence[str], text: str) -> str | None:
        """The phrase, as it was listed, that `text` has first, and of several that begin there
        the longest; None when it has none."""
        if not self._starts.isdisjoint(tokens):
            for phrase in self._longest(tokens):
                return phrase
        if not self._marks:
            return None
        folded = fold(text)
        return next((phrase for mark, phrase in self._marks.items() if mark in folded), None)

    def hidden(self, tokens: Sequence[str]) -> Sequence[str]:
        """`tokens` without the words of any phrase, so that other phrases cannot find them."""
        if self._starts.isdisjoint(tokens):
            return tokens
        left = list(tokens)
        for start, end, _ in self._spans(tokens):
            left[start:end] = [""] * (end - start)
        return left

    def _longest(self, tokens: Sequence[str]) -> Iterator[str]:
        for _, spans in itertools.groupby(self._spans(tokens), key=lambda span: span[0]):
            yield list(spans)[-1][2].phrase or ""

    def _spans(self, tokens: Sequence[str]) -> Iterator[tuple[int, int, _Node]]:
        for start, token in enumerate(tokens):
            first = self._root.get(token)
            if first is not None:
                for end, node in _walked(first, tokens, start):
                    yield start, end, node


def _paths(nodes: Mapping[str, _Node], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words that lead to each phrase."""
    for word, node in nodes.items():
        path = (*before, word)
        if node.phrase is not None:
            yield path
        yield from _paths(node.after or {}, path)


def _add_longer(found: set[str], first: _Node, token: str, tokens: Sequence[str]) -> None:
    """The keys of all phrases that begin with `token`, which leads to `first`, and go on."""
    start = -1
    for _ in range(tokens.count(token)):
        start = end = tokens.index(token, start + 1)
        node: _Node | None = first
        while node is not None:
            found.update(node.keys)
            end += 1
            node = node.after.get(tokens[end]) if node.after and end < len(tokens) else None


def _walked(node: _Node | None, tokens: Sequence[str], start: int) -> Iterator[tuple[int, _Node]]:
    """Each phrase whose first word is at `start` and leads to `node`, with the place after it."""
    end = start + 1
    while node is not None:
        if node.phrase is not None:
            yield end, node
        node = node.after.get(tokens[end]) if node.after and end < len(tokens) else None
        end += 1


def words_of(key: str) -> list[str]:
    return key.split(_BETWEEN)


def key(tokens: Sequence[str]) -> str:
    """What stands for a phrase: alike for all that differ only in what folding removes."""
    return _BETWEEN.join(tokens)


def key_of(phrase: str) -> str:
    """The key of `phrase`; "" when there is nothing in it to look for."""
    return key(words(phrase)) or fold(phrase).strip()
