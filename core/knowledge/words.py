"""The words by which passages are found; questions and passages go through the same steps.

Where a script has no spaces, two neighbouring characters make a word, and each character is one
too, of little weight: measured on Chinese questions, characters alone find anything, and pairs
alone miss a word of one character. SQLite's own trigrams miss every word of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import groupby, pairwise

from core import folding

_THAI = "\u0e00"  # every script without spaces comes after it
_SAMPLE = "Pots ran, runner's cafés 5% 退貨 退货 お届け บาท Straßen-Bäume ship shipping shipped"


def words_of(text: str) -> list[str]:
    """The folded words of `text`, in order, repeats included."""
    found: list[str] = []
    for start in range(0, len(text), folding.MAX_CHARS):
        words = folding.words(text[start : start + folding.MAX_CHARS])
        for unspaced, together in groupby(words, is_unspaced):
            run = list(together)
            found += _characters(run) if unspaced else [word for word in run if word[0].isalnum()]
    return found


def is_unspaced(word: str) -> bool:
    """Whether it is one letter of a script without spaces."""
    return word[0] >= _THAI and sum(map(str.isalpha, word)) == 1


def is_function_word(word: str) -> bool:
    """Whether it says nothing about what a text is about: "the", "how", 什么."""
    return word in _FUNCTION_WORDS or all(char in _FUNCTION_CHARACTERS for char in word)


def fingerprint() -> str:
    """Another one as soon as the same text comes to other words, as after an update."""
    return blake2b(" ".join(words_of(_SAMPLE)).encode(), digest_size=8).hexdigest()


def _characters(run: list[str]) -> Iterator[str]:
    yield from run
    yield from map("".join, pairwise(run))


def _folded(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in words_of(text))


# Without them a question of three words would be half answered by any text with "what" and "is".
# What names a thing in another of these languages, as "hat" and "bin" do, is left out.
_FUNCTION_WORDS = _folded(
    (
        "a about am an and any are as at be been but by can could d did do does doing done "
        "don't else for from get got had has have he her here him his how i i'm if in into is "
        "isn't it its just ll many may me might more most much must my no not of on or our "
        "out please re s shall she should so some such t than that the their them then there "
        "these they this those to too us ve very was we were what when where which who whom "
        "why will with would yes you your",
        "aber als am an auch auf aus bei bis das dass dein dem den der des dies du ein eine "
        "einem einen einer er es für gibt haben habe hätte ich ihr im in ist ja kann kein "
        "mein mich mir muss nach nicht noch nur ob oder ohne sein sich sie sind so soll um "
        "und uns unser vom von vor wann warum was welche wenn wer wie will wir wird wo zu zum "
        "zur bitte",
        "à au aux avec ce ces cette comment dans de des du elle en est et il ils je la le les "
        "leur lui ma mais me mes moi mon ne nous on ou où par pas pourquoi puis qu que quel "
        "quelle qui sa se ses si sont sur ta te tu un une vos votre vous y",
        "al algo como cual cuando cuanto de del desde donde el ella en es esta este hay la "
        "las le lo los me mi muy no nos o para pero por porque puede puedo que quien se si su "
        "sus te tengo tiene un una y ya yo",
    )
)
_FUNCTION_CHARACTERS = frozenset(
    "的了吗呢吧啊么什怎多少我你您他她它们是有在能会可以要和与就都也很不请这那哪个一上到来去给把被让为从好谢"
)
