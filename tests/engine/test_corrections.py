"""An agent takes back, or corrects, what waits for its turn to be sent."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.messages import (
    Address,
    AgentDeleted,
    AgentEdited,
    CaseRef,
    DeliveryKey,
    Outcome,
    Receipt,
    Reply,
)
from core.ports import Inbox, Status
from core.records import DeliveryKind, DeliveryState
from core.store import Transaction
from core.store import statements as sql
from tests.engine.core import CAPABILITIES, TELEGRAM, Core
from tests.engine.desk import Desk, outbox

CUSTOMER = "customer:1"
LONG = "Once more, with all there is to say. " * 200


async def _answered(core: Core, *texts: str) -> CaseRef:
    """A case on Telegram with these replies, 2.0, 3.0 and so on, none of which has been sent."""
    await core.wrote("human please", channel=TELEGRAM)
    ref = await core.thread_opened()
    await core.queued(CUSTOMER)
    for number, text in enumerate(texts, start=2):
        await core.agent_says(text, ts=f"{number}.0")
    return ref


async def _replies(core: Core) -> list[tuple[str, str]]:
    joined, *rest = await core.queued(CUSTOMER)
    assert "joined" in joined[1]
    return rest


async def _all_are(core: Core, state: DeliveryState, *, uncertain: bool = False) -> None:
    def unit(tx: Transaction) -> None:
        for row in tx.lane(CUSTOMER):
            if row.kind is DeliveryKind.REPLY:
                row.state, row.uncertain = state, uncertain

    await core.store.write(unit)


async def test_what_waits_is_sent_as_it_was_corrected(core: Core) -> None:
    ref = await _answered(core, "It costs 9", "Anything else?")
    await core.engine.accept(AgentEdited(ref, "2.0", "It costs 90"))
    assert await _replies(core) == [("reply", "It costs 90"), ("reply", "Anything else?")]


async def test_what_was_deleted_before_it_was_sent_is_never_sent(core: Core) -> None:
    ref = await _answered(core, "For somebody else", "Anything else?")
    await core.engine.accept(AgentDeleted(ref, "2.0"))
    assert await _replies(core) == [("reply", "Anything else?")]


async def test_a_correction_may_need_fewer_parts(core: Core) -> None:
    ref = await _answered(core, LONG, "Anything else?")
    await core.engine.accept(AgentEdited(ref, "2.0", "Yes"))
    assert await _replies(core) == [("reply", "Yes"), ("reply", "Anything else?")]


async def test_a_correction_may_need_more_parts(core: Core) -> None:
    ref = await _answered(core, "Anything else?", "Yes")
    await core.engine.accept(AgentEdited(ref, "3.0", LONG))
    question, *parts = await _replies(core)
    assert question[1] == "Anything else?"
    assert [kind for kind, _ in parts] == ["reply", "reply"]
    assert " ".join(text for _, text in parts) == LONG.strip()


async def test_no_part_of_a_correction_goes_out_behind_other_lines(core: Core) -> None:
    ref = await _answered(core, "Yes", "Anything else?")
    await core.engine.accept(AgentEdited(ref, "2.0", LONG))
    rows = await _replies(core)
    assert [kind for kind, _ in rows] == ["reply", "reply", "edit"]
    assert rows[0][1] == "Yes"


async def test_what_is_held_is_corrected_and_stays_held(core: Core) -> None:
    ref = await _answered(core, "Yes")
    await _all_are(core, DeliveryState.HELD)
    await core.engine.accept(AgentEdited(ref, "2.0", LONG))
    assert await core.queued(CUSTOMER) == []
    seq = (await core.messages(TELEGRAM))[-1].seq
    kinds = (DeliveryKind.REPLY,)
    conversation = await core.conversation(TELEGRAM)
    rows = await core.store.read(lambda tx: tx.deliveries_of(conversation.id, seq, kinds))
    assert [row.state for row in rows] == [DeliveryState.HELD, DeliveryState.HELD]
    assert " ".join(row.text for row in rows) == LONG.strip()


async def test_what_may_have_gone_out_is_changed_there(core: Core) -> None:
    ref = await _answered(core, "Yes")
    for state, uncertain in (
        (DeliveryState.SENDING, False),
        (DeliveryState.UNCERTAIN, True),
        (DeliveryState.PENDING, True),
    ):
        await _all_are(core, state, uncertain=uncertain)
        await core.engine.accept(AgentEdited(ref, "2.0", f"No {state} {uncertain}"))
        waiting = await core.store.read(lambda tx: tx.lane(CUSTOMER))
        assert [row.kind for row in waiting[1:]] == ["reply", "edit"]
    await core.engine.accept(AgentDeleted(ref, "2.0"))
    kinds = [kind for kind, _ in await _replies(core)]
    assert kinds == ["reply", "delete"]


async def test_what_was_sent_in_part_is_sent_no_further_and_deleted(core: Core) -> None:
    ref = await _answered(core, LONG)

    def first(tx: Transaction) -> None:
        row = tx.lane(CUSTOMER)[1]
        row.state = DeliveryState.SENT

    await core.store.write(first)
    await core.engine.accept(AgentDeleted(ref, "2.0"))
    assert [kind for kind, _ in await _replies(core)] == ["delete"]


class Phone:
    """Telegram, as far as its turns go: they come when the test says so."""

    name = TELEGRAM
    capabilities = CAPABILITIES[TELEGRAM]
    status = Status(True)

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.turns = asyncio.Semaphore(0)
        self._asked = 0
        self._news = asyncio.Event()

    async def start(self, inbox: Inbox) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        raise NotImplementedError

    async def turn(self, to: Address, key: DeliveryKey) -> None:
        self._asked += 1
        self._news.set()
        await self.turns.acquire()

    async def send(self, to: Address, reply: Reply) -> Receipt:
        self.sent.append(reply.text)
        self._news.set()
        return Receipt(f"r{len(self.sent)}")

    async def asked(self, times: int) -> None:
        while self._asked < times:
            self._news.clear()
            await self._news.wait()

    async def has_sent(self, text: str) -> None:
        while text not in self.sent:
            self._news.clear()
            await self._news.wait()


@pytest.mark.parametrize("correct", [True, False], ids=["corrected", "deleted"])
async def test_what_waits_for_its_turn_is_sent_as_it_is_when_that_has_come(
    core: Core, correct: bool
) -> None:
    ref = await _answered(core)
    phone = Phone()
    async with outbox(core, Desk(), channels={TELEGRAM: phone}), asyncio.timeout(8):
        await core.agent_says("Yes")
        phone.turns.release()  # for the line that says who has joined
        await phone.asked(2)
        what = AgentEdited(ref, "2.0", "No") if correct else AgentDeleted(ref, "2.0")
        await core.engine.accept(what)
        await core.agent_says("Anything else?", ts="3.0")
        for _ in range(3):
            phone.turns.release()
        await phone.has_sent("Anything else?")
    assert phone.sent[1:] == (["No"] if correct else []) + ["Anything else?"]


async def _release(core: Core) -> None:
    await core.store.write(lambda tx: tx.execute(sql.RELEASE_HELD, {"now": tx.now}))


async def test_an_older_change_that_comes_later_changes_nothing(core: Core) -> None:
    """D06: Slack tells again what was not acknowledged."""
    ref = await _answered(core, "It costs 9")
    early, late = core.now, core.now + timedelta(seconds=5)
    await core.engine.accept(AgentEdited(ref, "2.0", "It costs 90", at=late))
    old = await core.engine.accept(AgentEdited(ref, "2.0", "It costs 80", at=early))
    assert old.outcome is Outcome.REPEAT
    assert await _replies(core) == [("reply", "It costs 90")]


async def test_what_was_shortened_may_be_corrected_again(core: Core) -> None:
    ref = await _answered(core, LONG, "Anything else?")
    for text in ("the password is 1234", "No, never", LONG):
        await core.engine.accept(AgentEdited(ref, "2.0", text))
    *parts, question = await _replies(core)
    assert question == ("reply", "Anything else?")
    assert " ".join(text for _, text in parts) == LONG.strip()


async def test_what_is_sent_once_more_is_sent_as_it_is_by_then(core: Core) -> None:
    ref = await _answered(core, "It costs 9")
    await _all_are(core, DeliveryState.UNCERTAIN, uncertain=True)
    await core.engine.accept(AgentEdited(ref, "2.0", "It costs 90"))
    assert await _replies(core) == [("reply", "It costs 90"), ("edit", "It costs 90")]


async def test_what_was_deleted_in_doubt_is_not_sent_once_more(core: Core) -> None:
    """C17: nobody knows whether it arrived, and the agents read so."""
    ref = await _answered(core, "the password is 1234")
    await _all_are(core, DeliveryState.UNCERTAIN, uncertain=True)
    await core.engine.accept(AgentDeleted(ref, "2.0"))
    await core.agent_says("Anything else?", ts="3.0")
    phone, desk = Phone(), Desk()
    for _ in range(9):
        phone.turns.release()
    async with outbox(core, desk, channels={TELEGRAM: phone}), asyncio.timeout(8):
        await phone.has_sent("Anything else?")
    assert not any("1234" in text for text in phone.sent)
    told = [*desk.posted, *(text for _, text in await core.queued("case:1"))]
    assert any("deleted may have reached the customer before" in text for text in told)


async def test_a_change_that_waits_gives_way_to_the_next(core: Core) -> None:
    ref = await _answered(core, "Yes")
    await core.queued(CUSTOMER)
    for text in ("the password is 1234", "No"):
        await core.engine.accept(AgentEdited(ref, "2.0", text))
    assert await core.queued(CUSTOMER) == [("edit", "No")]
    await core.engine.accept(AgentEdited(ref, "2.0", "the password is 1234"))
    await core.engine.accept(AgentDeleted(ref, "2.0"))
    assert await core.queued(CUSTOMER) == [("delete", "")]


@pytest.mark.parametrize("uncertain", [False, True])
async def test_what_is_held_and_deleted_is_never_sent_and_its_author_is_told(
    core: Core, uncertain: bool
) -> None:
    """O04: it may have been sent in the time that the backup does not know."""
    ref = await _answered(core, "the password is 1234")
    await core.queued("case:1")
    await _all_are(core, DeliveryState.HELD, uncertain=uncertain)
    await core.engine.accept(AgentDeleted(ref, "2.0"))
    await _release(core)
    assert await _replies(core) == []
    [(kind, note)] = await core.queued("case:1")
    assert kind == "note"
    assert "the customer may have got it before" in note


async def test_what_is_held_goes_out_in_order_whatever_was_corrected(core: Core) -> None:
    ref = await _answered(core, "one", "two")
    await core.queued("case:1")
    await _all_are(core, DeliveryState.HELD)
    await core.engine.accept(AgentEdited(ref, "2.0", LONG))
    await core.engine.accept(AgentEdited(ref, "3.0", "2"))
    await _release(core)
    (_, long), two = await _replies(core)
    assert two == ("reply", "2")
    assert long.startswith("Once more")
    assert long.endswith("[…]")
    told = [text for _, text in await core.queued("case:1")]
    assert ["the customer may have got it before" in text for text in told] == [True, True]


async def test_a_deletion_that_waits_is_carried_out_after_a_restore(core: Core) -> None:
    """O04: it does the same however often it is done."""
    ref = await _answered(core, "the password is 1234")
    await core.queued(CUSTOMER)
    await core.engine.accept(AgentDeleted(ref, "2.0"))
    await core.agent_says("Anything else?", ts="3.0")
    await core.store.write(lambda tx: tx.execute(sql.HOLD_FOR_CUSTOMERS))
    assert await core.queued(CUSTOMER) == [("delete", "")]
