"""What share of the questions can be answered while so many of the answers are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.similarity import ANSWER, MARGIN, Guess, Similar
from tests.intents.questions import Question


@dataclass(frozen=True, slots=True)
class Answered:
    """How surely one question is answered, whether rightly, and what the product does."""

    sure: float
    right: bool
    given: bool
    has_rule: bool


class Judge(Protocol):
    """What finds the rules nearest to a text, and when the best of them answers."""

    @property
    def enough(self) -> float: ...
    @property
    def lead(self) -> float: ...
    def nearest(self, text: str) -> Sequence[Guess]: ...


@dataclass(frozen=True, slots=True)
class Local:
    """The examples compared on this machine."""

    similar: Similar
    enough: float = ANSWER
    lead: float = MARGIN

    def nearest(self, text: str) -> Sequence[Guess]:
        return self.similar.nearest(text)


def ask(judge: Judge, categories: Sequence[str], questions: Sequence[Question]) -> list[Answered]:
    known = set(categories)
    return [_answered(judge, categories, one, one.category in known) for one in questions]


def _answered(
    judge: Judge, categories: Sequence[str], question: Question, has_rule: bool
) -> Answered:
    guesses = judge.nearest(question.text)
    if not guesses:
        return Answered(0.0, right=False, given=False, has_rule=has_rule)
    first = guesses[0].score
    second = guesses[1].score if len(guesses) > 1 else 0.0
    given = first >= judge.enough and first - second >= judge.lead
    # The pair's chance times the first one's in it: one number for the whole curve.
    sure = first * first / (first + second) if first > 0 else 0.0
    return Answered(sure, categories[guesses[0].rule] == question.category, given, has_rule)


def coverage(answers: Sequence[Answered], precision: float) -> float:
    """The share of the questions that have a rule which is answered rightly, at the threshold
    that answers the most while at least `precision` of all answers are right."""
    order = np.argsort([-one.sure for one in answers], kind="stable")
    right = np.cumsum([answers[at].right for at in order])
    enough = np.flatnonzero(right / np.arange(1, len(order) + 1) >= precision)
    asked = sum(one.has_rule for one in answers)
    return float(right[enough[-1]] / asked) if len(enough) and asked else 0.0


def shipped(answers: Sequence[Answered]) -> tuple[float, float]:
    """The precision and the coverage of what the product does."""
    given = [one.right for one in answers if one.given]
    asked = sum(one.has_rule for one in answers)
    return (sum(given) / len(given) if given else 1.0), sum(given) / max(asked, 1)
