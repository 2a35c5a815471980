from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

import pytest

from core.errors import StoreUnavailable
from core.messages import Button, Message
from core.notices import MessageStored, Notice
from core.records import DeliveryKind, Target
from core.store import Reader, Store, Transaction, Work
from tests.store.clock import START
from tests.store.shop import ANNA, BOT, CUSTOMER, texts, write


def all_texts(reader: Reader) -> list[str]:
    conversation = reader.conversation(ANNA)
    return texts(reader.messages(conversation.id)) if conversation else []


async def test_many_callers_share_a_commit(store: Store) -> None:
    commits: list[float] = []
    store.commit_seconds = commits.append
    writes = [store.write(partial(write, text=str(number))) for number in range(100)]
    done = await asyncio.gather(*writes)
    assert [message.seq for message in done] == list(range(1, 101))
    assert len(commits) <= 3
    assert all(seconds > 0 for seconds in commits)


async def test_failing_unit_takes_nobody_with_it(store: Store) -> None:
    def spoil(unit: Transaction) -> None:
        write(unit, "never to be seen")
        raise KeyError("spoilt")

    results = await asyncio.gather(
        store.write(lambda unit: write(unit, "before")),
        store.write(spoil),
        store.write(lambda unit: write(unit, "after")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [Message, KeyError, Message]
    assert await store.read(all_texts) == ["before", "after"]


async def test_unit_that_refuses_before_it_writes_costs_the_others_nothing(store: Store) -> None:
    runs: list[str] = []

    def refuse(unit: Transaction) -> None:
        unit.conversation(ANNA)
        raise KeyError("no")

    def count(unit: Transaction) -> None:
        runs.append("run")
        write(unit, "hello")

    results = await asyncio.gather(store.write(count), store.write(refuse), return_exceptions=True)
    assert isinstance(results[1], KeyError)
    assert runs == ["run"]


class Short:
    """A message of Anna's that goes the short way, with its answer, where that is possible."""

    def __init__(self, key: int, told: list[object]) -> None:
        self._key = key
        self._told = told

    def quick(self, work: Work) -> str | None:
        kept = work.at(ANNA)
        if kept is None or work.is_repeat(kept.record.id, self._key):
            return None
        first = kept.record.last_seq + 1
        asked = Message(kept.record.id, first, CUSTOMER, "and?", START, external_id=f"{self._key}")
        rule = Button("Yes", say="yes")
        said = Message(kept.record.id, first + 1, BOT, "so!", START, (rule,), answered_by="rule:x")
        work.exchange(kept, asked, self._key, said, "en")
        return "short"

    def run(self, transaction: Transaction) -> str:
        write(transaction, "long")
        return "long"

    def done(self, result: object, error: Exception | None) -> None:
        self._told.append(error or result)


async def test_who_is_trusted_to_be_new_and_is_not_goes_the_long_way(store: Store) -> None:
    told: list[object] = []
    await store.write(lambda unit: write(unit, "hello"))
    for key in (1, 1, 2, 1):
        store.hand_in(Short(key, told))
    await store.write(lambda unit: None)
    store.hand_in(Short(2, told))
    store.hand_in(Short(3, told))
    await store.write(lambda unit: None)
    assert told == ["short", "long", "short", "long", "long", "short"]
    found = ["hello", "and?", "so!", "long", "and?", "so!", "long", "long", "and?", "so!"]
    assert await store.read(all_texts) == found
    anna = await store.read(lambda reader: reader.conversation(ANNA))
    assert anna is not None
    assert (anna.last_seq, anna.language) == (10, "en")
    lines = await store.read(lambda reader: reader.messages(anna.id))
    kinds = [(m.author, m.external_id, m.answered_by, len(m.buttons)) for m in lines[1:3]]
    assert kinds == [(CUSTOMER, "1", "", 0), (BOT, "", "rule:x", 1)]


async def test_unit_sees_what_the_units_before_it_wrote(store: Store) -> None:
    _, seen = await asyncio.gather(
        store.write(lambda unit: write(unit, "first")), store.write(all_texts)
    )
    assert seen == ["first"]


async def test_notices_come_in_order_after_the_commit_and_before_the_callers(
    store: Store,
) -> None:
    told: list[str] = []
    reads: list[asyncio.Task[list[str]]] = []

    def listen(notices: Sequence[Notice]) -> None:
        told.extend(n.message.text for n in notices if isinstance(n, MessageStored))
        reads.append(asyncio.ensure_future(store.read(all_texts)))

    async def call(text: str) -> None:
        await store.write(lambda unit: write(unit, text))
        assert text in told

    store.subscribe(listen)
    await asyncio.gather(*(call(str(number)) for number in range(20)))
    await call("last")
    assert told == [*(str(number) for number in range(20)), "last"]
    assert [await read for read in reads][-1] == told


async def test_nothing_is_told_of_a_unit_that_failed(store: Store) -> None:
    told: list[Notice] = []
    store.subscribe(told.extend)

    def spoil(unit: Transaction) -> None:
        write(unit, "never to be seen")
        raise KeyError("spoilt")

    with pytest.raises(KeyError):
        await store.write(spoil)
    assert told == []


async def test_broken_listener_is_logged_and_harms_nobody(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Notice] = []

    def broken(_notices: Sequence[Notice]) -> None:
        raise RuntimeError("broken listener")

    store.subscribe(broken)
    store.subscribe(told.extend)
    with caplog.at_level(logging.ERROR, "core.store"):
        await store.write(lambda unit: write(unit, "hello"))
    assert len(told) == 1
    assert "broken listener" in caplog.text


async def test_workers_are_woken_only_when_there_is_something_to_do(store: Store) -> None:
    woken: list[None] = []
    store.on_work(lambda: woken.append(None))

    def send(unit: Transaction) -> None:
        unit.add_delivery(
            conversation=unit.open_conversation(ANNA),
            target=Target.CUSTOMER,
            kind=DeliveryKind.REPLY,
            seq=1,
        )

    def wait_for_answer(unit: Transaction) -> None:
        unit.open_conversation(ANNA).pending_seq = 1

    def answered(unit: Transaction) -> None:
        unit.open_conversation(ANNA).pending_seq = None

    counts = []
    for unit in (lambda unit: write(unit, "hello"), send, wait_for_answer, answered):
        await store.write(unit)
        counts.append(len(woken))
    await store.write(lambda unit: unit.wake())
    assert [*counts, len(woken)] == [0, 1, 2, 2, 3]


async def test_unit_of_a_caller_who_left_is_not_run(store: Store) -> None:
    gone = asyncio.ensure_future(store.write(lambda unit: write(unit, "gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await store.write(lambda unit: write(unit, "here"))
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await store.read(all_texts) == ["here"]


async def test_close_finishes_what_waits_and_refuses_what_comes_later(store: Store) -> None:
    waiting = asyncio.ensure_future(store.write(lambda unit: write(unit, "in time")))
    await asyncio.sleep(0)
    await store.close()
    assert (await waiting).seq == 1
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.write(lambda unit: write(unit, "too late"))
    await store.close()


async def test_failed_unit_raises_whatever_it_raised(store: Store) -> None:
    def end_of_iteration(_unit: Transaction) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError):
        await store.write(end_of_iteration)
    await store.check_writable()
