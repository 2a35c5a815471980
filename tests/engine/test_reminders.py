"""What happens while nobody answers."""

from __future__ import annotations

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
    reminder = "Still waiting since Mon 23 Nov, 12:00: nobody has answered yet."
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
