"""A day's money: counted from the store, in the business's own days, told once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.accounts import Accounts
from core.budget import Budget, Step, Today, today
from core.messages import Usage
from core.records import Bill, Expense
from tests.engine.core import SETTINGS, Core

BUDGET = "daily_budget_usd: 0.01, cheap_model: gpt-5-nano, "


async def open_core(folder: Path, gpt: str = BUDGET) -> Core:
    settings = SETTINGS.replace("gpt: {", f"gpt: {{{gpt}")
    return await Core.open(folder, settings=settings.replace("UTC", "Europe/Berlin"))


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    core = await open_core(tmp_path)
    yield core
    await core.close()


async def spend(core: Core, micro_usd: int) -> None:
    if not micro_usd:
        return
    bill = Bill("gpt-5-mini", Usage(1, 1), micro_usd)
    await core.store.write(lambda tx: tx.add_expense(Expense("failed", bill, None, tx.now)))


async def step(core: Core, budget: Budget | None = None) -> Step:
    used = budget or Budget()
    return await core.store.write(lambda tx: used.step(tx, core.policy))


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        (0, Step.FULL),
        (7_999, Step.FULL),
        (8_000, Step.CHEAP),
        (9_999, Step.CHEAP),
        (10_000, Step.EMPTY),
        (50_000, Step.EMPTY),
    ],
)
async def test_the_ladder_has_its_steps_at_four_fifths_and_at_all_of_the_budget(
    core: Core, spent: int, expected: Step
) -> None:
    await spend(core, spent)
    assert await step(core) is expected


async def test_without_a_smaller_model_the_usual_one_answers_to_the_end(tmp_path: Path) -> None:
    core = await open_core(tmp_path, "daily_budget_usd: 0.01, ")
    await spend(core, 9_999)
    assert await step(core) is Step.FULL
    await spend(core, 1)
    assert await step(core) is Step.EMPTY
    await core.close()


async def test_a_budget_of_nothing_is_used_up_at_once(tmp_path: Path) -> None:
    core = await open_core(tmp_path, "daily_budget_usd: 0, ")
    assert await step(core) is Step.EMPTY
    await core.close()


async def test_without_a_budget_nothing_is_too_dear(tmp_path: Path) -> None:
    core = await open_core(tmp_path, "")
    await spend(core, 10**9)
    assert await step(core) is Step.FULL
    now = await core.store.read(lambda tx: today(tx, core.policy))
    assert (now.spent, now.budget, now.used) == (10**9, None, 0)
    await core.close()


async def test_midnight_where_the_business_is_begins_a_new_day(core: Core) -> None:
    core.now = datetime.fromisoformat("2026-11-23T22:59:59+00:00")  # 23:59:59 in Berlin
    await spend(core, 10_000)
    assert await step(core) is Step.EMPTY
    core.later(seconds=1)
    assert await step(core) is Step.FULL


async def test_each_step_is_told_once_a_day_also_after_a_restart(tmp_path: Path) -> None:
    told: list[str] = []
    for spent in (8_000, 0, 2_000, 0):
        core = await open_core(tmp_path)
        await spend(core, spent)
        budget = Budget()
        budget.announce = told.append
        await step(core, budget)
        await step(core, budget)
        await core.close()
    assert [line.split()[0] for line in told] == ["80%", "Today's"]
    assert "Until midnight (Europe/Berlin) gpt-5-nano answers instead of gpt-5.4-mini." in told[0]


async def test_a_clock_that_is_put_back_over_midnight_repeats_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """D29. One that was a year ahead silences nothing either."""
    caplog.set_level(logging.INFO, "core.accounts")
    core = await open_core(tmp_path, "daily_budget_usd: 0, ")
    told: list[datetime] = []
    budget = Budget()
    budget.announce = lambda _text: told.append(core.now)
    accounts = Accounts(core.store, lambda: core.policy, lambda _today: None)
    midnight = datetime.fromisoformat("2026-11-24T00:00:00+01:00")
    ahead = [timedelta(seconds=seconds) for seconds in (-60, -1, 0, 1, -2, 1, -1, 60)]
    for since in (timedelta(days=400), *ahead, timedelta(days=1)):
        core.now = midnight + since
        await step(core, budget)
        await accounts.look()
        await spend(core, 10_000)
    days = [400 * 86_400, -60, 0, 86_400]
    assert [(at - midnight).total_seconds() for at in told] == days
    lines = [r.getMessage() for r in caplog.records if r.name == "core.accounts"]
    closed = [line.partition(":")[0].removeprefix("GPT on ") for line in lines]
    assert closed == ["2027-12-29", "2026-11-23", "2026-11-24"]
    await core.close()


async def test_a_budget_that_is_raised_and_used_up_again_is_not_told_again(
    core: Core, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told: list[str] = []
    budget = Budget()
    budget.announce = told.append
    await spend(core, 10_000)
    await step(core, budget)
    raised = await open_core(tmp_path_factory.mktemp("raised"), "daily_budget_usd: 1, ")
    core.policy = raised.policy
    assert await step(core, budget) is Step.FULL
    await spend(core, 10**6)
    assert await step(core, budget) is Step.EMPTY
    assert len(told) == 1
    await raised.close()


async def test_a_day_is_closed_with_one_line_also_after_a_restart(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "core.accounts")
    told: list[Today] = []
    for spent, hours in ((1_234_567, 1), (0, 24), (0, 24), (0, 0)):
        await Accounts(core.store, lambda: core.policy, told.append).look()
        await spend(core, spent)
        core.later(hours=hours)
    assert [day.spent for day in told] == [0, 1_234_567, 0, 0]
    assert caplog.messages == ["GPT on 2026-11-23: $1.23 for 0 answers"]


async def test_a_day_without_any_answer_gets_no_line(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "core.accounts")
    for _ in range(2):
        await Accounts(core.store, lambda: core.policy, lambda _today: None).look()
        core.later(days=1)
    assert caplog.messages == []
