"""What happens while nobody answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.policy import Policy
from core.reminders import Reminders
from tests.engine.core import Core


async def _look(core: Core) -> None:
    reminders = Reminders(core.store, core.casework, lambda: core.policy, lambda: core.now)
    await reminders.look()


async def test_the_desk_is_reminded_and_then_the_customer_is_told_honestly(core: Core) -> None:
    await core.wrote("human")
    await core.queued("case:1")
    await _look(core)
    assert await core.queued("case:1") == []
    core.later(minutes=6)
    await _look(core)
    reminder = "Ann has waited since Mon 23 Nov, 12:00 UTC, and nobody has answered yet."
    assert await core.queued("case:1") == [("remind", reminder)]
    core.later(minutes=25)
    await _look(core)
    assert "sorry that this takes so long" in (await core.lines())[-1][1]
    assert [kind for kind, _ in await core.queued("case:1")] == ["note"]
    core.later(hours=5)
    await _look(core)
    assert await core.queued("case:1") == []


async def test_an_answered_case_is_never_reminded_of(core: Core) -> None:
    await core.wrote("human")
    await core.thread_opened()
    await core.agent_says("Hi!")
    await core.queued("case:1")
    core.later(hours=1)
    await _look(core)
    assert await core.queued("case:1") == []


async def test_new_waiting_times_hold_for_whoever_waits_already(core: Core) -> None:
    await core.wrote("human")
    await core.queued("case:1")
    desk = core.policy.settings.desk.model_copy(update={"remind_after": timedelta(minutes=1)})
    core.policy = Policy.of(replace(core.policy.settings, desk=desk))
    await Reminders(core.store, core.casework, lambda: core.policy, lambda: core.now).reschedule()
    core.later(minutes=2)
    await _look(core)
    assert [kind for kind, _ in await core.queued("case:1")] == ["remind"]


async def test_without_reminders_the_customer_still_hears_the_truth(core: Core) -> None:
    desk = core.policy.settings.desk.model_copy(update={"remind_after": None})
    core.policy = Policy.of(replace(core.policy.settings, desk=desk))
    await core.wrote("human")
    await core.queued("case:1")
    core.later(minutes=31)
    await _look(core)
    assert "sorry that this takes so long" in (await core.lines())[-1][1]
    assert [kind for kind, _ in await core.queued("case:1")] == ["note"]
