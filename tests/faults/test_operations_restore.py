"""A backup is put back: nothing of before it is lost, and nothing is sent a second time.

What waited to be sent when the backup was made has mostly been sent since. The desk in Slack can
be asked, so it is, before anything is posted; Telegram cannot, so those messages are held until
the admin says otherwise. Only the time between two beats (a minute) is too short to be noticed.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.slack.pacer import Rate
from core.store import Store
from sandbox.faults import Effect, Fault
from sandbox.openai import Turn
from sandbox.slack.message import Message as SlackMessage
from sandbox.telegram.troubles import too_many_requests
from tests.faults.timed_house import TimedHouse
from tests.scenarios.house import House, until
from tests.scenarios.visitor import Visitor
from tests.store.clock import Clock
from tests.store.shop import ANNA, write

COMPLETIONS = "chat.completions"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.close()


def _back_up(house: House, *, waiting: bool = True) -> Path:
    """As `sqlite3 frontdesk.db .backup` does it, while the service writes; with something that is
    `waiting` to be sent."""
    copy = house.folder / "backup.db"
    with (
        closing(sqlite3.connect(house.folder / "frontdesk.db")) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        query = "SELECT count(*) FROM deliveries WHERE open_lane IS NOT NULL"
        assert not waiting or target.execute(query).fetchone() != (0,)
    return copy


def _restore(house: House, backup: Path) -> None:
    for suffix in ("-wal", "-shm"):
        (house.folder / f"frontdesk.db{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, house.folder / "frontdesk.db")


def _heard(house: House, customer: int) -> list[str]:
    return [m.text for m in house.telegram.chat(customer) if m.from_bot]


def _times(house: House, customer: int, text: str) -> int:
    return sum(text in heard for heard in _heard(house, customer))


async def test_after_a_restore_nothing_is_lost_and_nothing_goes_out_twice(house: House) -> None:
    """O04: what the backup thinks it still has to say to a customer is held, and released when
    the admin asks for it; new messages are answered all the while."""
    await house.open(slack=False, gpt=False, telegram=True)
    anna = house.telegram.add_customer("Anna")
    house.telegram.faults.add("sendMessage", too_many_requests(1))
    attempts: list[str] = []
    house.telegram.faults.listen(attempts.append)
    async with house.visitor() as visitor:
        await visitor.say("hello")
        house.telegram.say(anna, "hello")
        await until(lambda: "sendMessage" in attempts, "the first attempt")
        writing = asyncio.ensure_future(_chatter(visitor))
        backup = await asyncio.to_thread(_back_up, house)
        await writing
    await house.on_telegram(anna, "Hello, how can I help?")
    await house.stop()
    _restore(house, backup)
    await house.start()
    async with house.visitor(token=visitor.token) as again:
        await again.hears("Hello, how can I help?")
    assert "1 message to customers may have been sent before" in house.service.store.notice
    house.telegram.say(anna, "shipping")
    await house.on_telegram(anna, "Shipping takes 3 days.")
    assert len(_heard(house, anna)) == 2
    await house.restart()
    assert "1 message to customers" in house.service.store.notice
    (house.folder / "frontdesk.db.send-held").touch()
    await house.restart()
    await until(lambda: len(_heard(house, anna)) == 3, "the message that was held")
    await house.restart()
    assert house.service.store.notice == ""
    assert not (house.folder / "frontdesk.db.send-held").exists()


async def test_what_an_agent_wrote_after_the_backup_reaches_the_customer_once(
    house: House,
) -> None:
    """O04: Slack shows the reply again, but the customer has had it: held, unless released."""
    await house.open(gpt=False, telegram=True)
    anna = house.telegram.add_customer("Anna")
    house.telegram.say(anna, "human")
    card = await house.card()
    await house.in_thread("human")
    await house.slack.say(house.desk, house.mia, "Hi Anna", thread_ts=card.ts)
    await house.on_telegram(anna, "Hi Anna")
    backup = await asyncio.to_thread(_back_up, house, waiting=False)
    await house.slack.say(house.desk, house.mia, "It is on its way", thread_ts=card.ts)
    await house.on_telegram(anna, "It is on its way")
    await house.stop()
    _restore(house, backup)
    await house.start()
    await house.slack.say(house.desk, house.mia, "Anything else?", thread_ts=card.ts)
    await house.on_telegram(anna, "Anything else?")
    said = "Hi Anna", "It is on its way", "Anything else?"
    assert [_times(house, anna, text) for text in said] == [1, 1, 1]
    # What a container makes of a file that it is to mount and that is not there.
    (house.folder / "frontdesk.db.send-held").mkdir()
    await house.restart()
    await until(lambda: _times(house, anna, "It is on its way") == 2, "what was held")


class Ann:
    """A customer in Slack. After `begin`, every start reads up the conversation."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._user = house.slack.add_user("ann")
        self._direct = house.slack.open_dm(self._user)

    async def begin(self) -> None:
        await self.asks("hello", "how can I help?")
        await self._house.restart()  # the first start reads nothing again

    async def says(self, text: str) -> None:
        await self._house.slack.say(self._direct, self._user, text)

    async def asks(self, text: str, answer: str) -> None:
        await self.says(text)
        await self.hears(answer)

    async def hears(self, answer: str) -> None:
        await until(lambda: self.heard(answer), f"{answer!r} in Slack")

    def heard(self, text: str) -> int:
        said = self._house.slack.workspace.channels[self._direct].messages.values()
        return sum(text in str(message.blocks) for message in said if message.bot_id)


async def test_what_a_customer_wrote_in_slack_after_the_backup_is_answered_once(
    house: House,
) -> None:
    """O04: Slack shows the question again; its answer is held, and the next one is not."""
    house.slack_customers = True
    await house.open(gpt=False)
    ann = Ann(house)
    await ann.begin()
    backup = await asyncio.to_thread(_back_up, house, waiting=False)
    await ann.asks("shipping", "3 days")
    await house.stop()
    _restore(house, backup)
    await house.start()
    await ann.asks("order 123456", "Order 123456 is on its way")
    assert ann.heard("3 days") == 1


async def test_what_is_asked_while_gpt_answers_again_is_not_held_with_its_answer(
    house: House,
) -> None:
    """O04: GPT is asked once more what it was asked before, and a rule answers what came behind
    that; the question behind both is new."""
    house.slack_customers = True
    await house.open()
    house.openai.brain = lambda _request: Turn("They like shade.")
    ann = Ann(house)
    await ann.begin()
    backup = await asyncio.to_thread(_back_up, house, waiting=False)
    await ann.asks("what about moss?", "They like shade.")
    await ann.asks("order 123456", "Order 123456 is on its way")
    await house.stop()
    _restore(house, backup)
    house.openai.faults.add(COMPLETIONS, Fault(Effect.DELAY, seconds=1.0))
    await house.start()
    await until(lambda: not house.openai.faults.left(COMPLETIONS), "the second call")
    await ann.asks("shipping", "3 days")
    assert ann.heard("They like shade.") == 1
    assert ann.heard("Order 123456 is on its way") == 1


async def _chatter(visitor: Visitor) -> None:
    for number in range(20):
        await visitor.say(f"no. {number}: shipping")


def _cards(house: House) -> list[SlackMessage]:
    """Not what the desk is told of the restore itself."""
    return [m for m in house.slack.messages(house.desk) if "needs a person" in m.text]


async def test_the_desk_is_asked_before_anything_is_posted_again(house: House) -> None:
    """O04: a case that was about to be opened when the backup was made has one thread, and the
    customer's line is in it once."""
    await house.open(gpt=False)
    wait = Fault(Effect.ANSWER, 429, "{}", {"Retry-After": "1"})
    house.slack.faults.add("chat.postMessage", wait)
    async with house.visitor() as visitor:
        await visitor.say("human")
        backup = await asyncio.to_thread(_back_up, house)
        await house.card()
        await house.in_thread("human")
    await house.stop()
    _restore(house, backup)
    await house.start()
    assert house.service.store.notice.startswith("the database ends at ")
    async with house.visitor(token=visitor.token) as again:
        await again.say("are you there?")
        await house.in_thread("are you there?")
    (card,) = _cards(house)
    lines = [m for m in house.slack.thread(house.desk, card.ts) if "human" in str(m.blocks)]
    assert len([m for m in lines if m.ts != card.ts]) == 1


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncIterator[TimedHouse]:
    """A thread's root, its transcript and one line may be posted at once; others wait, and go
    together. Not open yet."""
    house = TimedHouse(tmp_path)
    house.rate = Rate(0.6, 3)
    yield house
    await house.close()


async def _back_up_before_the_card(house: TimedHouse, *lines: str, pause: int) -> tuple[Path, str]:
    """A backup that was made when a visitor had asked for a person and written `lines`, and
    nothing of it was posted, which begins after `pause` seconds; and the visitor's token."""
    await house.open(gpt=False)
    wait = Fault(Effect.ANSWER, 429, "{}", {"Retry-After": str(pause)})
    house.slack.faults.add("chat.postMessage", wait)
    async with house.visitor() as visitor:
        await visitor.say("human")
        for line in lines:
            await visitor.say(line)
        await until(lambda: house.waiting_to_go() >= 2 + len(lines), "what waits for the desk")
        return await asyncio.to_thread(_back_up, house), visitor.token


async def test_lines_that_went_out_together_after_the_backup_are_each_found(
    busy: TimedHouse,
) -> None:
    """O04, L07: the backup knows nothing of their post, so each is asked for by its own key."""
    backup, token = await _back_up_before_the_card(busy, "two", "three", "four", pause=1)
    await busy.in_thread("four")
    before = busy.lines(await busy.card())
    assert before == ["two\nthree\nfour"]
    await busy.stop()
    _restore(busy, backup)
    await busy.start()
    async with busy.visitor(token=token) as again:
        await again.say("are you there?")
        await busy.in_thread("are you there?")
    (card,) = _cards(busy)
    assert busy.lines(card) == [*before, "are you there?"]
    await until(lambda: not busy.unsent(), "the notes of all that")


async def test_a_backup_whose_lines_never_went_out_sends_each_of_them(busy: TimedHouse) -> None:
    """O04: all of them are in doubt, but that the first was sent does not tell of the others."""
    backup, token = await _back_up_before_the_card(busy, "two", "three", "four", pause=900)
    await busy.stop()
    _restore(busy, backup)
    assert not busy.slack.messages(busy.desk)
    await busy.start()
    async with busy.visitor(token=token) as again:
        await again.say("are you there?")
        await until(lambda: busy.posted("are you there?"), "the last line")
    (card,) = _cards(busy)
    said = "\n".join(busy.lines(card)).split("\n")
    assert said == ["two", "three", "four", "are you there?"]
    assert "human" in str(busy.slack.thread(busy.desk, card.ts)[0].blocks)
    await until(lambda: not busy.unsent(), "the notes of all that")


async def test_a_copy_without_its_last_run_is_believed_only_for_minutes(tmp_path: Path) -> None:
    """O04: a backup put back on a new machine, where no file tells how far the old one came."""
    clock = Clock()
    here, there = tmp_path / "frontdesk.db", tmp_path / "there"
    there.mkdir()
    store = await Store.open(f"sqlite:///{here}", now=clock)
    await store.write(lambda unit: write(unit, "hello"))
    await store.close()
    for age, notice in ((timedelta(minutes=4), ""), (timedelta(hours=1), "came here without")):
        clock.now += age
        shutil.copy(here, there / "frontdesk.db")
        (there / "frontdesk.db.run").unlink(missing_ok=True)
        copy = await Store.open(f"sqlite:///{there / 'frontdesk.db'}", now=clock)
        assert notice in copy.notice
        assert bool(copy.notice) == bool(notice)
        assert await copy.read(lambda reader: reader.conversation(ANNA)) is not None
        await copy.close()


async def test_a_crash_or_a_clock_that_was_put_back_holds_nothing(tmp_path: Path) -> None:
    """O04, D29: beats are counted, so that only a database that lacks some is doubted."""
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'frontdesk.db'}"
    for jump in (timedelta(), timedelta(minutes=-10), timedelta(days=30), timedelta(hours=-1)):
        clock.now += jump
        store = await Store.open(url, now=clock)
        await store.write(lambda unit: write(unit, "hello"))
        assert store.notice == ""
        await store.close()
