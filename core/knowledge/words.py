"""The words by which passages are found; questions and passages go through the same steps.

Words lose their endings. Where a script has no spaces, two neighbouring characters make a word,
and each character is one too, of little weight: measured on Chinese questions, characters alone
find anything, and pairs alone miss a word of one character. SQLite's own trigrams miss every word
of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby, pairwise
from math import log

from core import folding
from core.lexicon import LANGUAGES, lexicon
from core.quick_replies.forms import Stems
from core.wordlists import ABOUT_NOTHING

_THAI = "\u0e00"  # every script without spaces comes after it
_CHARACTER = 0.2  # the weight of a single character of a script without spaces
_HALF = 0.3  # of two characters of which one says nothing
_SAYS_NOTHING, _SAYS_ALL = 100, 2_000  # ranks of words; in between, weight grows with rarity
_FUNCTION_CHARACTERS = frozenset(
    "的了吗呢吧啊么什怎多少我你您他她它们是有在能会可以要和与就都也很不请这那哪个一上到来去给把被让为从好谢"
)
_SAMPLE = "Pots ran, runner's cafés 5% 退貨 退货 お届け บาท Straßen-Bäume ship shipping shipped"


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of a question with their weights, how they are `written` there, and how many that
    say nothing it has besides."""

    weights: Mapping[str, float]
    written: Mapping[str, str]
    others: int


class Words:
    """Cuts texts into words, for customers who speak `languages`."""

    def __init__(self, languages: Iterable[str]) -> None:
        spoken = {language.partition("-")[0].lower() for language in languages}
        self._stems = Stems(spoken)
        # English is known to everybody, and its little words are in every collection of texts.
        self._lexicons = [lexicon(name) for name in LANGUAGES if name in spoken | {"en"}]
        sample = " ".join(sorted(spoken) + self.of(_SAMPLE))
        self.fingerprint = blake2b(sample.encode(), digest_size=8).hexdigest()
        """Another one as soon as the same text may come to other words, as after an update."""

    def of(self, text: str) -> list[str]:
        """The words of `text`, in order, repeats included."""
        return [stem for word in _cut(text) for stem in sorted(self._stems.of(word))]

    def asked(self, text: str) -> Asked:
        """The words of a question. "What is it", or 什么, says nothing of what it is about, and
        would be found in every text; so would "yes please"."""
        weights: dict[str, float] = {}
        written: dict[str, str] = {}
        others = 0
        for word in dict.fromkeys(_cut(text)):
            weight = self._weight(word)
            others += not weight
            stems = self._stems.of(word) if weight else ()
            for stem in stems:
                weights[stem] = max(weights.get(stem, 0.0), weight / len(stems))
                written.setdefault(stem, word)
        return Asked(weights, written, others)

    def _weight(self, word: str) -> float:
        if word in ABOUT_NOTHING:
            return 0.0
        little = sum(char in _FUNCTION_CHARACTERS for char in word)
        if little:
            return 0.0 if little == len(word) else _HALF
        if _is_unspaced(word):
            return _CHARACTER
        ranks = (lexicon.rank(word) for lexicon in self._lexicons)
        rank = min((rank for rank in ranks if rank is not None), default=_SAYS_ALL)
        share = log(max(rank, 1) / _SAYS_NOTHING) / log(_SAYS_ALL / _SAYS_NOTHING)
        return min(max(share, 0.0), 1.0)


def _cut(text: str) -> list[str]:
    found: list[str] = []
    for start in range(0, len(text), folding.MAX_CHARS):
        words = folding.words(text[start : start + folding.MAX_CHARS])
        for unspaced, together in groupby(words, _is_unspaced):
            run = list(together)
            found += _characters(run) if unspaced else [word for word in run if word[0].isalnum()]
    return found


def _is_unspaced(word: str) -> bool:
    """Whether it is one letter of a script without spaces."""
    return word[0] >= _THAI and sum(map(str.isalpha, word)) == 1


def _characters(run: list[str]) -> Iterator[str]:
    yield from run
    yield from map("".join, pairwise(run))
