"""Tell a customer's language from what they write, so that every sentence fits.

The script of a text tells much. Among languages of one script the words do: each counts for a
language by how common it is there. On short lines of a chat this is right more often than
libraries that look at letters (`tests/test_language.py` has lines), and takes microseconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from core.folding import MAX_CHARS, words
from core.lexicon import LANGUAGES, SIZE, lexicon

_CODE = re.compile(r"[@\d_/]|\w\.\w")
_SCRIPTS = (
    ("ja", (("\u3040", "\u30ff"),)),
    ("ko", (("\uac00", "\ud7a3"),)),
    ("zh", (("\u4e00", "\u9fff"), ("\u3400", "\u4dbf"))),
    ("th", (("\u0e00", "\u0e7f"),)),
    ("ru", (("\u0400", "\u04ff"),)),
    ("ar", (("\u0600", "\u06ff"),)),
    ("he", (("\u0590", "\u05ff"),)),
    ("el", (("\u0370", "\u03ff"),)),
)
_SAME_SCRIPT = {
    "ru": ("ru", "uk", "be", "bg", "sr", "mk", "kk"),
    "ar": ("ar", "fa", "ur"),
    "zh": ("zh", "ja"),
}
_NOT_LATIN = {name for name, _ in _SCRIPTS} | {n for names in _SAME_SCRIPT.values() for n in names}
_LATIN = tuple(name for name in LANGUAGES if name not in _NOT_LATIN)
_UKRAINIAN = re.compile("[іїєґ]", re.IGNORECASE)


def _any_of(*spans: tuple[str, str]) -> re.Pattern[str]:
    return re.compile("[" + "".join(f"{first}-{last}" for first, last in spans) + "]")


_LETTERS = tuple((language, _any_of(*spans)) for language, spans in _SCRIPTS)
_OTHER_LETTERS = _any_of(*(span for _, spans in _SCRIPTS for span in spans))

# How much likelier the words must be in another language, as a logarithm: to choose at all, to
# leave a language that was chosen, and to choose one that the business does not speak.
_CHOOSE, _LEAVE, _FOREIGN = 2.0, 5.0, 10.0
_ENOUGH = 3  # words that a language must have of a text before another one is left for it
_LOOKED_AT = 24  # words
_ODD = 7.0  # as rare as this the words of a line are only where it is of another language
_UNKNOWN = math.log(2 * SIZE)


def guess_language(
    text: str, *, known: str, spoken: Sequence[str], tokens: Sequence[str] | None = None
) -> str:
    """The language of `text` where it tells, else `known`, else the first of `spoken`.

    Two words never change a known language, and a known language written in the same script
    stays where words do not tell: Bulgarian is not taken for Russian. `tokens` are the `words`
    of the text, where somebody has cut them already.
    """
    text = text[:MAX_CHARS]
    seen = "" if text.isascii() else _by_script(text)
    if seen:
        return _of_script(seen, text, known, spoken)
    if known:
        if text.count(" ") + 1 < _ENOUGH:
            return known
        plain = _plainly(known, words(text) if tokens is None else tokens, spoken)
        if plain:
            return plain
    found = _words(text)
    if not found or (known and len(found) < _ENOUGH):
        return known or (spoken[0] if spoken else "en")
    return _Evidence(found).language(known, spoken)


def _by_script(text: str) -> str:
    if not _OTHER_LETTERS.search(text):
        return ""
    return next((language for language, letters in _LETTERS if letters.search(text)), "")


def _of_script(seen: str, text: str, known: str, spoken: Sequence[str]) -> str:
    family = _SAME_SCRIPT.get(seen, (seen,))
    if _base(known) in family:
        return known
    if seen == "ru" and _UKRAINIAN.search(text):
        seen = "uk"
    return _ours(seen, family, tuple(spoken))


@lru_cache(maxsize=64)
def _ours(seen: str, family: tuple[str, ...], spoken: tuple[str, ...]) -> str:
    """What the business calls this language, or else the first of its family that it speaks."""
    ours = [name for name in spoken if _base(name) in family]
    return next((name for name in ours if _base(name) == seen), ours[0] if ours else seen)


def _plainly(known: str, found: Sequence[str], spoken: Sequence[str]) -> str:
    """The language of which the commonest words leave no doubt, as they do for most messages:
    the known one, or one of ours where the known one is written otherwise; "" for none."""
    for commonest, name, others in _candidates(known, tuple(spoken)):
        own = len(commonest.intersection(found))
        if own < _ENOUGH or 3 * own < len(found):
            continue
        for one in others:
            if len(lexicon(one).commonest.intersection(found)) >= own:
                break
        else:
            return name
    return ""


@lru_cache(maxsize=256)
def _candidates(
    known: str, spoken: tuple[str, ...]
) -> tuple[tuple[frozenset[str], str, tuple[str, ...]], ...]:
    """Which languages `_plainly` tries: their commonest words, their names, and the others of
    ours that must have fewer of the words."""
    ours = [(_base(name), name) for name in spoken if _base(name) in _LATIN]
    base = _base(known)
    tried = [(base, known)] if base in _LATIN else ours if base in _NOT_LATIN else []
    return tuple(
        (lexicon(language).commonest, name, tuple(one for one, _ in ours if one != language))
        for language, name in tried
    )


def _words(text: str) -> list[str]:
    """An address, a link or an order number is written the same in every language."""
    told = " ".join(word for word in text.split() if not _CODE.search(word))
    return [word for word in words(told) if word.isalpha()][:_LOOKED_AT]


class _Evidence:
    """What the words of a text say for a language."""

    def __init__(self, found: Sequence[str]) -> None:
        self._words = found

    def language(self, known: str, spoken: Sequence[str]) -> str:
        ours = {_base(name): name for name in reversed(spoken)}
        base = _base(known)
        first = base or _base(spoken[0] if spoken else "en")
        candidates = [name for name in _LATIN if name in ours or name == base] or ["en"]
        best = max(candidates, key=self._likely)
        if self._likely(best) < -_ODD * len(self._words) and len(self._words) > _ENOUGH:
            best = self._foreign(best)
        if best == first or not self._is_enough(best, first, bool(known)):
            return known or (spoken[0] if spoken else "en")
        return ours.get(best, best)

    def _is_enough(self, best: str, first: str, is_known: bool) -> bool:
        """Whether to take `best` instead of `first`."""
        if is_known and self._count(best) < _ENOUGH:
            return False
        if first in _NOT_LATIN:
            return self._count(best) > 0 and sum(map(len, self._words)) >= 4
        if first not in _LATIN:  # nothing to compare with
            return self._share(best) >= 0.75 and self._count(best) > _ENOUGH
        return self._likely(best) - self._likely(first) > (_LEAVE if is_known else _CHOOSE)

    def _foreign(self, best: str) -> str:
        other = max(_LATIN, key=self._likely)
        clear = self._likely(other) - self._likely(best) > _FOREIGN
        return other if clear and self._share(other) >= 0.75 else best

    def _likely(self, language: str) -> float:
        return -sum(map(_rarity, self._ranks(language)))

    def _count(self, language: str) -> int:
        return sum(rank is not None for rank in self._ranks(language))

    def _share(self, language: str) -> float:
        return self._count(language) / len(self._words)

    def _ranks(self, language: str) -> Iterable[int | None]:
        return map(lexicon(language).rank, self._words)


def _rarity(rank: int | None) -> float:
    # The n-th commonest word of any language is about one n-th as common as the first.
    return _UNKNOWN if rank is None else math.log(rank + 3)


@lru_cache(maxsize=1024)
def _base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
