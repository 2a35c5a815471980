"""The border between near and far is learnt from the examples themselves."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from core.similarity.vectors import Vectors

RNG = np.random.default_rng(7)


def near(place: int, spread: float, size: int = 64) -> bytes:
    """A vector about the direction `place`."""
    vector = RNG.normal(0, spread / size**0.5, size)
    vector[place] += 1
    vector /= np.linalg.norm(vector)
    return struct.pack(f"<{size}e", *vector)


def rules(spread: float, *places: int) -> Vectors:
    texts = [[f"{place}.{number}" for number in range(5)] for place in places]
    return Vectors.compile(
        texts, [[near(place, spread) for _ in of] for place, of in zip(places, texts, strict=True)]
    )


@pytest.mark.parametrize("spread", [0.2, 0.5, 0.9])
def test_border_lies_between_the_rules_however_near_a_model_puts_them(spread: float) -> None:
    found = rules(spread, 1, 2, 3)
    assert found.nearest(near(2, spread))[0].rule == 1
    assert found.nearest(near(2, spread))[0].score >= found.enough
    assert found.nearest(near(9, spread))[0].score < found.enough


def test_nearest_example_of_each_rule_is_named_once() -> None:
    found = rules(0.3, 1, 2).nearest(near(1, 0.1))
    assert [guess.rule for guess in found] == [0, 1]
    assert found[0].example.startswith("1.")


def test_rule_without_examples_keeps_its_number() -> None:
    vectors = Vectors.compile([["a"], [], ["b"]], [[near(1, 0.1)], [], [near(2, 0.1)]])
    assert vectors.nearest(near(2, 0.1))[0].rule == 2


def test_one_example_alone_has_the_usual_border() -> None:
    vectors = Vectors.compile([["a"]], [[near(1, 0.1)]])
    assert vectors.enough == 0.5


def test_vector_of_another_model_is_like_nothing() -> None:
    assert rules(0.3, 1, 2).nearest(near(1, 0.1, size=32)) == ()


def test_many_long_vectors_are_cut_rather_than_fill_the_memory() -> None:
    many = 12_000
    raw = [[near(1, 0.3, size=1536)] * many]
    vectors = Vectors.compile([[str(number) for number in range(many)]], raw)
    assert vectors.rows.nbytes < 50_000_000
    assert vectors.nearest(near(1, 0.3, size=1536))[0].score > 0.8
