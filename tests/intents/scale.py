"""Measure what many rules cost: time to learn them, memory, and time to answer."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path
from typing import Any

_EXAMPLES = 20
_SYLLABLES = "ba co di fe gu ha jo ki lu me no pa qui ro su ta ve wi xo ya zu bra cle dro fri"
_COMMON = "how do i the my can you is where what when to for a please not have of with it"


def made_up(rules: int, seed: int) -> list[list[str]]:
    """Questions about as long as people's: common words around a few that belong to the rule."""
    chance = random.Random(seed)  # noqa: S311
    words = [
        "".join(chance.choices(_SYLLABLES.split(), k=chance.randint(1, 4)))
        for _ in range(rules * 6)
    ]
    return [
        [_question(chance, words) for _ in range(_EXAMPLES)]
        for words in _topics(chance, words, rules)
    ]


def _topics(chance: random.Random, words: list[str], rules: int) -> list[list[str]]:
    return [chance.sample(words, 12) for _ in range(rules)]


def _question(chance: random.Random, topic: list[str]) -> str:
    chosen = chance.choices(_COMMON.split(), k=chance.randint(3, 9)) + chance.sample(
        topic, chance.randint(2, 4)
    )
    chance.shuffle(chosen)
    return " ".join(chosen).capitalize() + "?"


def measured(rules: int, seed: int) -> dict[str, Any]:
    """Run in a process that has not loaded `core.similarity` yet, for the memory to count."""
    if "core.similarity" in sys.modules:
        raise RuntimeError("numpy is loaded already")
    examples, asked = made_up(rules, seed), [one[0] for one in made_up(rules, seed + 1)][:1000]
    before = _resident()
    from core import memory
    from core.similarity import Similar

    started = time.perf_counter()
    similar = Similar.compile(examples)
    compiled = time.perf_counter() - started
    memory.trim()  # as the service does
    similar.nearest(asked[0])
    started = time.perf_counter()
    for text in asked:
        similar.nearest(text)
    answer = (time.perf_counter() - started) / len(asked)
    return {
        "rules": rules,
        "compile_s": round(compiled, 2),
        "rss_added_mb": round(_resident() - before, 1),
        "answer_ms": round(answer * 1000, 3),
    }


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
