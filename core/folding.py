"""Make texts comparable: what people take for the same words must become the same tokens.

The owner's phrases and the customers' messages go through the same steps, so no step needs to be
right about a language; it must only never fold apart what belongs together.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import regex  # type: ignore[import-untyped]

from core.lexicon import read

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
# To normalize thousands of marks on one letter takes the square of their number.
_HEAP = regex.compile(r"(\p{M}{8})\p{M}+")
_ONE_LETTER = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_HAN = regex.compile(r"\p{Han}")
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

# Marks join the letter before them, and the letters that Korean syllables are made of each other.
_JOINS = regex.compile(r"\p{M}|[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
_UNSURE = "\0"
_MOST_SHAPES = 10_000

_BEYOND_LATIN = re.compile("[^\x00-\xff]")

# In nearly every Chinese message, and then normalization takes ten times as long as without.
_WIDE = [(chr(ord(mark) + 0xFEE0), mark) for mark in ",!?:"]


def plain(text: str) -> str:
    """At most MAX_CHARS of `text` with full width made narrow; case and accents stay."""
    text = text[:MAX_CHARS]
    if text.isascii():
        return text
    if not _BEYOND_LATIN.search(text):  # so it has none of what is replaced here
        return unicodedata.normalize("NFKC", text)[:MAX_CHARS]
    for wide, narrow in _WIDE:
        text = text.replace(wide, narrow)
    # To look costs a third of replacing nothing.
    if _HEAP.search(text):
        text = _HEAP.sub(r"\1", text)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _SURROGATE.sub("\ufffd", text)
    return unicodedata.normalize("NFKC", text)[:MAX_CHARS]


def fold(text: str) -> str:
    """`plain` without case, optional accents and invisible characters, Chinese simplified."""
    text = plain(text)
    if text.isascii():
        return text.lower().translate(_APOSTROPHES)
    narrow = unicodedata.normalize("NFKC", text.casefold())
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFD", narrow))
    bare = _OPTIONAL_MARKS.sub("", visible).translate(_ONE_LETTER).translate(_APOSTROPHES)
    if _HAN.search(bare):
        bare = bare.translate(_simplified())
    return unicodedata.normalize("NFC", bare)


@cache
def _simplified() -> dict[int, int]:
    """Traditional characters to simplified ones, read when the first Chinese is met."""
    lines = read("zh-variants").split()
    return {ord(variant): ord(line[0]) for line in lines for variant in line[1:]}


def words(text: str) -> list[str]:
    """`text` folded and cut into words.

    Each character is a word in scripts without spaces, and so is each symbol or emoji. Other
    punctuation only parts words. "don't" and "dont" are one word; every other apostrophe parts
    words, so that "customer" is found in "customer's" and "argent" in "l'argent".
    """
    text = text[:MAX_CHARS]
    if text.isascii() or not _BEYOND_LATIN.search(text):
        letters = text.encode("latin-1").translate(_LATIN)
        if letters.isascii():
            return letters.decode().split()
    shaped = text.translate(_SHAPES)
    if _UNSURE in shaped:
        return thorough_words(text)
    if "'" in shaped:
        shaped = shaped.replace("n't", "nt").replace("'", " ")
    return shaped.split()


def thorough_words(text: str) -> list[str]:
    """What `words` shortens: right for every text, but twenty times slower."""
    return list(_cut(text[:MAX_CHARS]))


@lru_cache(maxsize=16)  # one message is asked for its words several times
def _cut(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(fold(text).replace("n't", "nt")))


class _Shapes(dict[int, str]):
    """What `words` makes of each character, learnt as the characters come along."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST_SHAPES:
            self.clear()
        shape = self[code] = _shape(chr(code))
        return shape


def _shape(char: str) -> str:
    """`char` folded, with spaces where words end; _UNSURE where it depends on its neighbours."""
    narrow = plain(char)
    if _INVISIBLE.fullmatch(char):
        return ""
    if len(narrow) > 1 or _JOINS.search(char) or _JOINS.match(narrow):
        return _UNSURE
    folded = fold(char)
    if folded == "'":
        return folded
    if "'" in folded:
        return _UNSURE
    between = f"a{folded}a"
    parts = _TOKEN.findall(between)
    if parts == [between]:
        return folded
    return " ".join(["", *parts[1:-1], ""]) if len(parts) > 2 else " "


_SHAPES = _Shapes()

# What `words` makes of Latin-1, in which most messages are written: a letter of ASCII or a border,
# and no ASCII at all for what is neither.
_LATIN = bytes(
    ord(shape) if len(shape) == 1 and shape.isascii() and shape not in ("'", _UNSURE) else 0xFF
    for shape in map(_SHAPES.__getitem__, range(256))
)


def forget() -> None:
    """What was learnt of characters; it is learnt again as they come along."""
    _SHAPES.clear()
    _cut.cache_clear()
