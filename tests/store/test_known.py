"""What the writer remembers is what the database has, whatever became of a commit."""

from __future__ import annotations

import pytest

from core.messages import (
    Agent,
    Author,
    AuthorKind,
    CaseRef,
    ConversationId,
    Message,
    Mode,
)
from core.records import DeliveryKind, DeliveryState, Target
from core.store import Store, Transaction, Work
from core.store.known import Kept, Known
from core.store.rows import new_conversation
from tests.store.clock import START
from tests.store.shop import ANNA, BORIS, texts, write


async def test_a_record_that_was_handed_out_never_changes_afterwards(store: Store) -> None:
    first = await store.write(lambda unit: unit.open_conversation(ANNA))
    await store.write(lambda unit: write(unit, "hello"))
    second = await store.write(lambda unit: unit.open_conversation(ANNA))
    assert (first.last_seq, second.last_seq) == (0, 1)
    second.last_seq = 99
    assert (await store.write(lambda unit: unit.open_conversation(ANNA))).last_seq == 1


async def test_what_a_failed_unit_did_to_a_record_is_forgotten(store: Store) -> None:
    await store.write(lambda unit: write(unit, "hello"))

    def spoil(unit: Transaction) -> None:
        unit.open_conversation(ANNA).mode = Mode.CLOSED
        raise RuntimeError("after all not")

    def spoil_and_write(unit: Transaction) -> None:
        write(unit, "never said")
        raise RuntimeError("after all not")

    for unit in (spoil, spoil_and_write):
        with pytest.raises(RuntimeError):
            await store.write(unit)
    found = await store.write(lambda unit: unit.open_conversation(ANNA))
    assert (found.mode, found.last_seq) == (Mode.BOT, 1)
    assert (await store.write(lambda unit: write(unit, "again"))).seq == 2
    assert texts(await store.read(lambda r: r.messages(found.id))) == ["hello", "again"]


async def test_a_query_sees_what_the_units_before_it_have_written(store: Store) -> None:
    def unit(tx: Transaction) -> tuple[list[str], int]:
        conversation = tx.open_conversation(ANNA)
        write(tx, "one")
        conversation.pending_seq = 1
        write(tx, "two")
        told = [message.text for message in tx.latest(conversation.id, 5)]
        return told, len(tx.pending_conversations())

    assert await store.write(unit) == (["one", "two"], 1)


async def test_an_agents_line_and_its_mark_are_stored_past_the_long_way(store: Store) -> None:
    thread = CaseRef("T1", "C1", "1.1")

    def take_over(tx: Transaction) -> None:
        case = tx.open_case(tx.open_conversation(ANNA), "why", 1)
        case.ref, case.agent = thread, Agent("U1", "Mia")

    def reply(work: Work) -> Message:
        kept = work.in_thread(thread)
        assert kept is not None
        assert kept.claim is not None
        mia, id = Author(AuthorKind.AGENT, "Mia"), kept.record.id
        line = Message(id, 1, mia, "Hi!", START, external_id="m 1", answered_by="agent")
        work.reply(kept, kept.claim, line, key=7)
        return line

    marked: list[str] = []
    store.on_marks(marked.extend)
    await store.write(take_over)
    line = await store.write(_never, reply)
    assert await store.read(lambda tx: tx.message(line.conversation, 1)) == line
    (mark,) = await store.read(lambda tx: tx.heads(10))
    assert marked == [mark.lane] == ["case:1"]
    assert (mark.kind, mark.target, mark.text) == (DeliveryKind.MARK, Target.DESK, "m 1")
    assert (mark.detail, mark.state, mark.next_at) == ("delivered", DeliveryState.PENDING, START)
    assert (mark.part, mark.attempts, mark.uncertain) == (0, 0, False)


def _never(tx: Transaction) -> Message:
    raise AssertionError


def test_only_the_conversations_used_last_are_kept() -> None:
    known = Known(most=1)
    for number, address in ((1, ANNA), (2, BORIS)):
        record = new_conversation(address, START)
        record.id = ConversationId(number)
        known.learn({record.id: Kept(record)})
    assert known.at(ANNA) is None
    kept = known.at(BORIS)
    assert kept is not None
    assert known.get(kept.record.id) is kept
    known.forget()
    assert known.at(BORIS) is None
