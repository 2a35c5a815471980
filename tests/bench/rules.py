"""Rules and messages as a busy shop has them, the same in every run.

Words are made up from syllables, so that each message is answered by exactly the rule it was
written for and the expected answer is known.
"""

from __future__ import annotations

import math
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SEED = 20_000
_ONSETS = ("b", "br", "d", "f", "gl", "k", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "v", "z")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "eo", "ou")
_IDEOGRAPHS = (0x4E00, 0x9FA0)
_FILLERS = (
    "good morning could you please tell me a little more about the",
    "we would like to know before friday how it is with the",
    "my neighbour said that your shop knows everything about the",
    "there was a line in your last letter and it was about the",
)
_CHINESE_FILLER = "早上好，在星期五之前，我们想多了解一点关于"
_TAIL = " because it rained a lot here and the garden is wet and we are not sure any more"
LENGTH = 100
"""Characters of every message."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A rule as settings.yaml spells it, and a message of LENGTH characters that it answers."""

    rule: dict[str, Any]
    text: str

    @property
    def reply(self) -> str:
        return str(self.rule["reply"])


def samples(count: int) -> list[Sample]:
    """`count` rules: every fifth by a regular expression, every fifth by Chinese words."""
    chance = random.Random(_SEED)  # noqa: S311
    words = _words(chance)
    return [_sample(number, words, chance) for number in range(count)]


def spread(made: Sequence[Sample], count: int) -> list[Sample]:
    """`count` of them, from the whole list and of every kind."""
    step = max(1, len(made) // count)
    while math.gcd(step, len(made)) > 1:  # else kinds are left out, or rules come twice
        step += 1
    return [made[number * step % len(made)] for number in range(count)]


def strangers(count: int) -> list[str]:
    """Messages of LENGTH characters that no rule answers."""
    fillers = (f"{_FILLERS[number % len(_FILLERS)]} moon{_TAIL}" for number in range(count))
    return [text[:LENGTH] for text in fillers]


def _sample(number: int, words: Iterator[str], chance: random.Random) -> Sample:
    kind = number % 5
    if kind == 0:
        when, mention = _by_pattern(number, next(words), chance)
    elif kind == 1:
        when, mention = _in_chinese(chance)
    else:
        when, mention = _by_words(number, words)
    filler = _CHINESE_FILLER if kind == 1 else _FILLERS[number % len(_FILLERS)] + " "
    reply = f"This is what we know about number {number}: it takes three days."
    rule = {"id": f"rule-{number}", "when": when, "reply": reply}
    return Sample(rule, f"{filler}{mention}{_TAIL}"[:LENGTH])


def _by_words(number: int, words: Iterator[str]) -> tuple[dict[str, Any], str]:
    """Two words and a phrase; some rules also want or forbid another word."""
    first, second, left, right = (next(words) for _ in range(4))
    when: dict[str, Any] = {"any": [first, second, f"{left} {right}"]}
    if number % 7 == 0:
        when["all"] = [[next(words), "morning", "friday", "shop", "letter"]]
    if number % 11 == 0:
        when["none"] = [next(words)]
    return when, (first, f"{left} {right}")[number % 2]


def _in_chinese(chance: random.Random) -> tuple[dict[str, Any], str]:
    phrases = ["".join(chr(chance.randrange(*_IDEOGRAPHS)) for _ in range(4)) for _ in range(2)]
    return {"any": phrases}, phrases[0]


def _by_pattern(number: int, word: str, chance: random.Random) -> tuple[dict[str, Any], str]:
    digits = "".join(chance.choices(string.digits, k=6))
    shapes = (
        (rf"\b{word}\s+#?(?P<number>\d{{6}})\b", f"{word} #{digits}"),
        (rf"\b{word}(?:s|es)?\s+(?:no\.?|number)\s*\d+", f"{word}s number {digits}"),
        (rf"(?:where|about)\b.*\b{word}[- ]?\d{{2,}}", f"{word}-{digits}"),
        (rf"(?i)\b(?:my|your|the)\s+{word}\s+(?:box|pot|bag)s?\b", f"{word} pots"),
    )
    pattern, mention = shapes[number // 5 % len(shapes)]
    return {"regex": [pattern]}, mention


def _words(chance: random.Random) -> Iterator[str]:
    """Made-up words, none twice and none inside another's place."""
    seen: set[str] = set()
    while True:
        word = "".join(chance.choice(_ONSETS) + chance.choice(_VOWELS) for _ in range(4)) + "x"
        if word not in seen:
            seen.add(word)
            yield word
