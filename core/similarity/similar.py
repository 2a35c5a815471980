"""Decide which rule a message means, from the examples of all rules at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.similarity.evidence import Evidence, Meant, best, likely
from core.similarity.features import Cut, Cutter
from core.similarity.fitted import ANSWER, APART, MARGIN, MEANT, MEANT_BY_WORDS
from core.similarity.heights import Curves, Found, Heights
from core.similarity.lines import Lines
from core.similarity.meanings import Meanings, meanings
from core.similarity.profile import Profile
from core.similarity.senses import Senses
from core.similarity.vocabulary import Floats, Places, Rows, Vocabulary

__all__ = ["ANSWER", "MARGIN", "Guess", "Similar"]

_MOST_GUESSES = 3
_MANY = 4000  # texts; more are treated by what they have, no more one by one


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
    senses: Senses | None
    heights: Heights
    profile: Profile

    @classmethod
    def compile(cls, examples: Sequence[Sequence[str]], table: Meanings | None = None) -> Similar:
        """`examples` has a list for each rule, empty for a rule without any. Takes up to five
        seconds for 20,000 examples. `table` is the one that came with us if there is none."""
        known = table or meanings()
        cutter = Cutter()
        cuts = [[(text, cutter.cut(text)) for text in of_rule] for of_rule in examples]
        useful = [[one for one in of_rule if len(one[1].words)] for of_rule in cuts]
        rules = np.array([rule for rule, of_rule in enumerate(useful) if of_rule], np.int64)
        sizes = np.array([len(useful[rule]) for rule in rules], np.int64)
        texts = [text for of_rule in useful for text, _ in of_rule]
        kinds = _kinds([cut for of_rule in useful for _, cut in of_rule])
        senses = Senses.learn(known, [cut.whole for of_rule in useful for _, cut in of_rule])
        del cutter, cuts, useful  # what follows needs their room
        return cls._learn(texts, kinds, senses, rules, sizes)

    @classmethod
    def _learn(
        cls,
        texts: Sequence[str],
        kinds: tuple[Vocabulary, Vocabulary, Vocabulary],
        senses: Senses,
        rules: Places,
        sizes: Places,
    ) -> Similar:
        owners = np.repeat(np.arange(len(rules)), sizes)
        words, phrases, parts = kinds
        learner: type[Lines | Curves] = Lines if len(texts) > _MANY else Curves
        learnt = learner.learn((phrases, parts), senses.rows, owners)
        profile, rows = Profile.learn(words, owners, sizes), None
        known = senses if senses.rows.any() else None
        if learner is Lines:
            known = known and known.packed()
            rows = (phrases.by_text(), parts.by_text())
            phrases, parts = phrases.without_texts(), parts.without_texts()
        starts = np.concatenate(([0], np.cumsum(sizes)))
        return cls(tuple(texts), rules, starts, phrases, parts, rows, known, learnt, profile)

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
            Guess(int(self.rules[rule]), score, self.examples[self.starts[rule] + place])
            for rule, score, place in zip(
                rules, scores, map(evidence.closest, range(len(rules))), strict=True
            )
        )

    def evidence(self, cut: Cut) -> Evidence | None:
        """How a message stands to the rules; None when nothing in it is known."""
        phrases = self.phrases.find(np.concatenate((cut.words, cut.pairs)))
        parts = self.parts.find(cut.parts)
        if not len(phrases[0]) + len(parts[0]):
            return None
        found = ((self.phrases, *phrases), (self.parts, *parts))
        sense = self.senses.of(cut.whole) if self.senses else None
        if self.rows is not None:
            return self._evidence_of_many(found, sense, self.rows)
        in_words, in_parts = self.phrases.likeness(*phrases), self.parts.likeness(*parts)
        likeness = np.asarray((in_words + in_parts) / 2, np.float32)
        heights = by_words = self.heights.by_words(found, likeness)
        alike = np.zeros(0, np.float32)
        if self.senses is not None and sense is not None:
            alike = self.senses.likeness(sense)
            heights = self.heights.by_meaning(found, likeness, sense, alike)
        close = best(heights)
        starts, texts = self._texts(close)
        places = np.concatenate(texts)
        meant = Meant(by_words, alike[places]) if len(alike) else None
        return Evidence(heights, close, starts, likeness[places], in_words[places], meant)

    def _evidence_of_many(
        self, found: Found, sense: Floats | None, rows: Sequence[Rows]
    ) -> Evidence:
        """Looks at the texts of the best rules only."""
        nothing = np.zeros(0, np.float32)
        heights = by_words = self.heights.by_words(found, nothing)
        if sense is not None:
            heights = self.heights.by_meaning(found, nothing, sense, nothing)
        close = best(heights)
        starts, texts = self._texts(close)
        in_words, in_parts = (
            row.likeness(texts, vocabulary.with_zeros(columns, values))
            for (vocabulary, columns, values), row in zip(found, rows, strict=True)
        )
        meant = None
        if self.senses is not None and sense is not None:
            meant = Meant(by_words, self.senses.likeness(sense, np.concatenate(texts)))
        both = np.asarray((in_words + in_parts) / 2, np.float32)
        return Evidence(heights, close, starts, both, in_words, meant)

    def _texts(self, rules: Places) -> tuple[Places, list[range]]:
        """The texts of these rules in a row: where each rule's start, and which they are."""
        texts = [range(self.starts[rule], self.starts[rule + 1]) for rule in rules]
        return np.cumsum([0, *map(len, texts)]), texts

    def numbers(self, cut: Cut, evidence: Evidence) -> list[float]:
        """What `evidence.BY_WORDS` names, and `evidence.BY_MEANING` where the meaning is known."""
        first, *others = (int(rule) for rule in evidence.best[:2])
        rival = others[0] if others else first
        wording = self.profile.wording(cut.words, first, rival)
        return [*evidence.standing(), *wording, *evidence.meaning()]


def _kinds(cuts: Sequence[Cut]) -> tuple[Vocabulary, Vocabulary, Vocabulary]:
    """Of words, of words and pairs of them, and of parts of words."""
    return (
        Vocabulary.learn([cut.words for cut in cuts]),
        Vocabulary.learn([np.concatenate((cut.words, cut.pairs)) for cut in cuts]),
        Vocabulary.learn([cut.parts for cut in cuts]),
    )


def _scores(evidence: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The first score says how surely the first rule or one as close to it is meant. The others
    stand to it as their chances to be the one meant."""
    weights = MEANT if len(evidence) == len(MEANT) - 1 else MEANT_BY_WORDS
    meant = likely(weights, evidence)
    rivals = [max(meant, likely(APART, (heights[0] - one,))) for one in heights[1:]]
    first = meant / min(rivals, default=1.0)
    return [first, *(first * min(1.0, (1 - one) / one) for one in rivals)]
