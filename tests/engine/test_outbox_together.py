"""Where posts wait for each other, several deliveries of a lane go out as one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from core.messages import Attachment, AttachmentKind
from core.records import DeliveryState
from core.store import Transaction
from tests.engine.core import Core
from tests.engine.desk import Desk, outbox, with_lines
from tests.faults.process import until


async def test_in_a_crowd_lines_go_together_but_for_those_with_files(core: Core) -> None:
    photo = Attachment(AttachmentKind.IMAGE, "a.png", "image/png")
    await with_lines(core, ("one", ()), ("two", ()), ("see", (photo,)), ("three", ()))
    desk = Desk()
    desk.crowded = True
    async with outbox(core, desk):
        assert await desk.has(3) == ["one + two", "see", "three"]


async def test_in_a_crowd_a_post_has_only_so_much_in_it(core: Core) -> None:
    long = "x" * 900
    await with_lines(core, *[(f"{n} {long}", ()) for n in range(3)], ("y" * 3000, ()))
    desk = Desk()
    desk.crowded = True
    async with outbox(core, desk):
        posts = await desk.has(3)
    assert posts == [f"0 {long} + 1 {long}", f"2 {long}", "y" * 3000]


async def test_in_a_crowd_a_line_that_is_gone_holds_up_no_other(
    core: Core, tmp_path: Path
) -> None:
    """Somebody has tidied up in the database by hand."""
    await with_lines(core, ("one", ()), ("two", ()), ("three", ()))
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
    await with_lines(core, ("one", ()), ("two", ()), ("three", ()))

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
    await with_lines(core, ("one", ()), ("two", ()), ("three", ()))

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


async def test_in_a_crowd_notes_go_together_and_say_everything_once(core: Core) -> None:
    await with_lines(core)

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
