"""Which phrases are in a message: as they are written, in other forms, and mistyped.

The two later ways are worked out only when somebody asks, which nobody does for a message that
has a rule's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

from msgspec import Struct

from core.quick_replies.phrases import Cut, Phrases, words_of
from core.quick_replies.reader import Reader, Reading


class Vocabulary:
    """All phrases of all rules."""

    def __init__(self, phrases: Iterable[str], languages: Iterable[str]) -> None:
        listed = tuple(phrases)
        self._listed = listed
        self._languages = languages
        self.words = dict.fromkeys(word for phrase in listed for word in Cut.of(phrase).words)
        self.exact = Phrases(listed)

    @cached_property  # takes a moment, and whoever only looks for faults in the rules needs none
    def reader(self) -> Reader:
        return Reader(self.words, self._languages)

    def prepare(self) -> None:
        """Do now what the first message would have to wait for."""
        _ = self._other

    def hits(self, tokens: Sequence[str], text: str) -> Set[str]:
        """As `exact.hits`, where `tokens` are the first of their forms."""
        exact, other = self.exact.hits(tokens, text), self._other.hits(tokens, text)
        return exact | other if other else exact

    @cached_property
    def _other(self) -> Phrases:
        """The phrases that have a word which is not the first of its forms, with those that are:
        `exact` finds all others as well."""
        same = self.reader.same
        listed = [p for p in self._listed if not same.keys().isdisjoint(Cut.of(p).words)]
        return Phrases(listed, same)


class Heard(Struct):
    """The keys of the phrases in one message. `exact` are among `forms`, these among `typos`."""

    vocabulary: Vocabulary
    tokens: Sequence[str]
    text: str
    exact: Set[str]
    _reading: Reading | None = None
    _forms: Set[str] | None = None
    _typos: Set[str] | None = None

    @property
    def forms(self) -> Set[str]:
        if self._forms is None:
            forms = self._read().forms
            self._forms = self._hits(forms) if forms else self.exact
        return self._forms

    @property
    def typos(self) -> Set[str]:
        if self._typos is None:
            read = self._read()
            self._typos = self._hits({**read.forms, **read.typos}) if read.typos else self.forms
        return self._typos

    def written(self, key: str) -> str:
        """For people: how the message writes the words of a phrase that it has in other ways."""
        read, same = self._read(), self.vocabulary.reader.same
        missing = {*words_of(key)} - {*self.tokens}
        meant = {same.get(word, word) for word in missing}
        others = {**read.forms, **read.typos}.items()
        return "".join(f', written "{word}"' for word, stands in others if stands in meant)

    def _read(self) -> Reading:
        if self._reading is None:
            self._reading = self.vocabulary.reader.read(self.tokens)
        return self._reading

    def _hits(self, read: Mapping[str, str]) -> Set[str]:
        tokens = [read.get(token, token) for token in self.tokens]
        return self.vocabulary.hits(tokens, self.text)
