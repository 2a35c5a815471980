"""Answer from the passages of documents in the instructions, as a model does that has some."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PASSAGE = re.compile(r'<passage number="(\d+)" from="([^"]*)">\n(.*?)\n</passage>', re.DOTALL)
_NOTHING = "No document of the business says anything"
_WORD = re.compile(r"[a-zà-ÿ0-9]+|[\u4e00-\u9fff]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_EMPTY = (
    " a about and any are at be can do does for have how i in is it many me much my of on one or "
    "our please should tell that the there this to want was we what when where which who why will "
    "with would you your 什么 怎么 可以 多少 你们 我们 请问 能不 有没 "
)
_REFERS = re.compile(r"\b(?:it|that|this|they|them|those|these|there)\b|[那这它]", re.IGNORECASE)
_FEW = 4
_ENOUGH = 0.2
_MOST_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Passage:
    number: int
    heading: str
    text: str


def passages_in(instructions: str) -> list[Passage]:
    return [Passage(int(n), heading, text) for n, heading, text in _PASSAGE.findall(instructions)]


def finds_nothing(instructions: str) -> bool:
    """Whether the instructions say that no document fits."""
    return _NOTHING in instructions


def answer(question: str, before: str, passages: list[Passage]) -> str | None:
    """What the passage that fits best says, with its number; None if none does.

    `before` is what the customer said before: "and how much is that?" says nothing by itself.
    """
    asked = set(_words(question))
    if len(asked) <= _FEW and _REFERS.search(question):
        asked |= set(_words(before))
    if not asked or not passages:
        return None
    best = max(passages, key=lambda p: _shared(asked, f"{p.heading}\n{p.text}"))
    if _shared(asked, f"{best.heading}\n{best.text}") < _ENOUGH * len(asked):
        return None
    return f"{_told(asked, best.text)} [[{best.number}]]"


def _told(asked: set[str], text: str) -> str:
    """The sentences that have most to do with what was asked, in their order."""
    sentences = [s.strip() for s in _SENTENCE.split(_without_marks(text)) if s.strip()]
    ranked = sorted(range(len(sentences)), key=lambda at: (-_shared(asked, sentences[at]), at))
    chosen = sorted(ranked[:_MOST_SENTENCES])
    glue = "" if _CHINESE.search(text) else " "
    return glue.join(sentences[at] for at in chosen)


def _without_marks(text: str) -> str:
    return re.sub(r"\[([^\]]*)\]\([^)]*\)|[*_`#>|]+", lambda found: found[1] or "", text)


def _shared(asked: set[str], text: str) -> int:
    return len(asked & set(_words(text)))


def _words(text: str) -> Iterator[str]:
    """Words cut to their beginnings, so that "engrave" is also in "engraving"; pairs of Chinese
    characters."""
    for word in _WORD.findall(text.lower()):
        if _CHINESE.match(word):
            pairs = (word[at : at + 2] for at in range(max(1, len(word) - 1)))
            yield from (pair for pair in pairs if f" {pair} " not in _EMPTY)
        elif f" {word} " not in _EMPTY:
            yield word.removesuffix("s")[:5]
