"""Say when a budget cannot work as its admin expects: a limit that counts nothing is none."""

from __future__ import annotations

from core.settings.draft import Draft
from core.settings.prices import price_of
from core.settings.schema import Gpt

_BUDGET = ("gpt", "daily_budget_usd")
_CHEAP = ("gpt", "cheap_model")


def warn_about_money(draft: Draft, gpt: Gpt | None) -> None:
    if gpt is None:
        return
    if gpt.daily_budget_usd is None:
        if gpt.cheap_model:
            why = '"cheap_model" is never asked: there is no budget that it could save'
            draft.warn_at(_CHEAP, why, "set daily_budget_usd", key=True)
        return
    for model in filter(None, (gpt.model, gpt.cheap_model, gpt.embeddings_model)):
        if price_of(model, gpt.prices) is None:
            why = f'the budget does not count what "{model}" costs: nobody knows its price'
            cure = (
                f"add prices: {{{model}: {{input: …, output: …}}}}, dollars for a million tokens"
            )
            draft.warn_at(_BUDGET, why, cure, key=True)
    if _costs_no_less(gpt):
        draft.warn_at(
            _CHEAP, '"cheap_model" costs no less than "model"', "name a smaller one", key=True
        )


def _costs_no_less(gpt: Gpt) -> bool:
    usual, cheap = (price_of(model, gpt.prices) for model in (gpt.model, gpt.cheap_model))
    return usual is not None and cheap is not None and cheap.output >= usual.output
