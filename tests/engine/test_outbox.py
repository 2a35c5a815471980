"""Deliveries leave their lanes in order, and what may be repeated needs no note beforehand."""

from __future__ import annotations

from datetime import timedelta

from core.records import Delivery, DeliveryKind, DeliveryState, Target
from core.store import Transaction
from tests.engine.core import Core, address
from tests.engine.desk import Desk, outbox, with_lines
from tests.faults.process import until


async def _with_replies(core: Core, count: int) -> None:
    """A case in which an agent has replied so often, everything before sent."""
    await core.wrote("a human please")
    await core.thread_opened()
    await core.agent_says("Hi!", ts="2.0")
    await core.queued("case:1")
    for number in range(count):
        await core.agent_says("And this", ts=f"3.{number}")


async def _marks(core: Core) -> list[Delivery]:
    conversation = (await core.conversation()).id
    kinds = (DeliveryKind.MARK,)
    last = (await core.conversation()).last_seq
    found = await core.store.read(
        lambda tx: [tx.deliveries_of(conversation, seq, kinds) for seq in range(1, last + 1)]
    )
    return [row for rows in found for row in rows][1:]


async def test_a_lane_goes_on_in_its_order(core: Core) -> None:
    await _with_replies(core, 3)
    desk = Desk()
    async with outbox(core, desk):
        assert await desk.has(3) == [f"delivered 1.0 3.{number}" for number in range(3)]
        await core.agent_says("One more", ts="3.9")
        assert (await desk.has(4))[-1] == "delivered 1.0 3.9"


async def test_a_line_that_comes_while_its_lane_rests_is_marked_at_once(core: Core) -> None:
    await _with_replies(core, 0)
    desk = Desk()
    async with outbox(core, desk):
        for _ in range(5):  # the outbox has looked, and found nothing
            await core.store.read(lambda tx: tx.heads(1))
        await core.agent_says("Next", ts="4.0")
        assert await desk.has(1) == ["delivered 1.0 4.0"]


async def test_a_line_that_comes_while_its_lane_ends_is_marked_at_once(core: Core) -> None:
    await _with_replies(core, 1)
    desk, written = Desk(), 0
    async with outbox(core, desk):
        for count in range(1, 30):
            await desk.has(count)  # its mark is not noted yet, its lane is about to end
            await core.agent_says("Next", ts=f"4.{written}")
            written += 1
        assert len(await desk.has(30)) == 30


async def test_marks_that_a_crash_cut_off_are_made_again(core: Core) -> None:
    await _with_replies(core, 3)
    before = Desk()
    before.held = {"3.2"}
    async with outbox(core, before):
        await before.has(3)
    sent, pending = DeliveryState.SENT, DeliveryState.PENDING
    assert [row.state for row in await _marks(core)] == [sent, pending, pending]
    after = Desk()
    async with outbox(core, after):
        assert await after.has(2) == ["delivered 1.0 3.1", "delivered 1.0 3.2"]


async def test_a_mark_that_is_put_off_counts_as_an_attempt_and_holds_its_lane(core: Core) -> None:
    await _with_replies(core, 4)
    desk = Desk()
    desk.refused = {"3.2"}
    async with outbox(core, desk) as box:
        await desk.has(3)
        await box.close(5)
    marks = [(row.state, row.attempts, row.error) for row in await _marks(core)]
    sent, pending = DeliveryState.SENT, DeliveryState.PENDING
    assert marks == [(sent, 0, ""), (sent, 0, ""), (pending, 1, "slowly"), (pending, 0, "")]
    core.later(seconds=2)
    async with outbox(core, desk):
        assert (await desk.has(5))[3:] == ["delivered 1.0 3.2", "delivered 1.0 3.3"]


async def test_a_stop_notes_the_marks_that_were_made_and_makes_no_more(core: Core) -> None:
    await _with_replies(core, 6)
    desk = Desk()
    async with outbox(core, desk) as box:
        await desk.has(3)
        await box.close(5)
    made = len(desk.posted)
    assert [row.state for row in await _marks(core)].count(DeliveryState.SENT) == made
    assert made < 6


async def test_a_mark_that_an_earlier_version_queued_finds_its_line(core: Core) -> None:
    await _with_replies(core, 1)
    (mark,) = await _marks(core)

    def as_it_was(tx: Transaction) -> None:
        row = tx.delivery(mark.id)
        assert row is not None
        row.text = ""

    await core.store.write(as_it_was)
    desk = Desk()
    async with outbox(core, desk):
        assert await desk.has(1) == ["delivered 1.0 3.0"]


async def test_a_lane_makes_room_where_others_wait_for_a_place(core: Core) -> None:
    await _with_replies(core, 0)
    case = await core.case()

    def notes(tx: Transaction) -> None:
        conversation = tx.open_conversation(address())
        for number, lane in enumerate(("one", "two", "one", "two")):
            tx.add_delivery(
                conversation=conversation,
                target=Target.DESK,
                kind=DeliveryKind.NOTE,
                case=tx.case(case.id),
                seq=0,
                part=number,
                text=f"{lane} {number}",
                lane=lane,
                next_at=tx.now - timedelta(minutes=10 - number),
            )

    await core.store.write(notes)
    desk = Desk()
    async with outbox(core, desk, at_once=1):
        assert await desk.has(4) == ["one 0", "two 1", "one 2", "two 3"]


async def test_a_line_that_had_to_wait_often_outlives_a_refusal(core: Core) -> None:
    """That Slack was slow for an hour is no fault of the line."""
    await with_lines(core, ("one", ()))
    desk = Desk()
    desk.slow = 12
    desk.refused = {"one"}
    async with outbox(core, desk) as box:

        def posted() -> bool:
            core.later(seconds=400)
            box.wake()
            return bool(desk.posted)

        await until(posted, "the line")
    assert not desk.slow
    assert not desk.refused
    assert desk.posted == ["one"]


async def test_what_a_thread_that_is_gone_was_to_be_told_is_told_in_the_next(core: Core) -> None:
    await with_lines(core)

    def note(tx: Transaction) -> None:
        (case,) = tx.open_cases()
        conversation = tx.conversation_by_id(case.conversation)
        for text in ("The last answer did not arrive.", "Nor did the one before."):
            core.casework.note(tx, conversation, case, text)

    await core.store.write(note)
    desk = Desk()
    desk.gone = "1.0"
    async with outbox(core, desk):
        posts = await desk.has(3)
    assert posts[1:] == ["The last answer did not arrive.", "Nor did the one before."]


async def test_a_desk_that_has_not_started_is_asked_again_soon_and_costs_no_try(
    core: Core,
) -> None:
    """However often that happened before: a service that is started again and again gets on."""
    await with_lines(core, ("one", ()))
    desk = Desk()
    desk.absent = 12
    async with outbox(core, desk) as box:

        def posted() -> bool:
            core.later(seconds=1)
            box.wake()
            return bool(desk.posted)

        await until(posted, "the post")
        assert desk.posted == ["one"]
        await box.close(5)
    conversation = (await core.conversation()).id
    (row,) = await core.store.read(lambda tx: tx.posted_as(conversation, "case:1", "r1"))
    assert row.attempts == 1
