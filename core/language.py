"""Guess a customer's language from the script of the text, so that the first sentence fits."""

from __future__ import annotations

import re
from collections.abc import Sequence

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

_LETTERS = tuple(
    (language, re.compile("[" + "".join(f"{first}-{last}" for first, last in spans) + "]"))
    for language, spans in _SCRIPTS
)


def guess_language(text: str, *, known: str, spoken: Sequence[str]) -> str:
    """The language of `text` where its script tells, else `known`, else the first of `spoken`.

    A known language written in the same script stays: Ukrainian is not taken for Russian.
    """
    base = known.partition("-")[0].lower()
    seen = _by_script(text)
    if seen:
        return known if base == seen or _same_script(base, seen) else seen
    if base and base in dict(_SCRIPTS) and _has_latin_words(text):
        return next(
            (name for name in spoken if name.partition("-")[0] not in dict(_SCRIPTS)), "en"
        )
    return known or (spoken[0] if spoken else "en")


def _by_script(text: str) -> str:
    if text.isascii():
        return ""
    return next((language for language, letters in _LETTERS if letters.search(text)), "")


def _same_script(known: str, seen: str) -> bool:
    shared = {"ru": {"uk", "be", "bg", "sr", "mk", "kk"}, "ar": {"fa", "ur"}, "zh": {"ja"}}
    return known in shared.get(seen, set())


def _has_latin_words(text: str) -> bool:
    """An address, a link or an order number is written the same in every language."""
    words = [word for word in text.split() if not _CODE.search(word)]
    letters = [char for word in words for char in word if char.isalpha()]
    return len(letters) >= 4 and all(char < "\u0250" for char in letters)
