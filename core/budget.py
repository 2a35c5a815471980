"""Spend no more on GPT in a day than the settings allow.

The day's money is counted from the store each time, so that a restart forgets nothing, and calls
that are made at once can only exceed it by what they cost themselves. A day is one of the
business's own time zone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from core.policy import Policy
from core.store import Reader, Transaction

log = logging.getLogger(__name__)

_CHEAP_FROM = 0.8  # of the budget
_NOTED = "gpt.budget"


class Step(StrEnum):
    """How an answer may be paid for, the dearest first."""

    FULL = "full"
    CHEAP = "cheap"  # by gpt.cheap_model
    EMPTY = "empty"  # not at all


_LADDER = tuple(Step)


@dataclass(frozen=True, slots=True)
class Today:
    """How far the day's money has gone, in millionths of a dollar; `budget` None is no limit."""

    day: date
    spent: int
    budget: int | None
    step: Step

    @property
    def used(self) -> float:
        """The share of the budget that is used; it may be more than 1."""
        if self.budget is None:
            return 0.0
        return self.spent / self.budget if self.budget else 1.0


def today(reader: Reader, policy: Policy) -> Today:
    gpt, day = policy.settings.gpt, policy.day(reader.now)
    spent = reader.spent_since(midnight(policy, day))
    if gpt.daily_budget_usd is None:
        return Today(day, spent, None, Step.FULL)
    budget = round(gpt.daily_budget_usd * 1_000_000)
    step = Step.FULL
    if spent >= budget:
        step = Step.EMPTY
    elif gpt.cheap_model and spent >= _CHEAP_FROM * budget:
        step = Step.CHEAP
    return Today(day, spent, budget, step)


def midnight(policy: Policy, day: date) -> datetime:
    """When this day began."""
    return datetime.combine(day, time(), policy.zone)


def had(noted: str, day: date) -> bool:
    """Whether what is told once a day has been told on `day`, when it was told last on the day
    `noted` ("" for never): a clock that is put back over midnight brings a day a second time."""
    return bool(noted) and timedelta() <= date.fromisoformat(noted) - day <= timedelta(days=1)


class Budget:
    """Walks down the ladder, and says so to the agents, each step once a day. `looked` is told
    how it stands whenever somebody asks."""

    def __init__(self) -> None:
        self.announce: Callable[[str], None] = lambda _text: None
        self.looked: Callable[[Today], None] = lambda _today: None

    def step(self, tx: Transaction, policy: Policy) -> Step:
        """How the next answer may be paid for."""
        if policy.settings.gpt.daily_budget_usd is None:
            return Step.FULL
        now = today(tx, policy)
        tx.afterwards(lambda: self.looked(now))
        if _LADDER.index(now.step) > _LADDER.index(_noted(tx, now.day)):
            # Noted first: a line too few after a crash is better than one after each.
            tx.set_cursor(_NOTED, f"{now.day} {now.step}")
            tx.afterwards(lambda: self._tell(policy, now))
        return now.step

    def _tell(self, policy: Policy, now: Today) -> None:
        text = _announcement(policy, now)
        log.warning("%s", text)
        self.announce(text)


def _noted(tx: Transaction, day: date) -> Step:
    """The lowest step of this day that the agents know of."""
    noted_day, _, step = (tx.cursor(_NOTED) or "").partition(" ")
    return Step(step) if had(noted_day, day) else Step.FULL


def _announcement(policy: Policy, now: Today) -> str:
    gpt = policy.settings.gpt
    budget = f"today's GPT budget of ${gpt.daily_budget_usd:,.2f}"
    until = f"Until midnight ({policy.settings.business.timezone})"
    if now.step is Step.EMPTY:
        return (
            f"{budget[:1].upper()}{budget[1:]} is used up. "
            f"{until} rules go on; whatever they cannot answer comes to you."
        )
    return (
        f"{now.used:.0%} of {budget} is used. "
        f"{until} {gpt.cheap_model} answers instead of {gpt.model}."
    )
