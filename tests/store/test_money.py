"""What was paid is kept and added up, on each database."""

from __future__ import annotations

from datetime import timedelta

from core.messages import Author, AuthorKind, Usage
from core.records import Bill, Expense, PaidAnswer
from core.store import Store, Transaction
from tests.store.clock import Clock
from tests.store.shop import ANNA, write

BILL = Bill("gpt-5-mini", Usage(100, 20, 30), 70)


def answered(tx: Transaction) -> PaidAnswer:
    question = write(tx, "how often?", external_id=str(tx.now))
    conversation = tx.open_conversation(ANNA)
    said = tx.append(conversation, Author(AuthorKind.BOT, ""), "Twice.", answered_by="gpt")
    paid = PaidAnswer(
        conversation.id, said.seq, question.seq, question.seq, "gpt", BILL, 1200, tx.now
    )
    tx.add_answer(paid)
    return paid


async def test_what_was_paid_reads_as_it_was_written(store: Store) -> None:
    paid = await store.write(answered)
    expense = Expense("failed", BILL, None, paid.at)
    await store.write(lambda tx: tx.add_expense(expense))
    assert await store.read(lambda tx: tx.answer(paid.conversation, paid.seq)) == paid
    assert await store.read(lambda tx: tx.answer(paid.conversation, paid.question_seq)) is None
    assert await store.read(lambda tx: list(tx.answers(paid.at))) == [paid]
    assert await store.read(lambda tx: list(tx.expenses(paid.at))) == [expense]


async def test_a_day_is_added_up_from_its_first_moment_on(store: Store, clock: Clock) -> None:
    yesterday = await store.write(answered)
    clock.now += timedelta(days=1)
    today = await store.write(answered)
    await store.write(lambda tx: tx.add_expense(Expense("late", BILL, today.conversation, tx.now)))
    spent = await store.read(lambda tx: [tx.spent_since(at) for at in (yesterday.at, today.at)])
    assert spent == [3 * 70, 2 * 70]
    clock.now += timedelta(days=1)
    assert await store.read(lambda tx: tx.spent_since(tx.now)) == 0
    between = await store.read(lambda tx: list(tx.answers(yesterday.at, today.at)))
    assert between == [yesterday]
