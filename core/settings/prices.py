"""What GPT's tokens cost: the settings' prices, else those that the best-known models had lately.

Providers change prices without telling anybody here, so the settings always win.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.settings.schema import Price

BUILT_IN: Mapping[str, Price] = {
    model: Price(input=fresh, cached_input=cached, output=said)
    for model, fresh, cached, said in (
        ("gpt-5.5", 5.0, 0.5, 30.0),
        ("gpt-5.4", 2.5, 0.25, 15.0),
        ("gpt-5.4-mini", 0.75, 0.075, 4.5),
        ("gpt-5.4-nano", 0.2, 0.02, 1.25),
        ("gpt-5.2", 1.75, 0.175, 14.0),
        ("gpt-5.1", 1.25, 0.125, 10.0),
        ("gpt-5", 1.25, 0.125, 10.0),
        ("gpt-5-mini", 0.25, 0.025, 2.0),
        ("gpt-5-nano", 0.05, 0.005, 0.4),
        ("gpt-4.1", 2.0, 0.5, 8.0),
        ("gpt-4.1-mini", 0.4, 0.1, 1.6),
        ("gpt-4.1-nano", 0.1, 0.025, 0.4),
        ("gpt-4o", 2.5, 1.25, 10.0),
        ("gpt-4o-mini", 0.15, 0.075, 0.6),
        ("o3", 2.0, 0.5, 8.0),
        ("o4-mini", 1.1, 0.275, 4.4),
        ("text-embedding-3-small", 0.02, 0.02, 0.0),
        ("text-embedding-3-large", 0.13, 0.13, 0.0),
    )
}
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def price_of(model: str, own: Mapping[str, Price]) -> Price | None:
    """The price of `model`, `own` being the settings'; a dated name has that of its model. None
    when nobody knows it."""
    for name in (model, _DATE.sub("", model)):
        if (price := own.get(name) or BUILT_IN.get(name)) is not None:
            return price
    return None
