"""Know "refunds" for a form of "refund", so that nobody has to list a word's endings.

Snowball's stemmers are made for search engines and cut too much for rules: to them a customer
pays customs. So two words of one stem must also begin alike and differ in a short ending only,
and in English this ending must be one that words take when they change.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from Stemmer import Stemmer  # type: ignore[import-not-found]

_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
_SCRIPTS = {"ar": "ARABIC", "el": "GREEK", "ru": "CYRILLIC"}  # Latin is every other one's
_ENGLISH_ENDINGS = frozenset({"", "s", "es", "e", "d", "ed", "ing", "y", "ies", "ied", "ying"})
_LONGEST_ENDING = 4
_SHORTEST = 3


class Forms:
    """The words of a vocabulary, each with its other forms."""

    def __init__(self, vocabulary: Iterable[str], languages: Iterable[str]) -> None:
        words = [word for word in vocabulary if _may_change(word)]
        scripts = {word: _script(word) for word in words}
        self._beginnings = {word[:_SHORTEST] for word in words}
        self._stems: dict[str, list[tuple[_Stemmer, dict[str, tuple[str, ...]]]]] = {}
        for language in _able({*languages}, set(scripts.values())):
            script = _SCRIPTS.get(language, "LATIN")
            stemmer, stems = _Stemmer(language), dict[str, tuple[str, ...]]()
            for word in words:
                if scripts[word] == script:
                    stem = stemmer.stem(word)
                    stem = word if stem == word else stem  # one of them is enough
                    stems[stem] = (*stems.get(stem, ()), word)
            self._stems.setdefault(script, []).append((stemmer, stems))
        self.same: dict[str, str] = {}
        for word in words:
            first = self._first(word) or word
            if first != word:
                self.same[word] = self.same.get(first, first)

    def of(self, word: str) -> str | None:
        """The word of the vocabulary, of several forms the first one, that `word` is a form of."""
        if word[:_SHORTEST] not in self._beginnings or not _may_change(word):
            return None
        found = self._first(word)
        return None if found is None else self.same.get(found, found)

    def stems(self, word: str) -> set[str]:
        """`word` without its ending, in each language that it may be of."""
        return {stemmer.stem(word) for stemmer, _ in self._stems.get(_script(word), ())}

    def _first(self, word: str) -> str | None:
        for stemmer, stems in self._stems.get(_script(word), ()):
            stem = stemmer.stem(word)
            for known in stems.get(stem, ()):
                if stemmer.alike(known, word, stem):
                    return known
        return None


class Stems:
    """Words without their endings, for a search: there it harms little that some go too far."""

    def __init__(self, languages: Iterable[str]) -> None:
        self._stemmers: dict[str, list[_Stemmer]] = {}
        for language in _able({*languages}, {*_SCRIPTS.values()}):
            script = _SCRIPTS.get(language, "LATIN")
            self._stemmers.setdefault(script, []).append(_Stemmer(language))

    def of(self, word: str) -> set[str]:
        """The stems of `word`, in each language that it may be of; itself where it has none."""
        stemmers = self._stemmers.get(_script(word), ()) if _may_change(word) else ()
        return {stemmer.stem(word) for stemmer in stemmers} or {word}


class _Stemmer:
    def __init__(self, language: str) -> None:
        self._english = language == "en"
        self.stem = Stemmer(_ALGORITHMS[language], 0).stemWord

    def alike(self, one: str, other: str, stem: str) -> bool:
        """Whether two words of one stem differ in nothing but how they end."""
        common = _beginning(one, other)
        ends = [word[len(common) :] for word in (one, other)]
        if len(common) < _SHORTEST or max(map(len, ends)) > _LONGEST_ENDING:
            return False
        if self._english:
            return all(_ends_in_english(common, end) for end in ends)
        return len(stem) > _SHORTEST or common in (one, other)


def _beginning(one: str, other: str) -> str:
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))]


def _ends_in_english(common: str, end: str) -> bool:
    return end in _ENGLISH_ENDINGS or (end[0] == common[-1] and end[1:] in ("ed", "ing"))


def _able(languages: set[str], scripts: set[str]) -> Iterator[str]:
    """Those of `languages` that have a stemmer; for a script of which they have none, its own."""
    bases = {language.partition("-")[0].lower() for language in languages}
    yield from sorted(bases & _ALGORITHMS.keys())
    for language, script in _SCRIPTS.items():
        others = {"uk", "be", "bg", "sr", "mk", "kk"} if script == "CYRILLIC" else {"fa", "ur"}
        if script in scripts and not bases & {language, *others}:
            yield language


def _may_change(word: str) -> bool:
    return len(word) >= _SHORTEST and word.isalpha()


def _script(word: str) -> str:
    if word[0] < "\u0250":
        return "LATIN"
    return unicodedata.name(word[0], "").partition(" ")[0]
