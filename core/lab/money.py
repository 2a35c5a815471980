"""What an answer of GPT's costs, so that a rule's worth can be told in money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.messages import Usage
from core.prices import bill
from core.records import AnswerSource
from core.settings import Settings
from core.store.history import Paid

_USUAL = Usage(input_tokens=500, output_tokens=80)
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class AnswerPrice:
    """Dollars for one answer, and in a few words where the number comes from."""

    usd: float
    basis: str


def answer_price(settings: Settings, paid: Sequence[Paid]) -> AnswerPrice:
    """What GPT's answers have cost on average; without any, what a usual one would."""
    own = [row for row in paid if row.kind == AnswerSource.GPT]
    count, cost = sum(row.count for row in own), sum(row.micro_usd for row in own)
    if cost:
        return AnswerPrice(cost / count / _MILLION, f"average of {count:,}")
    model = settings.gpt.model
    usual = bill(model, _USUAL, settings.gpt.prices)
    if not usual.micro_usd:
        return AnswerPrice(0.0, f"no price of {model} is known: set gpt.prices")
    tokens = f"{_USUAL.input_tokens} + {_USUAL.output_tokens} tokens"
    return AnswerPrice(usual.micro_usd / _MILLION, f"price list, {tokens}")
