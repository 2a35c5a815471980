from __future__ import annotations

import sqlite3
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from core.cases import CaseState
from core.messages import (
    Address,
    Agent,
    Attachment,
    AttachmentKind,
    Author,
    AuthorKind,
    Button,
    CaseRef,
    DeliveryKey,
    FileId,
    Mode,
    Sender,
)
from core.notices import MessageDeleted, MessageEdited, MessageStored, Notice
from core.records import Case, Conversation, Delivery, DeliveryKind, DeliveryState, Target
from core.store import Reader, Store, Transaction
from tests.store.clock import START, Clock
from tests.store.shop import ANNA, BORIS, BOT, CUSTOMER, texts, write

REF = CaseRef("T1", "C1", "1700000000.000100")


async def conversation_of(store: Store) -> Conversation:
    found = await store.read(lambda reader: reader.conversation(ANNA))
    assert found is not None
    return found


async def test_first_words_open_a_conversation_that_the_bot_answers(store: Store) -> None:
    await store.write(lambda unit: unit.open_conversation(ANNA))
    found = await conversation_of(store)
    assert (found.address, found.mode, found.last_seq) == (ANNA, Mode.BOT, 0)
    assert found.created_at == found.updated_at == START
    again = await store.write(lambda unit: unit.open_conversation(ANNA))
    other = await store.write(lambda unit: unit.open_conversation(BORIS))
    assert again.id == found.id != other.id
    assert await store.read(lambda reader: reader.conversation_by_id(found.id)) == found


async def test_nobody_has_no_conversation(store: Store) -> None:
    assert await store.read(lambda reader: reader.conversation(ANNA)) is None


async def test_whatever_is_changed_in_place_is_written(store: Store, clock: Clock) -> None:
    await store.write(lambda unit: unit.open_conversation(ANNA))
    later = clock.tick()

    def unit(transaction: Transaction) -> Conversation:
        conversation = transaction.open_conversation(ANNA)
        conversation.mode = Mode.HUMAN
        conversation.version += 1
        conversation.pending_seq = 3
        conversation.attempts = 2
        conversation.seen_seq = 1
        conversation.sender = Sender("Анна", "anna", "ru")
        conversation.language = "ru"
        conversation.page = "https://shop.example/tea"
        conversation.context = "thread 5"
        conversation.agent = Author(AuthorKind.AGENT, "Eve", FileId("picture"))
        assert transaction.conversation(ANNA) is conversation
        return conversation

    changed = await store.write(unit)
    assert changed.updated_at == later
    assert await conversation_of(store) == changed


async def test_messages_count_from_one_and_are_read_back_whole(store: Store) -> None:
    buttons = (Button("Yes", say="yes"), Button("A person", do="escalate"))
    eve = Author(AuthorKind.AGENT, "Eve", FileId("picture"))

    def unit(transaction: Transaction) -> list[object]:
        conversation = transaction.open_conversation(ANNA)
        at = START - timedelta(hours=1)
        return [
            transaction.append(conversation, CUSTOMER, "Tea? 茶 🫖", external_id="m1", at=at),
            transaction.append(
                conversation, BOT, "Which?", buttons=buttons, answered_by="rule:tea"
            ),
            transaction.append(conversation, eve, "Green."),
        ]

    written = await store.write(unit)
    found = await conversation_of(store)
    assert found.last_seq == 3
    assert await store.read(lambda reader: reader.messages(found.id)) == written
    assert await store.read(lambda reader: reader.message(found.id, 2)) == written[1]
    assert await store.read(lambda reader: reader.message(found.id, 4)) is None


async def test_messages_are_read_by_span_oldest_first(store: Store) -> None:
    for number in range(1, 8):
        await store.write(partial(write, text=str(number)))
    one = (await conversation_of(store)).id

    def query(reader: Reader) -> list[list[str]]:
        return [
            texts(reader.messages(one, after=2, upto=5)),
            texts(reader.messages(one, after=2, limit=2)),
            texts(reader.latest(one, 3)),
            texts(reader.latest(one, 2, before=5)),
            texts(reader.messages(one, after=10**30)),
        ]

    assert await store.read(query) == [
        ["3", "4", "5"],
        ["3", "4"],
        ["5", "6", "7"],
        ["3", "4"],
        [],
    ]
    assert await store.read(lambda reader: reader.message(one, 10**30)) is None


async def test_repeat_is_found_by_its_external_id(store: Store) -> None:
    first = await store.write(lambda unit: write(unit, "hello", external_id="m1"))
    await store.write(lambda unit: write(unit, "hello", BORIS, external_id="m1"))
    one = first.conversation
    assert await store.read(lambda reader: reader.message_by_external(one, "m1")) == first
    assert await store.read(lambda reader: reader.message_by_external(one, "m2")) is None
    assert await store.read(lambda reader: reader.message_by_external(one, "")) is None
    with pytest.raises(ValueError, match="message 1 already"):
        await store.write(lambda unit: write(unit, "hello", external_id="m1"))
    assert (await conversation_of(store)).last_seq == 1


@pytest.mark.parametrize("key", [7, 2**63 - 1])
async def test_ids_with_the_same_hash_stay_apart(store_url: str, clock: Clock, key: int) -> None:
    store = await Store.open(store_url, now=clock, external_key=lambda _id: key)
    try:
        for name in ("a", "b", "c"):
            await store.write(partial(write, text=f"text {name}", external_id=name))
        one = (await conversation_of(store)).id

        def query(reader: Reader) -> list[str | None]:
            found = (reader.message_by_external(one, name) for name in "abcd")
            return [message.text if message else None for message in found]

        assert await store.read(query) == ["text a", "text b", "text c", None]
    finally:
        await store.close()


async def test_letters_that_no_database_holds_do_not_make_a_message_unstorable(
    store: Store,
) -> None:
    await store.write(lambda unit: write(unit, "a\0b \ud83d \U0001fad6", external_id="\0\udc00"))
    one = (await conversation_of(store)).id
    found = await store.read(lambda reader: reader.message_by_external(one, "\0\udc00"))
    assert found is not None
    assert found.text == "a\ufffdb \ufffd \U0001fad6"


async def test_edit_changes_the_text_and_says_when(store: Store, clock: Clock) -> None:
    told: list[Notice] = []
    await store.write(lambda unit: write(unit, "gren tea"))
    store.subscribe(told.extend)
    one = (await conversation_of(store)).id
    later = clock.tick()
    for _repeat in range(2):
        await store.write(lambda unit: unit.edit(unit.open_conversation(ANNA), 1, "green tea"))
    found = await store.read(lambda reader: reader.message(one, 1))
    assert found is not None
    assert (found.text, found.edited_at, found.at) == ("green tea", later, START)
    assert told == [MessageEdited(ANNA, 1, "green tea")]
    assert await store.read(lambda reader: reader.changed(one, 1)) == [found]
    assert await store.read(lambda reader: reader.changed(one, 0)) == []


async def test_deleted_message_keeps_its_number_and_nothing_else(store: Store) -> None:
    told: list[Notice] = []
    photo = Attachment(AttachmentKind.IMAGE, "me.png", "image/png", 5, None, "telegram", "f1")

    def unit(transaction: Transaction) -> None:
        conversation = transaction.open_conversation(ANNA)
        transaction.append(
            conversation, CUSTOMER, "my card is 1234", external_id="m1", attachments=[photo]
        )

    await store.write(unit)
    store.subscribe(told.extend)
    for _repeat in range(2):
        await store.write(lambda unit: unit.delete(unit.open_conversation(ANNA), 1))
    assert await store.write(lambda unit: unit.edit(unit.open_conversation(ANNA), 1, "x")) is None
    assert await store.write(lambda unit: unit.delete(unit.open_conversation(ANNA), 2)) is None
    one = (await conversation_of(store)).id
    found = await store.read(lambda reader: reader.message_by_external(one, "m1"))
    assert found is not None
    assert (found.seq, found.text, found.attachments, found.deleted_at) == (1, "", (), START)
    assert told == [MessageDeleted(ANNA, 1)]


async def test_attachments_get_ids_and_safe_names(store: Store) -> None:
    told: list[Notice] = []
    store.subscribe(told.extend)
    files = [
        Attachment(
            AttachmentKind.FILE, "../../etc/pass\nwd.txt", "text/plain", 9, None, "t", "f1"
        ),
        Attachment(AttachmentKind.AUDIO, "", "audio/ogg", None, None, "t", "f2"),
    ]
    message = await store.write(
        lambda unit: unit.append(unit.open_conversation(ANNA), CUSTOMER, "", attachments=files)
    )
    one, two = message.attachments
    assert (one.name, two.name) == ("passwd.txt", "file")
    assert one.id != two.id
    assert len(one.id or "") == 22
    assert (one.source, one.remote) == ("t", "f1")
    assert told == [MessageStored(ANNA, message)]
    assert await store.read(lambda r: r.message(message.conversation, 1)) == message


async def test_one_case_is_open_at_a_time(store: Store) -> None:
    def hand_over(unit: Transaction) -> Case:
        conversation = unit.open_conversation(ANNA)
        case = unit.open_case(conversation, "asked for a person", conversation.last_seq + 1)
        case.ref = CaseRef("T1", "C1", str(case.id))
        case.agent = Agent("U1", "Eve", FileId("picture"))
        return case

    first = await store.write(hand_over)
    assert (await conversation_of(store)).case == first.id
    with pytest.raises(ValueError, match="still open"):
        await store.write(hand_over)

    def end_and_open_again(unit: Transaction) -> Case:
        unit.end_case(unit.case(first.id), CaseState.CLOSED)
        return hand_over(unit)

    second = await store.write(end_and_open_again)
    ended = await store.read(lambda reader: reader.case(first.id))
    assert (ended.state, ended.closed_at, ended.due_at) == (CaseState.CLOSED, START, None)
    assert ended.agent == Agent("U1", "Eve", FileId("picture"))
    assert await store.read(lambda reader: reader.open_cases()) == [second]
    earlier = await store.read(lambda reader: reader.earlier_refs(first.conversation, second.id))
    assert earlier == [first.ref]
    await store.write(lambda unit: unit.end_case(unit.case(second.id), CaseState.HANDED_BACK))
    assert (await conversation_of(store)).case is None


async def test_case_is_found_by_its_thread_as_soon_as_it_has_one(store: Store) -> None:
    def unit(transaction: Transaction) -> None:
        case = transaction.open_case(transaction.open_conversation(ANNA), "why", 1)
        assert transaction.case_by_ref(REF) is None
        case.ref = REF
        assert transaction.case_by_ref(REF) is case

    await store.write(unit)
    found = await store.read(lambda reader: reader.case_by_ref(REF))
    assert found is not None
    assert found.reason == "why"
    other = CaseRef("T2", REF.channel, REF.thread)
    assert await store.read(lambda reader: reader.case_by_ref(other)) is None


async def test_due_cases_come_longest_overdue_first(store: Store, clock: Clock) -> None:
    def unit(transaction: Transaction) -> None:
        for address, minutes in ((ANNA, 10), (BORIS, 5)):
            case = transaction.open_case(transaction.open_conversation(address), address.peer, 1)
            case.due_at = transaction.now + timedelta(minutes=minutes)

    assert await store.read(lambda reader: reader.next_case_due()) is None
    await store.write(unit)
    assert await store.read(lambda reader: reader.next_case_due()) == START + timedelta(minutes=5)
    for minutes, due in ((4, []), (5, ["4711"]), (10, ["4711", "anna"])):
        now = START + timedelta(minutes=minutes)
        cases = await store.read(partial(Reader.due_cases, now=now, limit=10))
        assert [case.reason for case in cases] == due


async def test_pending_conversations_are_listed_until_they_are_answered(store: Store) -> None:
    message = await store.write(lambda unit: write(unit, "hello"))

    def set_pending(unit: Transaction, seq: int | None) -> list[int]:
        unit.open_conversation(ANNA).pending_seq = seq
        return list(unit.pending_conversations())

    one = message.conversation
    assert await store.write(lambda unit: set_pending(unit, 1)) == [one]
    assert await store.read(lambda reader: reader.pending_conversations()) == [one]
    assert await store.write(lambda unit: set_pending(unit, None)) == []


def _send(unit: Transaction, text: str, case: Case | None = None, wait: int = 0) -> int:
    conversation = unit.open_conversation(ANNA)
    unit.add_delivery(
        conversation=conversation,
        target=Target.DESK if case else Target.CUSTOMER,
        kind=DeliveryKind.RELAY if case else DeliveryKind.REPLY,
        case=case,
        seq=1,
        part=None,
        text=text,
        next_at=unit.now + timedelta(seconds=wait),
    )
    return unit.deliveries_of(conversation.id, 1, tuple(DeliveryKind))[-1].id


def _two_lanes(unit: Transaction) -> tuple[int, int, int]:
    """Two parts for the customer, the first of them later, and one row for the desk."""
    case = unit.open_case(unit.open_conversation(ANNA), "why", 1)
    return _send(unit, "part 0", wait=9), _send(unit, "part 1"), _send(unit, "relay 0", case)


def _heads(reader: Reader) -> list[int]:
    return [delivery.id for delivery in reader.heads(10)]


async def test_heads_are_the_first_unfinished_row_of_each_lane(store: Store) -> None:
    first, _, relay = await store.write(_two_lanes)
    assert await store.read(_heads) == [relay, first]
    row = await store.read(lambda reader: reader.delivery(first))
    assert row is not None
    lane = f"customer:{row.conversation}"
    assert (row.lane, row.part, row.state) == (lane, 0, DeliveryState.PENDING)
    assert [d.id for d in await store.read(lambda r: r.heads(10, [lane]))] == [relay]
    waiting = await store.read(lambda reader: reader.pending_counts())
    assert waiting == {Target.CUSTOMER: 2, Target.DESK: 1}


async def test_a_sent_row_makes_way_for_the_next_of_its_lane(store: Store) -> None:
    first, second, relay = await store.write(_two_lanes)

    def sent(transaction: Transaction, number: int) -> tuple[Delivery, list[int]]:
        delivery = transaction.delivery(number)
        assert delivery is not None
        delivery.state = DeliveryState.SENT
        delivery.remote_id = "77"
        delivery.first_try_at = transaction.now
        delivery.uncertain = True
        return delivery, _heads(transaction)

    row, left = await store.write(lambda unit: sent(unit, first))
    assert left == [second, relay]
    assert (await store.write(lambda unit: sent(unit, second)))[1] == [relay]
    assert await store.read(lambda reader: reader.unfinished(row.lane)) == 0
    replies = [DeliveryKind.REPLY]
    finished = await store.read(lambda reader: reader.deliveries_of(row.conversation, 1, replies))
    parts = [(d.part, d.remote_id, d.uncertain) for d in finished]
    assert parts == [(0, "77", True), (1, "77", True)]


async def test_same_part_cannot_be_sent_twice(store: Store) -> None:
    def send(unit: Transaction, part: int, key: str) -> None:
        unit.add_delivery(
            conversation=unit.open_conversation(ANNA),
            target=Target.CUSTOMER,
            kind=DeliveryKind.REPLY,
            seq=1,
            part=part,
            key=DeliveryKey(key),
        )

    await store.write(lambda unit: send(unit, 0, "k0"))
    for part, key in ((0, "k1"), (1, "k0")):
        with pytest.raises((IntegrityError, sqlite3.IntegrityError)):
            await store.write(partial(send, part=part, key=key))
    assert await store.read(lambda reader: len(reader.heads(10))) == 1


async def test_what_is_stored_stays_out_of_the_words_of_an_error(store: Store) -> None:
    def open_case(unit: Transaction, address: Address) -> None:
        case = unit.open_case(unit.open_conversation(address), "for Anna alone", 1)
        case.ref = CaseRef("T1", "C1", "1.1")
        case.reason = "for Anna alone, too"

    await store.write(partial(open_case, address=ANNA))
    with pytest.raises(IntegrityError) as refused:
        await store.write(partial(open_case, address=BORIS))
    assert "for Anna alone" not in str(refused.value)


async def test_cursor_moves_on(store: Store) -> None:
    assert await store.read(lambda reader: reader.cursor("telegram")) is None
    for value in ("1", "2"):
        await store.write(partial(Transaction.set_cursor, name="telegram", value=value))
    assert await store.read(lambda reader: reader.cursor("telegram")) == "2"
