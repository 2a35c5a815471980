"""What becomes of an answer when Telegram is busy, broken or does not want it.

Telegram cannot be asked what it has. So a send that may have arrived is repeated once or never, as
`on_uncertain` says, and the agents are told either way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from core.records import DeliveryState
from sandbox.faults import Effect, Fault
from sandbox.telegram import troubles
from sandbox.telegram.refusal import bad_request
from tests.scenarios.house import SETTINGS, House, shown, until

SEND = "sendMessage"
BROKEN = [
    Fault(Effect.ACCEPT_THEN_RESET),
    Fault(Effect.ACCEPT_THEN_HANG),
    troubles.bad_gateway(accepted=True),
]
LOST = [troubles.bad_gateway(), Fault(Effect.RESET), Fault(Effect.ANSWER, 500)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Not open yet."""
    house = House(tmp_path)
    yield house
    await house.close()


async def opened(house: House, on_uncertain: str = "resend") -> int:
    """Open the house; the customer to whom Mia has just said hello."""
    impatient = SETTINGS.replace("platform: 2s", "platform: 300ms")
    policy = f', on_uncertain: {on_uncertain}, api_url: "${{TELEGRAM_URL'
    house.write_settings(impatient.replace(', api_url: "${TELEGRAM_URL', policy))
    await house.open(telegram=True, gpt=False)
    li = house.telegram.add_customer("Li")
    house.telegram.say(li, "I want a human")
    await house.on_telegram(li, "I have called a colleague")
    await house.card()
    await agent_says(house, "Good morning")
    await house.on_telegram(li, "Good morning")
    return li


async def agent_says(house: House, text: str) -> str:
    card = await house.card()
    return await house.slack.say(house.desk, house.mia, text, thread_ts=card.ts)


def got(house: House, chat: int, text: str) -> int:
    """How often the customer got it."""
    return sum(text in message.text for message in house.telegram.chat(chat) if message.from_bot)


def _refused(house: House) -> bool:
    """Whether a try has failed that surely sent nothing."""
    return b'outbox_failures_total{class="SendLater"' in house.service.metrics.page()


async def test_when_telegram_asks_for_a_pause_only_that_chat_waits(house: House) -> None:
    """D11: the others are answered at once, and what waited arrives in its order."""
    await house.open(telegram=True, gpt=False, slack=False)
    li, ann = house.telegram.add_customer("Li"), house.telegram.add_customer("Ann")
    house.telegram.faults.add(SEND, troubles.too_many_requests(1))
    house.telegram.say(li, "hello")
    house.telegram.say(li, "shipping")
    await until(lambda: _refused(house), "the refusal")
    house.telegram.say(ann, "hello")
    await house.on_telegram(ann, "how can I help?")
    assert got(house, li, "") == 0
    await house.on_telegram(li, "Shipping")
    assert [message.text.split()[0] for message in house.telegram.chat(li)[2:]] == [
        "Hello,",
        "Shipping",
    ]


@pytest.mark.parametrize("fault", BROKEN, ids=["reset", "silence", "502"])
async def test_what_may_have_arrived_is_sent_once_more_and_the_agents_are_told(
    house: House, fault: Fault
) -> None:
    """D12: accepted, but the answer was lost: twice at most, and never in silence."""
    li = await opened(house)
    house.telegram.faults.add(SEND, fault)
    await agent_says(house, "It is on its way")
    await house.in_thread("may have got the last message twice")
    assert got(house, li, "It is on its way") == 2


@pytest.mark.parametrize("fault", BROKEN, ids=["reset", "silence", "502"])
async def test_what_may_have_arrived_is_held_where_the_admin_wants_it_so(
    house: House, fault: Fault
) -> None:
    """D12: with `on_uncertain: hold` nothing is ever sent twice; the agents decide."""
    li = await opened(house, "hold")
    house.telegram.faults.add(SEND, fault)
    await agent_says(house, "It is on its way")
    await house.in_thread("nobody knows whether it arrived")
    await agent_says(house, "and it is green")
    await house.on_telegram(li, "and it is green")
    assert got(house, li, "It is on its way") == 1


@pytest.mark.parametrize("fault", LOST, ids=["502", "reset", "500"])
async def test_what_was_lost_on_the_way_arrives_by_the_repeat(house: House, fault: Fault) -> None:
    """D12: the same errors, when Telegram never had it: it arrives once."""
    li = await opened(house)
    house.telegram.faults.add(SEND, fault)
    await agent_says(house, "It is on its way")
    await house.on_telegram(li, "It is on its way")
    await house.in_thread("may have got the last message twice")
    assert got(house, li, "It is on its way") == 1


async def test_a_second_doubt_is_no_third_send(house: House) -> None:
    """D12: a repeat that is in doubt as well is the last one."""
    li = await opened(house)
    house.telegram.faults.add(SEND, Fault(Effect.ACCEPT_THEN_RESET), times=5)
    await agent_says(house, "It is on its way")
    await house.in_thread("nobody knows whether it arrived")
    assert got(house, li, "It is on its way") == 2


async def test_what_surely_was_not_sent_arrives_exactly_once(house: House) -> None:
    """D12: nobody listens, so nothing can have arrived: tried until it is there, told to none."""
    li = await opened(house, "hold")
    port = int(house.telegram.api_url.rpartition(":")[2])
    await house.telegram.stop()
    await agent_says(house, "It is on its way")
    await until(lambda: _refused(house), "a try that fails")
    await house.telegram.start(port=port)
    await house.on_telegram(li, "It is on its way")
    assert got(house, li, "It is on its way") == 1
    card = await house.card()
    thread = [shown(message) for message in house.slack.thread(house.desk, card.ts)]
    assert not any("twice" in text or "nobody knows" in text for text in thread)


async def test_what_agents_take_back_or_correct_in_time_arrives_so(house: House) -> None:
    """D11: while Telegram asks for a pause nothing has been said yet."""
    li = await opened(house)
    house.telegram.faults.add(SEND, troubles.too_many_requests(1))
    price = await agent_says(house, "It costs 9")
    await until(lambda: _refused(house), "the refusal")
    await house.slack.edit(house.desk, price, "It costs 90")
    await house.slack.delete(house.desk, await agent_says(house, "That was for Tom"))
    await agent_says(house, "Anything else?")
    await house.on_telegram(li, "Anything else?")
    said = [message.text for message in house.telegram.chat(li) if message.from_bot]
    assert [text.partition("\n")[2] for text in said[-2:]] == ["It costs 90", "Anything else?"]
    assert "editMessageText" not in [call.method for call in house.telegram.journal]
    assert got(house, li, "Tom") == 0


@pytest.mark.parametrize(
    "reason",
    ["can't parse entities: byte offset 3", "message is too long", "text must be non-empty"],
)
async def test_what_telegram_dislikes_goes_out_plainly_once_and_never_in_a_loop(
    house: House, reason: str
) -> None:
    """D13: one plainer form; refused again, the agents read why, and the next reply goes out."""
    li = await opened(house)
    house.telegram.faults.add(SEND, troubles.refused(bad_request(reason)))
    await agent_says(house, "one")
    await house.on_telegram(li, "Mia Lindqvist\none")
    house.telegram.faults.add(SEND, troubles.refused(bad_request(reason)), times=2)
    await agent_says(house, "two")
    await house.in_thread(f"Not delivered: Telegram refused it: {reason.capitalize()}")
    await agent_says(house, "three")
    await house.on_telegram(li, "three")
    assert got(house, li, "two") == 0


async def test_a_refusal_for_good_ends_the_delivery_and_is_told_to_the_agents(
    house: House,
) -> None:
    """D14: blocked, or a chat that is gone: the row ends, nothing is tried again."""
    li = await opened(house)
    house.telegram.block(li)
    await agent_says(house, "Hi Li")
    await house.in_thread("the customer has blocked the bot")
    house.telegram.faults.add(SEND, troubles.refused(bad_request("chat not found")))
    await agent_says(house, "Are you there?")
    await house.in_thread("Telegram knows no such chat")
    house.telegram.unblock(li)
    await agent_says(house, "Welcome back")
    await house.on_telegram(li, "Welcome back")
    assert got(house, li, "Hi Li") == got(house, li, "Are you there?") == 0
    states = await house.service.store.read(
        lambda tx: [tx.delivery(number) for number in range(1, 30)]
    )
    dead = [row for row in states if row is not None and row.state is DeliveryState.DEAD]
    assert sorted(row.text for row in dead) == ["Are you there?", "Hi Li"]
    assert {row.attempts for row in dead} == {1}


async def test_what_becomes_of_the_last_word_of_a_case_is_told_in_its_thread(house: House) -> None:
    """D14: the case is over, but its thread is where agents look, and a note there is durable."""
    li = await opened(house)
    house.telegram.block(li)
    await agent_says(house, "!close")
    await house.in_thread("not known to have arrived: the customer has blocked the bot")


async def test_a_group_that_moved_gets_its_answer_in_the_new_place(house: House) -> None:
    """D14: the answer follows a group that became a supergroup, and is sent once."""
    await house.open(telegram=True, gpt=False, slack=False)
    group = house.telegram.add_group("Garden", house.telegram.add_customer("Li"))
    house.telegram.faults.add(SEND, troubles.too_many_requests(1))
    house.telegram.say(group, "@fern_and_clay_bot hello")
    await until(lambda: _refused(house), "the refusal")
    moved = house.telegram.migrate(group)
    await house.on_telegram(moved, "how can I help?")
    house.telegram.say(moved, "@fern_and_clay_bot shipping")
    await house.on_telegram(moved, "Shipping takes 3 days.")
    assert got(house, moved, "how can I help?") == 1
    assert got(house, group, "") == 0


async def test_a_repeat_that_has_to_queue_for_its_turn_is_still_made(house: House) -> None:
    """D12: found half sent at start, behind so many others that Telegram's rate is used up."""
    await house.open(telegram=True, gpt=False, slack=False)
    crowd = [house.telegram.add_customer(f"Li {number}") for number in range(90)]
    house.telegram.faults.add(SEND, troubles.too_many_requests(600), times=len(crowd))
    for chat in crowd:
        house.telegram.say(chat, "shipping")
    await until(lambda: not house.telegram.faults.left(SEND), "the refusals")
    await house.stop()
    with closing(sqlite3.connect(house.folder / "frontdesk.db")) as database, database:
        database.execute("UPDATE deliveries SET next_at = id")
        newest = "SELECT max(id), conversation_id FROM deliveries"
        ((row, conversation),) = database.execute(newest).fetchall()
        database.execute("UPDATE deliveries SET state = 'sending' WHERE id = ?", (row,))
        query = "SELECT peer FROM conversations WHERE id = ?"
        ((peer,),) = database.execute(query, (conversation,)).fetchall()
    await house.start()
    await until(lambda: got(house, int(peer), "Shipping") == 1, "the repeat", within=20)
