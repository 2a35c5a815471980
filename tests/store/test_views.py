from __future__ import annotations

from core.messages import Author, AuthorKind, CaseRef, Mode
from core.notices import ConversationView
from core.ports import Cursors, OpenCases, Transcript
from core.store import Store, StoredCases, StoredCursors, StoredTranscript, Transaction
from tests.store.shop import ANNA, BORIS, texts, write


async def test_transcript_shows_where_a_conversation_stands(store: Store) -> None:
    transcript: Transcript = StoredTranscript(store)
    eve = Author(AuthorKind.AGENT, "Eve")

    def unit(transaction: Transaction) -> None:
        for text in ("one", "two", "three"):
            write(transaction, text)
        conversation = transaction.open_conversation(ANNA)
        conversation.mode = Mode.HUMAN
        conversation.agent = eve
        conversation.seen_seq = 2
        transaction.edit(conversation, 1, "ONE")

    await store.write(unit)
    assert await transcript.view(BORIS) is None
    assert await transcript.view(ANNA) == ConversationView(3, Mode.HUMAN, eve, 2)
    assert texts(list(await transcript.after(ANNA, 1))) == ["two", "three"]
    assert texts(list(await transcript.after(ANNA, 1, limit=1))) == ["two"]
    assert texts(list(await transcript.changed(ANNA, 3))) == ["ONE"]
    assert await transcript.after(BORIS, 0) == []
    assert await transcript.changed(BORIS, 3) == []


async def test_cursor_is_kept(store: Store) -> None:
    cursors: Cursors = StoredCursors(store)
    assert await cursors.get("slack") is None
    await cursors.set("slack", "1700000000.000100")
    assert await cursors.get("slack") == "1700000000.000100"


async def test_open_cases_are_those_that_have_a_thread(store: Store) -> None:
    cases: OpenCases = StoredCases(store)
    ref = CaseRef("T1", "C1", "1.2")

    def unit(transaction: Transaction) -> None:
        transaction.open_case(transaction.open_conversation(ANNA), "why", 1).ref = ref
        transaction.open_case(transaction.open_conversation(BORIS), "why", 1)

    await store.write(unit)
    assert await cases.open_cases() == [ref]
