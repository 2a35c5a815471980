"""What the words of a message may stand for when they are not written as the rules write them.

Only words that no rule has are looked at, and a word that people use for something else is left
as it is: "older" is no typo of "order". What means nothing to any rule is remembered, because
messages are made of the same few thousand words.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from core.lexicon import LANGUAGES, lexicon
from core.quick_replies.forms import Forms
from core.quick_replies.typos import SHORTEST, Typos

_REMEMBERED = 4096  # words
_MOST, _LONGEST = 25, 40  # strange words of a message, letters of one: nobody mistypes more
_ENDING = 3  # letters of the longest ending that a mistyped word may lose
_EVERYWHERE = "en"  # English words are part of every other language's


class Reading(Struct, frozen=True, gc=False):
    """Words of a message to words of the rules: other forms of them, and mistyped ones."""

    forms: Mapping[str, str]
    typos: Mapping[str, str]


_AS_WRITTEN = Reading({}, {})


class Reader:
    """Reads messages for a vocabulary, in the order of which the first of equals is meant."""

    def __init__(
        self,
        vocabulary: Iterable[str],
        languages: Iterable[str],
        *,
        forms: bool = True,
        known: Container[str] = frozenset(),
    ) -> None:
        """Words in `known` are no typos either."""
        words = dict.fromkeys(vocabulary)
        spoken = {language.partition("-")[0].lower() for language in languages}
        self._forms = Forms(words, spoken) if forms else None
        self._typos = Typos(words)
        self._known = known
        self._languages = sorted((spoken | {_EVERYWHERE}) & {*LANGUAGES})
        self.same: Mapping[str, str] = self._forms.same if self._forms else {}
        self._meaningless: set[str] = set()
        self._left = set(words) - self.same.keys()
        """All words that are left as they are, so that those of a message are looked up once."""

    @property
    def remembered(self) -> int:
        """How many words are known to mean nothing."""
        return len(self._meaningless)

    def is_as_written(self, tokens: Sequence[str]) -> bool:
        """Whether all words mean what they say or nothing; False also where that is news."""
        return self._left.issuperset(tokens)

    def read(self, tokens: Sequence[str]) -> Reading:
        if self.is_as_written(tokens):
            return _AS_WRITTEN
        strange = set(tokens).difference(self._left)
        forms: dict[str, str] = {}
        typos: dict[str, str] = {}
        for word in [word for word in dict.fromkeys(tokens) if word in strange][:_MOST]:
            if len(word) > _LONGEST:
                continue
            if meant := self._form(word):
                forms[word] = meant
            elif meant := self._typo(word):
                typos[word] = meant
            else:
                self._remember(word)
        return Reading(forms, typos)

    def _form(self, word: str) -> str | None:
        return self.same.get(word) or (self._forms.of(word) if self._forms else None)

    def _typo(self, word: str) -> str | None:
        if len(word) < SHORTEST or self._is_ordinary(word) or not word.isalpha():
            return None
        # A slip in "refunds" may be too far from "refund", but not when both lose their endings.
        for one in (word, *self._without_ending(word)):
            meant = self._typos.nearest(one)
            if meant is not None and meant != one:  # "humanism" is no slip of "human"
                return self.same.get(meant, meant)
        return None

    def _without_ending(self, word: str) -> Iterator[str]:
        for stem in sorted(self._forms.stems(word)) if self._forms else ():
            ending = word.removeprefix(stem)
            if 0 < len(ending) <= _ENDING and not self._is_ordinary(stem):
                yield stem

    def _is_ordinary(self, word: str) -> bool:
        for language in self._languages:
            if lexicon(language).rank(word) is not None:
                return True
        return word in self._known

    def _remember(self, word: str) -> None:
        if len(self._meaningless) >= _REMEMBERED:
            self._left -= self._meaningless
            self._meaningless.clear()
        self._meaningless.add(word)
        self._left.add(word)
