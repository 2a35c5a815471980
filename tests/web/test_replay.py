"""Coming back: every tab ends with the whole transcript, each line once and in order."""

from __future__ import annotations

import asyncio
import random

from core.messages import Mode
from tests.web.desk import Desk, Tab, address_of
from tests.web.memory import BOT, MIA


async def seqs(tab: Tab, count: int) -> list[int]:
    return [(await tab.next("message"))["seq"] for _ in range(count)]


async def test_a_reload_shows_the_whole_conversation(web: Desk) -> None:
    web.memory.answer = lambda line: "answer"
    first = await web.talk("one", "two")
    again = await web.open(first.token)
    assert again.token == first.token
    lines = await again.frames(4)
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]
    assert [line["author"]["kind"] for line in lines] == ["customer", "bot"] * 2


async def test_only_what_was_missed_is_sent_again(web: Desk) -> None:
    first = await web.talk("one", "two", "three")
    again = await web.open(first.token, last_seq=2)
    assert (await again.frame())["seq"] == 3
    assert await again.quiet()


async def test_a_long_conversation_comes_in_pages(web: Desk) -> None:
    first = await web.talk()
    for n in range(1200):
        web.memory.say(address_of(first.token), BOT, f"{n} " + "x" * 500)
    await first.socket.close()
    again = await web.open(first.token)
    assert await seqs(again, 1201) == list(range(1, 1202))
    assert await again.quiet()


async def test_edits_and_deletions_made_meanwhile_are_told(web: Desk) -> None:
    first = await web.talk("one", "two", "three")
    where = address_of(first.token)
    await first.socket.close()
    web.memory.edit(where, 1, "ONE")
    web.memory.delete(where, 2)
    again = await web.open(first.token, last_seq=3)
    assert await again.frames(2) == [
        {"type": "edit", "seq": 1, "text": "ONE"},
        {"type": "delete", "seq": 2},
    ]
    fresh = await web.open(first.token)
    frames = await fresh.frames(4)
    assert [(f["type"], f["seq"], f.get("text")) for f in frames] == [
        ("message", 1, "ONE"),
        ("message", 2, ""),
        ("delete", 2, None),
        ("message", 3, "three"),
    ]


async def test_mode_agent_and_marks_are_shown_again(web: Desk) -> None:
    first = await web.talk("one")
    where = address_of(first.token)
    web.memory.change(where, Mode.HUMAN, MIA)
    web.memory.talks[where].seen = 1
    again = await web.connect()
    await again.send(type="hello", token=first.token, last_seq=1)
    welcome, mode, seen = await again.frames(3)
    assert (welcome["mode"], mode["agent"]["name"], seen["seq"]) == ("human", "Mia", 1)


async def test_messages_stored_during_the_replay_come_once(web: Desk) -> None:
    first = await web.talk()
    where = address_of(first.token)
    for _ in range(150):
        web.memory.say(where, BOT, "before")

    async def chatter() -> None:
        for n in range(100):
            web.memory.say(where, BOT, f"during {n}")
            await asyncio.sleep(0)

    again, _ = await asyncio.gather(web.open(first.token), chatter())
    assert await seqs(again, 251) == list(range(1, 252))
    assert await again.quiet()


async def test_lost_notices_are_made_up_for(web: Desk) -> None:
    tab = await web.talk()
    where = address_of(tab.token)
    web.memory.lose_notices = True
    for n in range(5):
        web.memory.say(where, BOT, f"unheard {n}")
    web.memory.lose_notices = False
    web.memory.say(where, BOT, "heard")
    assert await seqs(tab, 6) == [2, 3, 4, 5, 6, 7]
    assert await tab.quiet()


async def test_a_lost_notice_never_costs_the_acknowledgement(web: Desk) -> None:
    tab = await web.open()
    web.memory.lose_notices = True
    id = await tab.write("hi")
    ack = await tab.frame()
    assert (ack["type"], ack["id"], ack["seq"]) == ("ack", id, 1)


async def test_any_mixture_of_loss_and_reconnection_ends_complete(web: Desk) -> None:
    """L02: nothing twice, nothing missing, in order."""
    chance = random.Random(7)  # noqa: S311 - the same mixture every time
    tab = await web.talk()
    where, last = address_of(tab.token), 1
    for _ in range(12):
        for _ in range(chance.randrange(1, 9)):
            web.memory.lose_notices = chance.random() < 0.4
            web.memory.say(where, BOT, "news")
        web.memory.lose_notices = False
        wanted = web.memory.say(where, BOT, "news").seq
        if chance.random() < 0.5:
            await tab.socket.close()
            tab = await web.open(tab.token, last_seq=last)
        assert await seqs(tab, wanted - last) == list(range(last + 1, wanted + 1))
        last = wanted


async def test_a_browser_that_knows_more_than_the_store_starts_anew(web: Desk) -> None:
    tab = await web.talk("one")
    again = await web.open(tab.token, last_seq=40)
    assert await seqs(again, 1) == [1]


async def test_a_token_lives_through_a_restart_even_before_the_first_message(web: Desk) -> None:
    tab = await web.open()
    await web.reopen()
    again = await web.open(tab.token)
    assert again.token == tab.token


async def test_a_made_up_token_gets_a_new_one_and_nobodys_conversation(web: Desk) -> None:
    """A09, A10: a token that somebody made up or planted."""
    real = await web.talk("secret")
    flipped = ("A" if real.token[0] != "A" else "B") + real.token[1:]
    for presented in ("me", flipped, "A" * 64, real.token + "x"):
        tab = await web.open(presented, last_seq=0)
        assert tab.token not in (presented, real.token)
        assert await tab.quiet()


async def test_an_unreadable_store_sends_the_browser_away_for_a_while(web: Desk) -> None:
    tab = await web.talk()
    web.memory.readable = False
    again = await web.connect()
    await again.send(type="hello", token=tab.token)
    error = await again.frame()
    assert (error["code"], error["id"]) == ("unavailable", None)
    assert error["retry_after"] > 0
    assert await again.closed() == 1013


async def test_a_gap_that_cannot_be_read_closes_the_tab(web: Desk) -> None:
    tab = await web.talk()
    where = address_of(tab.token)
    web.memory.readable = False
    web.memory.lose_notices = True
    web.memory.say(where, BOT, "unheard")
    web.memory.lose_notices = False
    web.memory.say(where, BOT, "heard")
    assert await tab.closed() == 1013
