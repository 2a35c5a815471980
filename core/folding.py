"""Make texts comparable: what people take for the same words must become the same tokens.

The owner's phrases and the customers' messages go through the same steps, so no step needs to be
right about a language; it must only never fold apart what belongs together.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]

MAX_CHARS = 4_000
"""More of a message than this is not looked at."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_INVISIBLE = regex.compile(r"[\p{Cf}\p{Variation_Selector}\u034f\u115f\u1160\u3164\u0640]")

# Marks that writers leave out at will. Everywhere else a mark makes another letter, as the short
# и does in Cyrillic and every vowel sign in the scripts of India.
_OPTIONAL_MARKS = regex.compile(
    r"(?<=[\p{Latin}\p{Greek}\p{Arabic}\p{Hebrew}]\p{Mn}*)\p{Mn}"
    r"|(?<=[аеёиоуыэюяіє])[\u0300\u0301]|(?<=е)\u0308"
)
_ONE_LETTER = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʹ`´＇", "'"))

# Korean has spaces, but particles cling to the words and compounds are written together, so that
# a border says too little; the others have no spaces at all.
_UNSPACED = (
    r"\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}"
    r"\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}\p{scx=Java}\p{scx=Bali}\p{scx=Yiii}"
)
_TOKEN = regex.compile(
    rf"""(?V1)
    [[\p{{L}}]&&[{_UNSPACED}]]\p{{M}}*
    | (?:[[\p{{L}}\p{{N}}]--[[\p{{L}}]&&[{_UNSPACED}]]]\p{{M}}*)+
    | [\p{{Sc}}\p{{So}}\p{{Sk}}+=<>]""",
    regex.VERBOSE,
)


def plain(text: str) -> str:
    """At most MAX_CHARS of `text` with full width made narrow; case and accents stay."""
    sound = _SURROGATE.sub("\ufffd", text[:MAX_CHARS])
    return unicodedata.normalize("NFKC", sound)[:MAX_CHARS]


def fold(text: str) -> str:
    """`plain` without case, optional accents and invisible characters."""
    text = plain(text)
    if text.isascii():
        return text.lower()
    narrow = unicodedata.normalize("NFKC", text.casefold())
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFD", narrow))
    bare = _OPTIONAL_MARKS.sub("", visible).translate(_ONE_LETTER).translate(_APOSTROPHES)
    return unicodedata.normalize("NFC", bare)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text made comparable: as one string, and as words.

    Each character is a word in scripts without spaces, and so is each symbol or emoji. Other
    punctuation only parts words. "don't" and "dont" are one word; every other apostrophe parts
    words, so that "customer" is found in "customer's" and "argent" in "l'argent".
    """

    text: str
    tokens: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Folded:
        folded = fold(text)
        return cls(folded, tuple(_TOKEN.findall(folded.replace("n't", "nt"))))
