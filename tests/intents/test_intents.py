"""The measurement itself, on a handful of made-up questions."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.similarity import Similar
from core.similarity.evidence import BY_WORDS
from core.similarity.fitted import APART, MEANT, MEANT_BY_WORDS
from tests.intents.curve import Answered, coverage, shipped
from tests.intents.fit import NAMES, logistic, margin, trial, written
from tests.intents.questions import Drawn, Question, read
from tests.intents.scale import made_up

TOPICS = {
    "where": ("parcel", "delivery", "courier"),
    "refund": ("refund", "money back", "reimbursement"),
    "open": ("opening hours", "open on Sunday", "shop closed"),
    "jobs": ("job", "vacancy", "apprenticeship"),
}
FRAMES = ("Tell me about the {}", "I have a question: {}?", "{} please", "What about my {}", "{}")


@pytest.fixture
def questions() -> list[Question]:
    return [
        Question(frame.format(word), name)
        for name, words in TOPICS.items()
        for word in words
        for frame in FRAMES
    ]


@pytest.fixture
def file(tmp_path: Path, questions: list[Question]) -> Path:
    path = tmp_path / "questions.csv"
    with path.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([("text", "category"), *questions])
    return path


def answered(sure: float, right: bool, given: bool = True, has_rule: bool = True) -> Answered:
    return Answered(sure, right, given, has_rule)


def test_coverage_counts_right_answers_above_the_best_threshold() -> None:
    answers = [answered(0.9, True), answered(0.8, True), answered(0.7, False), answered(0.6, True)]
    assert coverage(answers, 1.0) == 2 / 4
    assert coverage(answers, 0.75) == 3 / 4
    assert coverage([answered(0.9, False)], 0.95) == 0


def test_a_question_without_a_rule_is_a_mistake_when_answered_and_no_lack_when_not() -> None:
    answers = [answered(0.9, True), answered(0.5, False, has_rule=False)]
    assert coverage(answers, 0.95) == 1.0
    assert coverage([answers[1]], 0.95) == 0.0
    assert shipped(answers) == (1 / 2, 1.0)


def test_a_draw_keeps_examples_out_of_the_questions(questions: list[Question]) -> None:
    drawn = Drawn.of(questions, rules=2, examples=4, seed=1)
    assert [len(of_rule) for of_rule in drawn.examples] == [4, 4]
    assert len(drawn.rest) == len(questions) - 8
    assert drawn == Drawn.of(questions, rules=2, examples=4, seed=1)
    assert drawn != Drawn.of(questions, rules=2, examples=4, seed=2)


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("question,intent\nhello,greeting\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="columns text and category"):
        read(path)


def test_the_command_prints_json_last(file: Path) -> None:
    command = [sys.executable, "-m", "tests.intents", "--train", str(file), "--test", str(file)]
    done = subprocess.run(
        [*command, "--examples", "6", "--rules", "3", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(figures) == {
        "coverage_at_0.98",
        "coverage_at_0.95",
        "shipped_precision",
        "shipped_coverage",
    }
    assert all(0 <= figure <= 1 for figure in figures.values())


def test_the_command_measures_many_rules() -> None:
    command = [sys.executable, "-m", "tests.intents", "--scale", "20", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(figures) == {"rules", "compile_s", "rss_added_mb", "answer_ms"}


def test_very_many_examples_are_told_apart_as_few_are() -> None:
    examples = made_up(210, seed=3)
    similar = Similar.compile(examples)
    assert similar.rows is not None, "these are not many enough to be treated as many"
    for rule in (0, 100, 209):
        guess = similar.nearest(f"please {examples[rule][0]}")[0]
        assert (guess.rule, guess.example) == (rule, examples[rule][0])


def test_fitting_finds_what_made_the_data() -> None:
    chance = np.random.default_rng(5)
    rows = chance.normal(size=(4000, 2))
    likely = 1 / (1 + np.exp(-(0.5 + 2 * rows[:, 0] - rows[:, 1])))
    wanted = (chance.random(4000) < likely).astype(float)
    assert logistic(rows, wanted, np.ones(4000)) == pytest.approx([0.5, 2, -1], abs=0.2)


def test_what_is_fitted_has_a_number_for_all_evidence(questions: list[Question]) -> None:
    by_meaning, by_words = trial("made up", questions, (3, 6), seed=0)
    assert by_meaning.evidence.shape[1] == len(NAMES) == len(MEANT) - 1
    assert by_words.evidence.shape[1] == len(BY_WORDS) == len(MEANT_BY_WORDS) - 1
    found: dict[str, object] = {}
    exec(written([by_meaning, by_words], 0.9), found)  # noqa: S102 - it becomes a module
    assert len(found["MEANT"]) == len(MEANT)  # type: ignore[arg-type]
    assert len(found["MEANT_BY_WORDS"]) == len(MEANT_BY_WORDS)  # type: ignore[arg-type]
    assert len(found["APART"]) == len(APART)  # type: ignore[arg-type]
    assert found["MARGIN"] == pytest.approx(margin(0.9), abs=0.001)
