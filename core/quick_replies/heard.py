"""Which phrases are in a message: as they are written, in other forms, and mistyped.

The two later ways are worked out only when somebody asks, which nobody does for a message that
has a rule's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

from core.folding import words
from core.quick_replies.phrases import Phrases, words_of
from core.quick_replies.reader import Reader, Reading


class Vocabulary:
    """All phrases of all rules."""

    def __init__(self, phrases: Iterable[str], languages: Iterable[str]) -> None:
        listed = tuple(phrases)
        self._listed = listed
        self._languages = languages
        self.words = dict.fromkeys(word for phrase in listed for word in words(phrase))
        self.exact = Phrases(listed)

    @cached_property  # takes a moment, and whoever only looks for faults in the rules needs none
    def reader(self) -> Reader:
        return Reader(self.words, self._languages)

    @cached_property
    def loose(self) -> Phrases:
        same = self.reader.same
        return Phrases(self._listed, same) if same else self.exact


class Heard:
    """The keys of the phrases in one message. `exact` are among `forms`, these among `typos`."""

    __slots__ = ("_forms", "_reading", "_text", "_tokens", "_typos", "_vocabulary", "exact")

    def __init__(self, vocabulary: Vocabulary, tokens: Sequence[str], text: str) -> None:
        self._vocabulary = vocabulary
        self._tokens = tokens
        self._text = text
        self._reading: Reading | None = None
        self._forms: Set[str] | None = None
        self._typos: Set[str] | None = None
        self.exact: Set[str] = vocabulary.exact.hits(tokens, text)

    @property
    def forms(self) -> Set[str]:
        if self._forms is None:
            forms = self._read().forms
            self._forms = self._hits(forms) if forms else self.exact
        return self._forms

    @property
    def typos(self) -> Set[str]:
        if self._typos is None:
            forms, typos = self._read()
            self._typos = self._hits({**forms, **typos}) if typos else self.forms
        return self._typos

    def written(self, key: str) -> str:
        """For people: how the message writes the words of a phrase that it has in other ways."""
        read, same = self._read(), self._vocabulary.reader.same
        missing = {*words_of(key)} - {*self._tokens}
        meant = {same.get(word, word) for word in missing}
        others = {**read.forms, **read.typos}.items()
        return "".join(f', written "{word}"' for word, stands in others if stands in meant)

    def _read(self) -> Reading:
        if self._reading is None:
            self._reading = self._vocabulary.reader.read(self._tokens)
        return self._reading

    def _hits(self, read: Mapping[str, str]) -> Set[str]:
        tokens = [read.get(token, token) for token in self._tokens]
        return self._vocabulary.loose.hits(tokens, self._text)
