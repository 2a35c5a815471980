"""Deliveries leave their lanes in order, and what may be repeated needs no note beforehand."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

from core.cases import CaseCard, CaseLine, Fate
from core.couriers import Couriers
from core.errors import NotUp, OutcomeUnknown, SendLater, ThreadGone, Undeliverable
from core.messages import Attachment, AttachmentKind, CaseRef, DeliveryKey, Receipt
from core.outbox import Outbox
from core.ports import Inbox, Status
from core.receipts import Receipts
from core.records import Delivery, DeliveryKind, DeliveryState, Target
from core.store import Transaction
from tests.engine.core import Core, address
from tests.faults.process import until

CustomersLine = tuple[str, Sequence[Attachment]]


class Desk:
    """Has a thread for every case. Marks of lines that are in `refused` are put off once, those of
    lines in `held` never end. Others wait to post when it is `crowded`; it is not up for as
    often as `absent` says, and asks for a pause as often as `slow` says. A note is refused once by
    the thread that is `gone`, a customer's line that is in `refused` once as well; what becomes
    of one in `held` is not known. Of those that are asked for, it finds the ones that have
    `landed`, by their place in the question."""

    name = "desk"
    status = Status(True)

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.refused: set[str] = set()
        self.held: set[str] = set()
        self.crowded = False
        self.absent = 0
        self.slow = 0
        self.gone = ""
        self.landed: set[int] = set()
        self._news = asyncio.Event()

    async def start(self, inbox: Inbox) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        raise NotImplementedError

    async def turn(self, case: CaseRef | None, key: DeliveryKey) -> bool:
        if self.absent:
            self.absent -= 1
            raise NotUp("not there yet")
        return self.crowded

    async def open_case(self, card: CaseCard, key: DeliveryKey) -> CaseRef:
        return CaseRef("T1", "C1", f"{card.case}.0")

    async def relay(
        self, case: CaseRef, lines: Sequence[CaseLine], keys: Sequence[DeliveryKey]
    ) -> Receipt:
        text = " + ".join(line.text for line in lines[-20:])
        if self.slow:
            self.slow -= 1
            raise SendLater("slowly")
        if text in self.refused:
            self.refused.remove(text)
            raise Undeliverable("not this")
        if text in self.held:
            self.held.remove(text)
            raise OutcomeUnknown("no answer")
        return self._post(text)

    async def edit(self, case: CaseRef, remote_id: str, lines: Sequence[CaseLine]) -> None:
        self._post(f"edit {lines[-1].text}")

    async def show_card(self, case: CaseRef, card: CaseCard) -> None:
        self._post("card")

    async def note(
        self,
        case: CaseRef,
        text: str,
        keys: Sequence[DeliveryKey],
        *,
        broadcast: bool = False,
        code: str = "",
    ) -> Receipt:
        if case.thread == self.gone:
            self.gone = ""
            raise ThreadGone("the thread is gone")
        return self._post(text)

    async def mark(self, case: CaseRef, external_id: str, fate: Fate) -> None:
        self._post(f"{fate} {case.thread} {external_id}")
        await asyncio.sleep(0)
        if external_id in self.held:
            await asyncio.Event().wait()
        if external_id in self.refused:
            self.refused.remove(external_id)
            raise SendLater("slowly", 1)

    async def announce(self, text: str) -> None:
        self._post(text)

    async def find(
        self, case: CaseRef | None, keys: Collection[DeliveryKey], since: datetime
    ) -> Mapping[DeliveryKey, Receipt | CaseRef]:
        return {key: Receipt("r0") for place, key in enumerate(keys) if place in self.landed}

    def _post(self, what: str) -> Receipt:
        self.posted.append(what)
        self._news.set()
        return Receipt(f"r{len(self.posted)}")

    async def has(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            while len(self.posted) < count:
                self._news.clear()
                await self._news.wait()
        return self.posted


@asynccontextmanager
async def outbox(core: Core, desk: Desk, at_once: int = 100) -> AsyncIterator[Outbox]:
    box = Outbox(
        core.store,
        Couriers(core.store, {}, desk),
        Receipts(core.casework, lambda: core.policy, lambda _text: None),
        core.tasks,
        lambda: core.now,
        attempt=lambda: timedelta(seconds=10),
        failed=lambda _target, _error: None,
        at_once=at_once,
    )
    core.store.on_work(box.wake)
    core.store.on_marks(box.wake_for)
    running = asyncio.create_task(box.run())
    try:
        yield box
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await core.tasks.close()


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


async def _with_lines(core: Core, *lines: CustomersLine) -> None:
    """A case whose thread is complete, and in which the customer has written `lines` since."""
    await core.wrote("a human please")
    await core.thread_opened()
    await core.queued("case:1")
    for text, files in lines:
        await core.wrote(text, attachments=files)


async def test_in_a_crowd_lines_go_together_but_for_those_with_files(core: Core) -> None:
    photo = Attachment(AttachmentKind.IMAGE, "a.png", "image/png")
    await _with_lines(core, ("one", ()), ("two", ()), ("see", (photo,)), ("three", ()))
    desk = Desk()
    desk.crowded = True
    async with outbox(core, desk):
        assert await desk.has(3) == ["one + two", "see", "three"]


async def test_in_a_crowd_a_post_has_only_so_much_in_it(core: Core) -> None:
    long = "x" * 900
    await _with_lines(core, *[(f"{n} {long}", ()) for n in range(3)], ("y" * 3000, ()))
    desk = Desk()
    desk.crowded = True
    async with outbox(core, desk):
        posts = await desk.has(3)
    assert posts == [f"0 {long} + 1 {long}", f"2 {long}", "y" * 3000]


async def test_in_a_crowd_a_line_that_is_gone_holds_up_no_other(
    core: Core, tmp_path: Path
) -> None:
    """Somebody has tidied up in the database by hand."""
    await _with_lines(core, ("one", ()), ("two", ()), ("three", ()))
    with closing(sqlite3.connect(tmp_path / "frontdesk.db")) as beside, beside:
        beside.execute("DELETE FROM messages WHERE text = 'two'")
    desk = Desk()
    desk.crowded = True
    async with outbox(core, desk) as box:

        def both() -> bool:
            core.later(seconds=400)  # a line that cannot be shown is tried for a while
            box.wake()
            return len(desk.posted) > 1

        await until(both, "the lines before and after it")
        assert desk.posted[:2] == ["one", "three"]


async def test_in_a_crowd_a_line_in_doubt_is_taken_along_by_no_other(core: Core) -> None:
    """A database that was put back may hold one behind others that are not: it is looked up."""
    await _with_lines(core, ("one", ()), ("two", ()), ("three", ()))

    def in_doubt(tx: Transaction) -> None:
        row = tx.first_of_lane("case:1", 2)[1]
        doubtful = tx.delivery(row.id)
        assert doubtful is not None
        doubtful.state = DeliveryState.UNCERTAIN

    await core.store.write(in_doubt)
    desk = Desk()
    desk.crowded = True
    async with outbox(core, desk):
        assert await desk.has(3) == ["one", "two", "three"]


async def test_of_lines_in_doubt_only_those_that_did_not_land_are_sent(core: Core) -> None:
    """O04: a database that was put back doubts all, whatever company they went in since."""
    await _with_lines(core, ("one", ()), ("two", ()), ("three", ()))

    def in_doubt(tx: Transaction) -> None:
        for row in tx.first_of_lane("case:1", 3):
            doubtful = tx.delivery(row.id)
            assert doubtful is not None
            doubtful.state = DeliveryState.UNCERTAIN

    await core.store.write(in_doubt)
    desk = Desk()
    desk.landed = {0, 2}
    async with outbox(core, desk) as box:
        await desk.has(1)
        await core.wrote("four")
        assert await desk.has(2) == ["two", "four"]
        await box.close(5)


async def test_a_line_that_had_to_wait_often_outlives_a_refusal(core: Core) -> None:
    """That Slack was slow for an hour is no fault of the line."""
    await _with_lines(core, ("one", ()))
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


async def test_in_a_crowd_notes_go_together_and_say_everything_once(core: Core) -> None:
    await _with_lines(core)

    def note(tx: Transaction) -> None:
        (case,) = tx.open_cases()
        conversation = tx.conversation_by_id(case.conversation)
        for text in ("Twice, perhaps.", "Twice, perhaps.", "Not delivered."):
            core.casework.note(tx, conversation, case, text)
        core.casework.note(tx, conversation, case, "A rule:", code="- id: a")

    await core.store.write(note)
    desk = Desk()
    desk.crowded = True
    async with outbox(core, desk):
        assert await desk.has(2) == ["Twice, perhaps.\nNot delivered.", "A rule:"]


async def test_what_a_thread_that_is_gone_was_to_be_told_is_told_in_the_next(core: Core) -> None:
    await _with_lines(core)

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
    await _with_lines(core, ("one", ()))
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
