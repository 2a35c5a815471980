"""What the writer remembers is what the database has, whatever became of a commit."""

from __future__ import annotations

import pytest

from core.messages import ConversationId, Mode
from core.store import Store, Transaction
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
