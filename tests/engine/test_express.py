"""The short way of a message leads to the same as the long one, or is not taken."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.errors import StoreUnavailable, TooManyMessages
from core.express import Applied
from core.messages import (
    Address,
    Attachment,
    AttachmentKind,
    CustomerWrote,
    Mode,
    Outcome,
    Sender,
)
from core.notices import ModeChanged
from core.store import Reader
from tests.engine.core import TELEGRAM, WEB, Core, address
from tests.scenarios.house import until

CLOSED = Mode.CLOSED
PEERS = "abcdef"
ANN = Sender("Ann", "ann", "en")
TEXTS = (
    "hello",
    "shipping",
    "menu",
    "2",
    "Shipping",
    "你好 shipping",
    "Wie geht das? shipping, bitte, danke schön",
    "details",
    "I have a complaint",
    "a human please",
    "what is this?",
    "",
    "x" * 5000 + " shipping",
    "shipping \0 \ud800",
)
WEIGHTS = (5, 20, 3, 3, 5, 3, 3, 0.2, 0.2, 0.2, 0.2, 0.2, 1, 2)  # few hand over


class Ways:
    """Counts how often the short way was asked and how often it was taken."""

    def __init__(self, core: Core) -> None:
        self.asked = self.short = 0
        self._answer = core.engine.express.answer
        vars(core.engine.express)["answer"] = self._counted

    def _counted(self, *given: object) -> Applied | None:
        applied = self._answer(*given)  # type: ignore[arg-type]
        self.asked += 1
        self.short += applied is not None
        return applied


def visits(chance: random.Random) -> Iterator[CustomerWrote]:
    """What a customer may write in the course of time, repeats and all."""
    sent: list[CustomerWrote] = []
    for number in range(100):
        if sent and chance.random() < 0.1:
            yield chance.choice(sent)
            continue
        text = chance.choices(TEXTS, weights=WEIGHTS)[0]
        page = chance.choice(["", "", "https://shop.example/cart"])
        event = CustomerWrote(
            replace(address(), peer=chance.choice(PEERS)), f"m{number}", text, ANN, page=page
        )
        sent.append(event)
        yield event


async def outcome(core: Core, events: Sequence[CustomerWrote]) -> list[object]:
    """Everything that a customer, a platform or an agent could tell apart afterwards."""
    seen: list[object] = []
    for event in events:
        try:
            seen.append(await core.take(event))
        except TooManyMessages:
            seen.append(TooManyMessages)
    for peer in PEERS:
        at = replace(address(), peer=peer)
        seen += await core.store.read(partial(_everything, at))
    return [*seen, core.notices]


def _everything(at: Address, reader: Reader) -> list[object]:
    conversation = reader.conversation(at)
    if conversation is None:
        return []
    return [conversation, *reader.messages(conversation.id, limit=1000)]


@pytest.mark.parametrize("seed", range(8))
async def test_both_ways_lead_to_the_same_rows_and_the_same_notices(
    slow: Core, quick: Core, seed: int
) -> None:
    events, ways = list(visits(random.Random(seed))), Ways(quick)  # noqa: S311
    assert await outcome(slow, events) == await outcome(quick, events)
    assert ways.short > 0


async def test_what_a_rule_answers_is_stored_on_the_short_way(quick: Core) -> None:
    ways = Ways(quick)
    await quick.wrote("shipping")  # the conversation becomes known
    for _ in range(3):
        await quick.wrote("shipping")
    assert ways.short == 3
    assert (await quick.lines())[-2:] == [("customer", "shipping"), ("bot", "Three days")]


async def test_a_repeat_on_the_short_way_changes_nothing(quick: Core) -> None:
    """C03, A03."""
    await quick.wrote("hello")
    first = await quick.wrote("shipping", id="same")
    again = await quick.wrote("shipping", id="same")
    assert (again.outcome, again.seq) == (Outcome.REPEAT, first.seq)
    assert len(await quick.lines()) == 4


async def test_a_repeat_among_news_changes_nothing_and_none_of_them_is_lost(quick: Core) -> None:
    """C03, I3: it is found by the index, and the commit is made again."""
    await quick.wrote("hello")
    first = await quick.wrote("shipping", id="same")
    told: list[object] = []
    for id in ("one", "same", "two"):
        quick.engine.hand_in(CustomerWrote(address(WEB), id, "shipping", ANN), told.append)
    await until(lambda: len(told) == 3, "what became of the three")
    await quick.until(lambda lines: len(lines) == 8)
    stored, repeat = Outcome.STORED, Outcome.REPEAT
    assert [(answer.outcome, answer.seq) for answer in told] == [  # type: ignore[attr-defined]
        (stored, 5),
        (repeat, first.seq),
        (stored, 7),
    ]


async def test_whoever_repeats_on_purpose_makes_no_further_commit_run_twice(quick: Core) -> None:
    for id in ("first", "second"):
        await quick.wrote("shipping", id=id)
    ways, asked = Ways(quick), []
    for id in ("second", "third", "third", "fourth", "fourth"):
        await quick.wrote("shipping", id=id)
        asked.append(ways.asked)
    assert asked == [2, 3, 4, 5, 6]


async def test_somebody_elses_repeat_sends_nobody_the_long_way(quick: Core) -> None:
    boris = replace(address(), peer="boris")
    for id in ("first", "second"):
        await quick.take(CustomerWrote(boris, id, "shipping", ANN))
        await quick.wrote("shipping", id=id)
    ways = Ways(quick)
    await quick.wrote("shipping", id="second")
    await quick.take(CustomerWrote(boris, "third", "shipping", ANN))
    assert ways.short == 2  # the repeat that was taken for news, and the other's message


async def test_a_repeat_on_the_short_way_does_not_count_as_writing_fast(quick: Core) -> None:
    for number in range(19):
        await quick.wrote("shipping", id=f"{number}")
    for _ in range(3):
        assert (await quick.wrote("shipping", id="5")).outcome is Outcome.REPEAT
    await quick.wrote("shipping")
    with pytest.raises(TooManyMessages):
        await quick.wrote("shipping")


async def test_while_a_person_answers_no_rule_does_on_the_short_way(quick: Core) -> None:
    """I7."""
    await quick.wrote("shipping")
    await quick.wrote("a human please")
    await quick.wrote("shipping")
    assert (await quick.lines())[-1] == ("customer", "shipping")
    assert (await quick.conversation()).mode is Mode.WAITING


async def test_the_limit_holds_on_the_short_way(quick: Core) -> None:
    """L06."""
    for _ in range(20):
        await quick.wrote("shipping")
    with pytest.raises(TooManyMessages):
        await quick.wrote("shipping")
    assert len(await quick.lines()) == 40


@pytest.mark.parametrize("text", ["1", "Hello"])
async def test_a_button_is_still_chosen_by_its_number_or_its_label(quick: Core, text: str) -> None:
    await quick.wrote("shipping")
    await quick.wrote("menu")
    await quick.wrote(text)
    assert (await quick.lines())[-1] == ("bot", "Three days")


async def test_a_closed_conversation_begins_anew_with_the_bot(quick: Core) -> None:
    await quick.wrote("shipping")
    await quick.store.write(lambda tx: setattr(tx.open_conversation(address()), "mode", CLOSED))
    await quick.wrote("shipping")
    assert (await quick.conversation()).mode is Mode.BOT
    assert ModeChanged(address(), Mode.BOT) in quick.notices


async def test_a_file_beside_a_rules_word_is_kept(quick: Core) -> None:
    await quick.wrote("shipping")
    photo = Attachment(AttachmentKind.IMAGE, "pot.jpg", "image/jpeg")
    await quick.wrote("shipping", attachments=(photo,))
    assert (await quick.messages())[2].attachments[0].name == "pot.jpg"


async def test_what_telegram_must_be_sent_is_queued_for_it(quick: Core) -> None:
    ways = Ways(quick)
    for _ in range(2):
        await quick.wrote("shipping", channel=TELEGRAM)
    assert ways.short == 0
    conversation = await quick.conversation(TELEGRAM)
    assert len(await quick.queued(f"customer:{conversation.id}")) == 2


async def test_many_at_once_are_numbered_in_the_order_in_which_they_came(quick: Core) -> None:
    """I3: in one commit, with one that takes the long way between them."""
    await quick.wrote("hello")
    told: list[object] = []
    texts = ["shipping", "shipping", "hello", "shipping"]
    for number, text in enumerate(texts):
        event = CustomerWrote(address(WEB), f"many{number}", text, ANN)
        quick.engine.hand_in(event, told.append)
    await quick.until(lambda lines: len(lines) == 10)
    assert [text for kind, text in await quick.lines() if kind == "customer"][1:] == texts
    assert [answer.seq for answer in told] == [3, 5, 7, 9]  # type: ignore[attr-defined]


async def test_a_database_that_cannot_be_read_is_told_as_away_on_both_ways(
    core: Core, tmp_path: Path
) -> None:
    """D24: only then nobody acknowledges, and a new connection is tried."""
    await core.wrote("shipping")
    with closing(sqlite3.connect(tmp_path / "frontdesk.db")) as other:
        other.execute("ALTER TABLE messages RENAME TO away")
        for text in ("shipping", "a human please"):
            with pytest.raises(StoreUnavailable):
                await core.wrote(text)
        other.execute("ALTER TABLE away RENAME TO messages")
    await core.wrote("shipping")
    assert (await core.lines())[2:] == [("customer", "shipping"), ("bot", "Three days")]


async def test_what_waits_for_gpt_is_not_overtaken_on_the_short_way(quick: Core) -> None:
    """I3: whatever comes while GPT's answer is awaited is answered after it."""
    await quick.wrote("shipping")
    quick.customers.has_model = True  # nobody asks it: what is pending stays so
    await quick.wrote("what is this?")
    await quick.wrote("shipping")
    assert (await quick.lines())[-1] == ("customer", "shipping")
