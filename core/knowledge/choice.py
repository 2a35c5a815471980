"""Choose what GPT is given of what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.knowledge.document import Passage
from core.knowledge.ranking import FITTING, Query, Score, Statistics, score
from core.prompt import shorten, tokens
from core.store.shelf import Found

_MOST = 5
_WORTH = 0.35  # of the best passage's rank: what comes further down is noise
_AROUND = 20  # tokens for a passage's number and marks
_LEAST = 40  # tokens of which something can still be learned


@dataclass(frozen=True, slots=True)
class Fitting:
    """A passage for GPT, the name of its file, and why it was chosen."""

    passage: Passage
    name: str
    score: Score

    @property
    def cost(self) -> int:
        """Tokens, estimated."""
        return tokens(self.passage.heading) + tokens(self.passage.text) + _AROUND


def fitting(query: Query, found: Found, budget: int) -> list[Fitting]:
    """The passages that fit, the best first, of at most `budget` tokens together."""
    fit = [one for one in ranked(query, found) if one.score.covered >= FITTING]
    worth = [one for one in fit if one.score.rank >= _WORTH * fit[0].score.rank]
    return _within(worth[:_MOST], budget)


def ranked(query: Query, found: Found) -> list[Fitting]:
    """Everything found, the best first, whether it fits or not."""
    statistics = Statistics(found.passages, found.average, found.frequencies)
    scored = [
        Fitting(c.passage, c.name, score(query, statistics, c.counts, c.total))
        for c in found.candidates
    ]
    return sorted(scored, key=lambda one: (-one.score.rank, one.name, one.passage.heading))


def _within(fit: Iterable[Fitting], budget: int) -> list[Fitting]:
    """What does not fit any more is left out; the best one is rather cut than left out."""
    chosen: list[Fitting] = []
    for one in fit:
        if not chosen and one.cost > budget:
            one = _shortened(one, budget)
        if one.cost <= budget:
            budget -= one.cost
            chosen.append(one)
    return chosen


def _shortened(one: Fitting, budget: int) -> Fitting:
    room = budget - tokens(one.passage.heading) - _AROUND
    if room < _LEAST:
        return one
    return replace(one, passage=replace(one.passage, text=shorten(one.passage.text, room)))
