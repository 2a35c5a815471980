"""Fit how much each evidence counts, on questions whose rules are kept or left out by chance.

    python -m tests.intents.fit QUESTIONS.csv … [--write]

From every file rules of several numbers and sizes are drawn, and questions that were not taken as
examples are asked, also of the categories that have no rule; `oos` never has one. The coverage of
a file is that of numbers fitted on the others, and so is the threshold chosen. `--write` writes
core/similarity/fitted.py. No file that final figures are measured on belongs here.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.similarity import Similar
from core.similarity.evidence import BY_MEANING, BY_WORDS
from core.similarity.features import Cutter
from tests.intents.curve import Answered, coverage, shipped
from tests.intents.questions import Drawn, Question, read

Numbers = NDArray[np.float64]
NAMES = BY_WORDS + BY_MEANING
FITTED = Path(__file__).parents[2] / "core" / "similarity" / "fitted.py"
_SHAPES = (
    *((5, 10), (12, 10), (25, 5), (30, 20), (50, 10), (50, 20), (50, 20), (50, 20)),
    *((75, 5), (75, 10), (100, 20), (150, 20)),
)  # rules, and examples of each
_ASKED = 1_200
_OUTSIDE = 0.35  # of the questions asked, at most
_NEVER = "oos"
_STIFF = 3.0
_PRECISION = 0.95


@dataclass(frozen=True, slots=True)
class Trial:
    """The evidence for many questions to one draw of rules, and what was meant: the best rule,
    the second, or none. Without `by_meaning` the words are all there is to judge by."""

    source: str
    shape: tuple[int, int]
    by_meaning: bool
    evidence: Numbers
    best: NDArray[np.bool_]
    second: NDArray[np.bool_]
    has_rule: NDArray[np.bool_]


def trials(source: str, questions: Sequence[Question]) -> Iterator[Trial]:
    categories = len({one.category for one in questions} - {_NEVER})
    for seed, shape in enumerate(_SHAPES):
        if shape[0] <= categories:
            yield from trial(source, questions, shape, seed)


def trial(
    source: str, questions: Sequence[Question], shape: tuple[int, int], seed: int
) -> tuple[Trial, Trial]:
    """By meaning, and by words alone."""
    with_rules = [one for one in questions if one.category != _NEVER]
    drawn = Drawn.of(with_rules, shape[0], shape[1], seed)
    similar = Similar.compile(drawn.examples)
    strange = [one for one in questions if one.category == _NEVER]
    asked = _some(drawn, strange, seed)
    by_words = replace(similar, senses=None)
    return (
        Trial(source, shape, True, *_asked(similar, drawn, asked, len(NAMES))),
        Trial(source, shape, False, *_asked(by_words, drawn, asked, len(BY_WORDS))),
    )


def _asked(
    similar: Similar, drawn: Drawn, asked: Sequence[Question], numbers: int
) -> Iterator[NDArray[Any]]:
    rows, best, second, has_rule = [], [], [], []
    for question in asked:
        cut = Cutter().cut(question.text)
        evidence = similar.evidence(cut)
        row = [] if evidence is None else similar.numbers(cut, evidence)
        if evidence is None or len(row) != numbers:
            continue
        order = [drawn.categories[similar.rules[rule]] for rule in evidence.best[:2]]
        rows.append(row)
        best.append(order[0] == question.category)
        second.append(order[-1] == question.category and not best[-1])
        has_rule.append(question.category in drawn.categories)
    return map(np.array, (rows, best, second, has_rule))


def _some(drawn: Drawn, strange: Sequence[Question], seed: int) -> list[Question]:
    chance = random.Random(seed)  # noqa: S311
    inside = [one for one in drawn.rest if one.category in drawn.categories]
    outside = [one for one in drawn.rest if one.category not in drawn.categories] + [*strange]
    strangers = chance.sample(outside, min(len(outside), int(_ASKED * _OUTSIDE)))
    return chance.sample(inside, min(len(inside), _ASKED - len(strangers))) + strangers


def logistic(rows: Numbers, wanted: Numbers, weights: Numbers, stiff: float = _STIFF) -> Numbers:
    """The constant and the weights of the most likely logistic model, found by Newton's steps."""
    middle, spread = rows.mean(0), rows.std(0) + 1e-9
    scaled = np.column_stack((np.ones(len(rows)), (rows - middle) / spread))
    found = np.zeros(scaled.shape[1])
    bounds = np.diag([1e-6, *[stiff] * rows.shape[1]])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-np.clip(scaled @ found, -30, 30)))
        slope = scaled.T @ (weights * (wanted - chance)) - bounds @ found
        curve = (scaled.T * (weights * chance * (1 - chance))) @ scaled + bounds
        found += np.linalg.solve(curve, slope)
    steps = found[1:] / spread
    return np.concatenate(([found[0] - steps @ middle], steps))


def meant(trials: Sequence[Trial]) -> Numbers:
    weights = np.concatenate([np.full(len(one.best), 1000 / len(one.best)) for one in trials])
    rows = np.concatenate([one.evidence for one in trials])
    return logistic(rows, np.concatenate([one.best for one in trials]).astype(float), weights)


def apart(trials: Sequence[Trial]) -> Numbers:
    lead = np.concatenate([one.evidence[:, 1] for one in trials])
    best = np.concatenate([one.best for one in trials])
    pair = best | np.concatenate([one.second for one in trials])
    return logistic(lead[pair, None], best[pair].astype(float), np.ones(pair.sum()))


def judged(one: Trial, weights: Numbers, lead: Numbers, least: float) -> list[Answered]:
    """As `Similar` and the product would answer with these numbers, and this threshold."""
    meant = _chance(weights[0] + one.evidence @ weights[1:])
    first = np.maximum(meant, _chance(lead[0] + lead[1] * one.evidence[:, 1]))
    score = meant / first
    given = (score >= least) & (score * (1 - np.minimum(1, (1 - first) / first)) >= margin(least))
    rows = zip(meant, one.best, given, one.has_rule, strict=True)
    return [Answered(float(s), bool(b), bool(g), bool(h)) for s, b, g, h in rows]


def _chance(evidence: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(evidence, -30, 30))))


def margin(least: float) -> float:
    """The lead that lets a pair that is surely meant answer when its first is `least` sure."""
    return 2 - 1 / least


Crossed = Sequence[tuple[Trial, Numbers, Numbers]]


def crossed(all_trials: Sequence[Trial]) -> Iterator[tuple[Trial, Numbers, Numbers]]:
    """Every trial, and the numbers that the other sources teach."""
    for source, by_meaning in sorted({(one.source, one.by_meaning) for one in all_trials}):
        alike = [one for one in all_trials if one.by_meaning == by_meaning]
        others = [one for one in alike if one.source != source] or alike
        weights, lead = meant(others), apart(others)
        yield from ((one, weights, lead) for one in alike if one.source == source)


def threshold(found: Crossed) -> float:
    """The lowest at which the answers of all trials together are right often enough."""
    for least in np.arange(0.6, 0.995, 0.005):
        answers = [answer for one in found for answer in judged(*one, float(least))]
        if shipped(answers)[0] >= _PRECISION:
            return float(least)
    return 0.995


def written(all_trials: Sequence[Trial], least: float) -> str:
    def numbers(found: Numbers) -> str:
        return "(\n" + "".join(f"    {number:.4g},\n" for number in found) + ")"

    by_meaning = [one for one in all_trials if one.by_meaning]
    by_words = [one for one in all_trials if not one.by_meaning]
    return f'''"""What `python -m tests.intents.fit` wrote; see there what it is fitted on."""

ANSWER = {least:.3f}
"""A likeness from which on a rule answers."""
MARGIN = {margin(least):.3f}
"""The least lead over the second rule; with less, either may be meant."""
MEANT = {numbers(meant(by_meaning))}
"""What each evidence counts for the best rule being the one meant, after a constant."""
MEANT_BY_WORDS = {numbers(meant(by_words))}
"""The same where the words are all there is to judge by."""
APART = {numbers(apart(all_trials))}
"""The same for the better one of two rules, from its lead alone."""
'''


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.intents.fit", description=__doc__)
    parser.add_argument("data", nargs="+", type=Path, metavar="QUESTIONS.csv")
    parser.add_argument("--write", action="store_true", help="write core/similarity/fitted.py")
    options = parser.parse_args()
    found = [one for path in options.data for one in trials(path.stem, read(path))]
    across = list(crossed(found))
    least = threshold(across)
    for one, weights, lead in across:
        answers = judged(one, weights, lead, least)
        precision, covered = shipped(answers)
        curve = " ".join(f"{coverage(answers, wanted):.3f}" for wanted in (0.98, 0.95, 0.9))
        sys.stdout.write(
            f"{one.source:16} {one.shape} {'meaning' if one.by_meaning else 'words  '} "
            f"{curve}  ships {precision:.3f} {covered:.3f}" + "\n"
        )
    sys.stdout.write(f"threshold {least:.3f}, margin {margin(least):.3f}" + "\n")
    if options.write:
        FITTED.write_text(written(found, least), encoding="utf-8")


if __name__ == "__main__":
    main()
