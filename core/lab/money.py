"""What an answer of GPT's costs, so that a rule's worth can be told in money."""

from __future__ import annotations

from dataclasses import dataclass

from core.settings import Settings
from core.tally import Estimate


@dataclass(frozen=True, slots=True)
class AnswerPrice:
    """Dollars for one answer, and in a few words where the number comes from."""

    usd: float
    basis: str


def answer_price(settings: Settings) -> AnswerPrice:
    price = settings.gpt.prices.get(settings.gpt.model)
    estimate = Estimate() if price is None else Estimate(price.input, price.output)
    return AnswerPrice(estimate.dollars(), "estimated")
