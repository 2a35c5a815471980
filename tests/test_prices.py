"""What a call of GPT costs, to the millionth of a dollar."""

from __future__ import annotations

import pytest

from core.messages import Usage
from core.prices import bill
from core.settings.prices import BUILT_IN, price_of
from core.settings.schema import Gpt, Price

OWN = {"llama3.1": Price(input=0.5, output=1.5)}


@pytest.mark.parametrize(
    ("model", "usage", "micro_usd"),
    [
        ("gpt-5-mini", Usage(1_000_000, 0), 250_000),
        ("gpt-5-mini", Usage(0, 1_000_000), 2_000_000),
        ("gpt-5-mini", Usage(1_000_000, 0, cached_tokens=1_000_000), 25_000),
        ("gpt-5-mini", Usage(1000, 100, cached_tokens=600), 100 + 15 + 200),
        ("llama3.1", Usage(100, 10, cached_tokens=50), 65),
        ("gpt-5-nano", Usage(1, 0), 1),  # a fraction counts as a whole one
        ("gpt-5-mini", Usage(), 0),
        ("unheard-of", Usage(1_000_000, 1_000_000), 0),
    ],
)
def test_a_call_costs_its_tokens(model: str, usage: Usage, micro_usd: int) -> None:
    assert bill(model, usage, OWN).micro_usd == micro_usd


def test_the_settings_know_better_than_we_do() -> None:
    own = {"gpt-5-mini": Price(input=9, output=9)}
    assert price_of("gpt-5-mini", own) == own["gpt-5-mini"]


def test_a_dated_model_costs_what_its_model_costs() -> None:
    assert price_of("gpt-5.4-mini-2026-03-17", {}) == BUILT_IN["gpt-5.4-mini"]
    assert price_of("llama3.1-2026-03-17", OWN) == OWN["llama3.1"]
    assert price_of("gpt-5-mini-for-cats", {}) is None


def test_the_usual_model_has_a_price() -> None:
    assert price_of(Gpt().model, {}) is not None
