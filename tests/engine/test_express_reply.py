"""The short way of an agent's reply leads to the same as the long one, or is not taken."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import pytest
from msgspec import structs

from core.cases import CaseState
from core.express import Applied
from core.messages import (
    Agent,
    AgentCommanded,
    AgentDeleted,
    AgentEdited,
    AgentReplied,
    Attachment,
    AttachmentKind,
    CaseRef,
    ChannelName,
    Command,
    CustomerWrote,
    DeliveryKey,
    InboundEvent,
    Message,
    Mode,
    Outcome,
    Sender,
)
from core.notices import MessageStored, Seen
from core.records import Delivery, DeliveryKind
from core.store import Reader, Transaction
from tests.engine.core import MIA, TELEGRAM, WEB, Core, address

TOM = Agent("U2", "Tom")
NAMELESS = Agent("U1")
PEERS = "abc"
PHOTO = Attachment(AttachmentKind.IMAGE, "pot.jpg", "image/jpeg")
LINES = ("Hi!", "One moment, please.", "", "nul \0 and \ud800", "你好", "x" * 3000)


class Ways:
    """Counts how often the short way was asked and how often it was taken."""

    def __init__(self, core: Core) -> None:
        self.asked = self.short = 0
        self._store = core.engine.express_reply.store
        vars(core.engine.express_reply)["store"] = self._counted

    def _counted(self, *given: object) -> Applied | None:
        applied = self._store(*given)  # type: ignore[arg-type]
        self.asked += 1
        self.short += applied is not None
        return applied


def thread(case: int) -> CaseRef:
    return CaseRef("T1", "C1", f"{case}.0")


def history(chance: random.Random) -> Iterator[InboundEvent]:
    """What customers and agents may do in the course of time, repeats and all."""
    replies: list[AgentReplied] = []
    for number in range(150):
        what, case, ts = chance.random(), thread(chance.randint(1, 4)), f"9.{number}"
        agent = chance.choices((MIA, TOM, NAMELESS), weights=(20, 1, 3))[0]
        if what < 0.25:
            text = chance.choices(("shipping", "a human please", "what?"), weights=(4, 4, 1))[0]
            channel = chance.choice((WEB, WEB, WEB, TELEGRAM))
            who = structs.replace(address(channel), peer=chance.choice(PEERS))
            yield CustomerWrote(who, f"m{number}", text, Sender("Ann", "ann", "en"))
        elif what < 0.30:
            yield AgentCommanded(case, ts, agent, chance.choice(list(Command)))
        elif what < 0.40 and replies:
            yield chance.choice(replies)
        elif what < 0.44 and replies:
            one = chance.choice(replies)
            yield AgentEdited(one.case, one.external_id, "better so")
        elif what < 0.46 and replies:
            one = chance.choice(replies)
            yield AgentDeleted(one.case, one.external_id)
        else:
            files = (PHOTO,) if chance.random() < 0.05 else ()
            replies.append(AgentReplied(case, ts, agent, chance.choice(LINES), files))
            yield replies[-1]


async def told(core: Core, events: Sequence[InboundEvent], at_once: int) -> list[object]:
    """Everything that a customer, a platform or an agent could tell apart afterwards."""
    seen: list[object] = []
    for first in range(0, len(events), at_once):
        seen += await asyncio.gather(*map(core.take, events[first : first + at_once]))
        await core.store.write(_open_threads)
    for channel in (WEB, TELEGRAM):
        for peer in PEERS:
            at = structs.replace(address(channel), peer=peer)
            seen += await core.store.read(partial(_everything, at))
    return [*seen, *map(_but_for_files, core.notices)]


def _open_threads(tx: Transaction) -> None:
    """As the outbox does when the desk has posted the cards."""
    for case in tx.open_cases():
        case.ref = thread(case.id)


def _everything(at: object, reader: Reader) -> list[object]:
    conversation = reader.conversation(at)  # type: ignore[arg-type]
    if conversation is None:
        return []
    lines = reader.messages(conversation.id, limit=1000)
    sent = [
        replace(row, key=DeliveryKey(""))
        for seq in range(conversation.last_seq + 1)
        for row in reader.deliveries_of(conversation.id, seq, tuple(DeliveryKind))
    ]
    cases = [reader.case_by_ref(thread(number)) for number in range(1, 30)]
    return [conversation, *map(_but_for_files, lines), *map(_but_for_files, sent), *cases]


def _but_for_files(value: object) -> object:
    """A file's id is chance."""
    match value:
        case Delivery(detail=detail) if detail.startswith("file:"):
            return replace(value, detail="file")
        case MessageStored(message=message):
            return _but_for_files(message)
        case Message():
            return structs.replace(value, attachments=(PHOTO,) * len(value.attachments))
        case _:
            return value


@pytest.mark.parametrize("at_once", [1, 10])
@pytest.mark.parametrize("seed", range(6))
async def test_both_ways_lead_to_the_same_rows_and_the_same_notices(
    slow: Core, quick: Core, seed: int, at_once: int
) -> None:
    events, ways = list(history(random.Random(seed))), Ways(quick)  # noqa: S311
    assert await told(quick, events, at_once) == await told(slow, events, at_once)
    assert ways.short > 10


async def _taken(core: Core, channel: ChannelName = WEB) -> Ways:
    """Mia has answered once; whatever else she writes may go the short way."""
    await core.wrote("a human please", channel=channel)
    await core.thread_opened()
    await core.agent_says("Hi!", ts="1.1")
    return Ways(core)


async def test_whoever_has_the_case_replies_on_the_short_way(quick: Core) -> None:
    ways = await _taken(quick)
    quick.handed_in = False  # as the desk hands in
    for ts in ("1.2", "1.3"):
        assert (await quick.agent_says("And this", ts=ts)).outcome is Outcome.STORED
    assert ways.short == 2
    assert (await quick.lines())[-2:] == [("agent", "And this")] * 2
    assert [kind for kind, _ in await quick.queued("case:1")][-3:] == ["mark"] * 3


async def test_the_reply_to_a_customers_line_shows_that_it_was_seen(quick: Core) -> None:
    ways = await _taken(quick)
    await quick.wrote("thanks")
    await quick.agent_says("You are welcome", ts="1.2")
    line = (await quick.messages())[-2]
    assert quick.notices[-1] == Seen(address(), line.seq)
    assert (await quick.conversation()).seen_seq == line.seq
    assert ways.short == 1


async def test_a_repeated_reply_changes_nothing_on_the_short_way(quick: Core) -> None:
    await _taken(quick)
    first = await quick.agent_says("And this", ts="1.2")
    again = await quick.agent_says("And this", ts="1.2")
    assert (again.outcome, again.seq) == (Outcome.REPEAT, first.seq)
    assert (await quick.lines()).count(("agent", "And this")) == 1


async def test_a_reply_that_is_repeated_again_and_again_makes_few_commits_run_twice(
    quick: Core,
) -> None:
    ways, asked = await _taken(quick), []
    for ts in ("1.2", "1.2", "1.3", "1.3", "1.4", "1.4"):
        await quick.agent_says("And this", ts=ts)
        asked.append(ways.asked)
    assert asked == [1, 3, 4, 5, 6, 7]


async def test_a_colleague_takes_over_on_the_long_way(quick: Core) -> None:
    ways = await _taken(quick)
    await quick.agent_says("Me too", ts="1.2", agent=TOM)
    assert ways.short == 0
    assert (await quick.case()).agent == TOM
    await quick.agent_says("And again", ts="1.3", agent=TOM)
    assert ways.short == 1


async def test_a_file_beside_an_agents_words_is_kept(quick: Core) -> None:
    await _taken(quick)
    ref = CaseRef("T1", "C1", "1.0")
    await quick.take(AgentReplied(ref, "1.2", MIA, "Look", (PHOTO,)))
    assert (await quick.messages())[-1].attachments[0].name == "pot.jpg"


async def test_a_reply_for_telegram_is_queued_for_it(quick: Core) -> None:
    ways = await _taken(quick, TELEGRAM)
    await quick.agent_says("And this", ts="1.2")
    assert ways.short == 0
    conversation = await quick.conversation(TELEGRAM)
    assert (await quick.queued(f"customer:{conversation.id}"))[-1] == ("reply", "And this")


@pytest.mark.parametrize("command", [Command.BOT, Command.CLOSE])
async def test_a_case_that_is_over_takes_no_reply_on_the_short_way(
    quick: Core, command: Command
) -> None:
    await _taken(quick)
    ref = CaseRef("T1", "C1", "1.0")
    over = quick.take(AgentCommanded(ref, "1.2", MIA, command))
    late = quick.take(AgentReplied(ref, "1.3", MIA, "late"))
    _, accepted = await asyncio.gather(over, late)  # in one commit
    assert accepted.outcome is Outcome.CASE_CLOSED
    assert ("agent", "late") not in await quick.lines()


async def test_a_thread_that_is_gone_takes_no_reply_on_the_short_way(quick: Core) -> None:
    await _taken(quick)
    case = await quick.case()

    def lost(tx: Transaction) -> None:
        conversation = tx.conversation_by_id(case.conversation)
        quick.casework.reopen_thread(tx, conversation, tx.case(case.id))

    await quick.store.write(lost)
    assert (await quick.agent_says("late", ts="1.2")).outcome is Outcome.IGNORED


async def test_what_a_failed_commit_changed_in_a_case_is_forgotten(quick: Core) -> None:
    ways = await _taken(quick)
    case = await quick.case()

    def spoil(tx: Transaction) -> None:
        tx.case(case.id).agent = TOM
        tx.flush()
        raise RuntimeError("after all not")

    with pytest.raises(RuntimeError):
        await quick.store.write(spoil)
    await quick.agent_says("Still mine", ts="1.2")
    found = await quick.case()
    assert (found.agent, found.state, ways.short) == (MIA, CaseState.CLAIMED, 0)
    assert (await quick.conversation()).mode is Mode.HUMAN
