"""When a model is left alone, and when it is asked again; the clock stands until it is moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from core.breaker import Breaker
from core.errors import ModelError, ModelFailed, ModelPaused, ModelRefused

DOWN = ModelFailed("no answer in time")
LOCKED = ModelRefused("gpt.api_key was refused", lasting=True)
FILTERED = ModelRefused("the content filter refused this conversation")
USELESS = ModelFailed("the model answered with an empty text", answered=True)


class Model:
    """A model of which a test says how each call ends."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[str] = []
        self.breaker = Breaker(
            lambda: self.now,
            paused=lambda error: self.told.append(f"paused: {error}"),
            resumed=lambda: self.told.append("resumed"),
            failures=3,
            window=60,
            cool_down=30,
        )

    def ask(self, ends: ModelError | None = None) -> bool:
        """Whether the model was asked."""
        try:
            with self.breaker.call():
                if ends is not None:
                    raise ends
        except ModelPaused:
            return False
        except ModelError:
            return True
        return True

    def asks(self, *ends: ModelError | None) -> list[bool]:
        return [self.ask(end) for end in ends]


@pytest.fixture
def model() -> Model:
    return Model()


def test_some_failures_in_a_row_begin_a_pause(model: Model) -> None:
    """D22: after three failures nothing is asked until the pause is over."""
    assert model.asks(DOWN, DOWN, DOWN, None, None) == [True, True, True, False, False]
    model.now += 29
    assert not model.ask()
    assert model.told == ["paused: no answer in time"]


def test_an_answer_in_between_begins_the_count_anew(model: Model) -> None:
    """D22: only failures in a row count."""
    assert all(model.asks(DOWN, DOWN, None, DOWN, DOWN, None, DOWN, DOWN))
    assert model.told == []


def test_failures_far_apart_are_no_row(model: Model) -> None:
    """D22: only failures within the window count."""
    for _ in range(9):
        assert model.ask(DOWN)
        model.now += 31
    assert model.told == []


def test_after_the_pause_one_answer_ends_it(model: Model) -> None:
    """D22: a probe that is answered lets everybody in again."""
    model.asks(DOWN, DOWN, DOWN)
    model.now += 30
    assert model.asks(None, None, DOWN, DOWN) == [True] * 4
    assert model.told == ["paused: no answer in time", "resumed"]


def test_after_the_pause_one_failure_begins_the_next(model: Model) -> None:
    """D22: a probe that fails costs one question, and is told to nobody."""
    model.asks(DOWN, DOWN, DOWN)
    for _ in range(5):
        model.now += 70  # longer than the window, in which it would count as one of a row
        assert model.asks(DOWN, None, None) == [True, False, False]
    assert model.told == ["paused: no answer in time"]


def test_only_one_question_tries_at_a_time(model: Model) -> None:
    """D22: while the probe is under way, nobody else waits for a model that may be down."""
    model.asks(DOWN, DOWN, DOWN)
    model.now += 30
    with model.breaker.call():
        assert not model.ask()
    assert model.ask()


@pytest.mark.parametrize("end", [asyncio.CancelledError, ValueError])
def test_a_probe_without_a_verdict_lets_the_next_one_try(
    model: Model, end: Callable[[], BaseException]
) -> None:
    """D22: a probe that is cut off proves nothing and blocks nobody."""
    model.asks(DOWN, DOWN, DOWN)
    model.now += 30
    broken = end()
    with pytest.raises(type(broken)), model.breaker.call():
        raise broken
    assert model.ask()
    assert model.told[-1] == "resumed"


def test_a_refusal_that_lasts_begins_a_pause_at_once(model: Model) -> None:
    """D19, D22: a refused key would be refused to every other customer as well."""
    assert model.asks(LOCKED, None) == [True, False]
    assert model.told == ["paused: gpt.api_key was refused"]


@pytest.mark.parametrize("end", [FILTERED, USELESS], ids=["refused", "useless"])
def test_what_one_customer_can_bring_about_pauses_nothing(model: Model, end: ModelError) -> None:
    """D19, D22: nobody can have GPT switched off for all by what they write."""
    assert all(model.asks(*[end] * 9))
    assert model.told == []
    model.asks(DOWN, DOWN, DOWN)
    model.now += 30
    assert model.asks(end, None) == [True, True]


def test_late_failures_of_calls_made_before_the_pause_are_not_told_again(model: Model) -> None:
    """D22: many calls may fail together; the pause is told once."""
    calls = [model.breaker.call() for _ in range(8)]
    for call in calls:
        call.__enter__()
    for call in calls:
        assert not call.__exit__(ModelFailed, DOWN, None)
    assert model.told == ["paused: no answer in time"]
