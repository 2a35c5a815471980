"""Decide which rule a message means, from the examples of all rules at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.similarity import heights
from core.similarity.evidence import Evidence, best, likely
from core.similarity.features import Cut, Cutter
from core.similarity.fitted import ANSWER, APART, MARGIN, MEANT
from core.similarity.heights import Found, Heights
from core.similarity.profile import Profile
from core.similarity.vocabulary import Places, Rows, Vocabulary

__all__ = ["ANSWER", "MARGIN", "Guess", "Similar"]

_MOST_GUESSES = 3


@dataclass(frozen=True, slots=True)
class Guess:
    """Rule number `rule` (from 0) may be meant, as far as its example `example` shows."""

    rule: int
    score: float
    example: str


@dataclass(frozen=True, slots=True)
class Similar:
    """What has been learnt from all rules' examples. Immutable, so threads may share it."""

    examples: tuple[str, ...]
    rules: Places
    starts: Places
    phrases: Vocabulary
    parts: Vocabulary
    rows: tuple[Rows, Rows] | None
    heights: Heights
    profile: Profile

    @classmethod
    def compile(cls, examples: Sequence[Sequence[str]]) -> Similar:
        """`examples` has a list for each rule, empty for a rule without any. Takes up to five
        seconds for 20,000 examples."""
        cutter = Cutter()
        cuts = [[(text, cutter.cut(text)) for text in of_rule] for of_rule in examples]
        useful = [[one for one in of_rule if len(one[1].words)] for of_rule in cuts]
        rules = np.array([rule for rule, of_rule in enumerate(useful) if of_rule], np.int64)
        sizes = np.array([len(useful[rule]) for rule in rules], np.int64)
        texts = [one for of_rule in useful for one in of_rule]
        return cls._learn([text for text, _ in texts], [cut for _, cut in texts], rules, sizes)

    @classmethod
    def _learn(
        cls, texts: Sequence[str], cuts: Sequence[Cut], rules: Places, sizes: Places
    ) -> Similar:
        owners = np.repeat(np.arange(len(rules)), sizes)
        words = Vocabulary.learn([cut.words for cut in cuts])
        phrases = Vocabulary.learn([np.concatenate((cut.words, cut.pairs)) for cut in cuts])
        parts = Vocabulary.learn([cut.parts for cut in cuts])
        learnt = heights.learn((phrases, parts), np.eye(len(rules), dtype=np.float32)[owners])
        profile, rows = Profile.learn(words, owners, sizes), None
        if heights.are_many(len(texts)):
            rows = (phrases.by_text(), parts.by_text())
            phrases, parts = phrases.without_texts(), parts.without_texts()
        starts = np.concatenate(([0], np.cumsum(sizes)))
        return cls(tuple(texts), rules, starts, phrases, parts, rows, learnt, profile)

    def nearest(self, text: str) -> tuple[Guess, ...]:
        """The rules that `text` may mean, best first, three at most; none if nothing in it is
        known."""
        cut = Cutter().cut(text)
        evidence = self.evidence(cut)
        if evidence is None:
            return ()
        rules = evidence.best[:_MOST_GUESSES]
        scores = _scores(self.numbers(cut, evidence), evidence.heights[rules].tolist())
        return tuple(
            Guess(int(self.rules[rule]), score, self.examples[evidence.closest(rule)])
            for rule, score in zip(rules, scores, strict=True)
        )

    def evidence(self, cut: Cut) -> Evidence | None:
        """How a message stands to the rules; None when nothing in it is known."""
        phrases = self.phrases.find(np.concatenate((cut.words, cut.pairs)))
        parts = self.parts.find(cut.parts)
        if not len(phrases[0]) + len(parts[0]):
            return None
        found = ((self.phrases, *phrases), (self.parts, *parts))
        if self.rows is not None:
            return self._evidence_of_many(found, self.rows)
        in_words, in_parts = self.phrases.likeness(*phrases), self.parts.likeness(*parts)
        likeness = np.asarray((in_words + in_parts) / 2, np.float32)
        heights = self.heights.at(found, likeness)
        return Evidence(heights, best(heights), likeness, in_words, self.starts)

    def _evidence_of_many(self, found: Found, rows: Sequence[Rows]) -> Evidence:
        """Looks closely at the texts of the best rules only."""
        heights = self.heights.at(found, np.zeros(0, np.float32))
        close = best(heights)
        texts = [range(self.starts[rule], self.starts[rule + 1]) for rule in close]
        places = np.concatenate(texts)
        likeness = np.zeros((2, len(self.examples)), np.float32)
        for kind, ((vocabulary, columns, values), row) in enumerate(zip(found, rows, strict=True)):
            asked = np.zeros(len(vocabulary.ids), np.float32)
            asked[columns] = values
            likeness[kind, places] = row.likeness(texts, asked)
        return Evidence(heights, close, likeness.sum(0) / 2, likeness[0], self.starts)

    def numbers(self, cut: Cut, evidence: Evidence) -> list[float]:
        """What `evidence.NAMES` names."""
        first, *others = (int(rule) for rule in evidence.best[:2])
        rival = others[0] if others else first
        return [*evidence.standing(), *self.profile.wording(cut.words, first, rival)]


def _scores(evidence: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The first score says how surely the first rule or one as close to it is meant. The others
    stand to it as their chances to be the one meant."""
    meant = likely(MEANT, evidence)
    rivals = [max(meant, likely(APART, (heights[0] - one,))) for one in heights[1:]]
    first = meant / min(rivals, default=1.0)
    return [first, *(first * min(1.0, (1 - one) / one) for one in rivals)]
