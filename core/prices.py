"""What a call of GPT costs, in millionths of a dollar."""

from __future__ import annotations

import math
from collections.abc import Mapping

from core.messages import Usage
from core.records import Bill
from core.settings.prices import price_of
from core.settings.schema import Price


def bill(model: str, usage: Usage, own: Mapping[str, Price]) -> Bill:
    """What a call of `model` cost; nothing where there is no price."""
    price = price_of(model, own)
    if price is None:
        return Bill(model, usage)
    fresh = usage.input_tokens - usage.cached_tokens
    cached = price.input if price.cached_input is None else price.cached_input
    # Dollars for a million tokens are millionths of a dollar for one.
    cost = fresh * price.input + usage.cached_tokens * cached + usage.output_tokens * price.output
    return Bill(model, usage, math.ceil(cost - 1e-6))
