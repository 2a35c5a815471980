"""The protocol over real sockets: messages in, answers out."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from connectors.web.settings import WebLimits
from core.errors import StoreUnavailable, TextTooLong, TooManyMessages
from core.messages import AuthorKind, Button, ButtonPressed, CustomerSaw, CustomerWrote, Mode
from core.notices import Draft, Typing
from tests.web.desk import SOON, Desk, address_of, desk, until
from tests.web.memory import BOT, MIA


async def test_a_first_visitor_gets_a_token_and_leaves_no_trace(web: Desk) -> None:
    tab = await web.connect()
    await tab.send(type="hello", token=None, last_seq=0, language="zh", page="https://shop/")
    welcome = await tab.frame()
    assert (welcome["type"], welcome["seq"], welcome["mode"]) == ("welcome", 0, "bot")
    assert welcome["config"]["greeting"] == "您好！有什么可以帮您？"
    assert len(welcome["token"]) == 64
    assert web.memory.events == []


async def test_a_message_is_acknowledged_and_answered(web: Desk) -> None:
    web.memory.answer = lambda line: f"you said {line.text}"
    tab = await web.open(language="de", page="https://shop.example/cart")
    id = await tab.write("hi")
    ack, answer = await tab.frames(2)
    assert (ack["type"], ack["id"], ack["seq"]) == ("ack", id, 1)
    assert (answer["seq"], answer["text"]) == (2, "you said hi")
    event = web.memory.events[0]
    assert isinstance(event, CustomerWrote)
    assert event.address == address_of(tab.token)
    assert (event.sender.language, event.page) == ("de", "https://shop.example/cart")


async def test_the_acknowledgement_waits_for_the_commit(web: Desk) -> None:
    tab = await web.open()
    web.memory.pause.clear()
    await tab.write("hi")
    for _ in range(2):  # the first answer may overtake what has only begun
        assert await tab.quiet()
    web.memory.pause.set()
    assert (await tab.frame())["type"] == "ack"


async def test_a_repeated_message_is_stored_once_and_acknowledged_twice(web: Desk) -> None:
    tab = await web.open()
    id = await tab.write("hi")
    first = await tab.next("ack")
    await tab.write("hi", id=id)
    second = await tab.next("ack")
    assert first["seq"] == second["seq"] == 1
    assert second["id"] == id


async def test_a_message_sent_again_before_its_acknowledgement_is_stored_once(web: Desk) -> None:
    tab = await web.open()
    id = str(uuid.uuid4())
    for _ in range(3):
        await tab.write("hi", id=id)
    assert [(f["type"], f["seq"]) for f in await tab.frames(3)] == [("ack", 1)] * 3
    assert await tab.quiet()


async def test_the_other_tabs_see_the_customers_own_message(web: Desk) -> None:
    """A12: one token in many tabs."""
    first = await web.open()
    second = await web.open(first.token)
    id = await first.write("hi")
    assert (await first.frame())["type"] == "ack"
    seen = await second.frame()
    assert (seen["type"], seen["id"], seen["author"]["kind"]) == ("message", id, "customer")
    assert await first.quiet()
    assert await second.quiet()


async def test_two_tabs_that_send_the_same_message_are_both_acknowledged(web: Desk) -> None:
    first = await web.talk("hello")
    second = await web.open(first.token, last_seq=1)
    id = str(uuid.uuid4())
    await first.write("again", id=id)
    await second.write("again", id=id)
    assert (await first.next("ack"))["seq"] == (await second.next("ack"))["seq"] == 2


async def test_a_hundred_messages_in_flight_are_answered_in_order(web: Desk) -> None:
    tab = await web.open()
    ids = [await tab.write(f"line {n}") for n in range(100)]
    acks = await tab.frames(100)
    assert [ack["id"] for ack in acks] == ids
    assert [ack["seq"] for ack in acks] == list(range(1, 101))


async def test_errors_keep_their_place_among_the_answers(web: Desk) -> None:
    tab = await web.open()
    web.memory.fail = [None, TooManyMessages(2.5), StoreUnavailable("full"), None]
    ids = [await tab.write(f"line {n}") for n in range(4)]
    frames = await tab.frames(4)
    assert [frame["id"] for frame in frames] == ids
    assert [frame.get("code", "ack") for frame in frames] == [
        "ack",
        "rate_limited",
        "unavailable",
        "ack",
    ]
    assert frames[1]["retry_after"] == 2.5
    assert frames[2]["retry_after"] > 0


async def test_a_refused_message_can_be_sent_again_under_its_id(web: Desk) -> None:
    tab = await web.open()
    web.memory.fail = [StoreUnavailable("full")]
    id = await tab.write("hi")
    assert (await tab.frame())["code"] == "unavailable"
    await tab.write("hi", id=id)
    assert (await tab.frame())["type"] == "ack"


@pytest.mark.parametrize(
    ("text", "code"), [("x" * 4001, "too_long"), ("", "bad_frame"), (" \u200b", "bad_frame")]
)
async def test_an_unfit_text_is_refused_for_good(web: Desk, text: str, code: str) -> None:
    """B06: empty, blank, invisible."""
    tab = await web.open()
    id = await tab.write(text)
    error = await tab.frame()
    assert (error["code"], error["id"]) == (code, id)
    assert "retry_after" not in error
    assert web.memory.events == []


async def test_a_text_too_long_for_the_core_is_refused_for_good(web: Desk) -> None:
    tab = await web.open()
    web.memory.fail = [TextTooLong(10)]
    await tab.write("hi")
    assert (await tab.frame())["code"] == "too_long"


async def test_the_limit_counts_characters_not_code_units(tmp_path: Path) -> None:
    async with desk(tmp_path, limits=WebLimits(message_chars=3)) as web:
        tab = await web.open()
        await tab.write("👍👍👍")
        assert (await tab.frame())["type"] == "ack"
        await tab.write("👍👍👍👍")
        assert (await tab.frame())["code"] == "too_long"


async def test_a_pressed_button_becomes_the_customers_words(web: Desk) -> None:
    tab = await web.talk()
    where = address_of(tab.token)
    web.memory.say(where, BOT, "Sure?", buttons=(Button("Yes", say="yes!"), Button("No")))
    assert (await tab.frame())["buttons"] == [
        {"label": "Yes", "value": "0"},
        {"label": "No", "value": "1"},
    ]
    id = str(uuid.uuid4())
    await tab.send(type="press", id=id, seq=2, value="0")
    message, ack = await tab.frames(2)
    assert (message["text"], message["author"]["kind"]) == ("yes!", "customer")
    assert (ack["type"], ack["id"], ack["seq"]) == ("ack", id, 3)
    assert web.memory.events[-1] == ButtonPressed(where, id, 2, 0)


async def test_a_button_that_never_was_is_refused(web: Desk) -> None:
    tab = await web.talk()
    id = str(uuid.uuid4())
    await tab.send(type="press", id=id, seq=1, value="3")
    error = await tab.frame()
    assert (error["code"], error["id"]) == ("bad_frame", id)


async def test_live_news_reach_the_tab(web: Desk) -> None:
    tab = await web.talk()
    where = address_of(tab.token)
    web.connector.publish([Typing(where, BOT)])
    assert (await tab.frame())["type"] == "typing"
    web.memory.change(where, Mode.HUMAN, MIA)
    assert (await tab.frame())["agent"]["name"] == "Mia"
    line = web.memory.say(where, MIA, "I am Mia")
    assert (await tab.frame())["author"]["avatar"] == "/widget/files/picture-of-mia-0001"
    web.memory.edit(where, line.seq, "I am still Mia")
    assert await tab.frame() == {"type": "edit", "seq": 2, "text": "I am still Mia"}
    web.memory.delete(where, line.seq)
    assert await tab.frame() == {"type": "delete", "seq": 2}


async def test_a_draft_grows_and_gives_way_to_the_answer(web: Desk) -> None:
    tab = await web.talk()
    where = address_of(tab.token)
    web.connector.publish([Draft(where, "Refunds")])
    assert await tab.frame() == {"type": "draft", "text": "Refunds"}
    web.connector.publish([Draft(where, "Refunds take")])
    web.memory.say(where, BOT, "Refunds take 3 days")
    assert (await tab.frame())["text"] == "Refunds take 3 days"
    assert await tab.quiet()


async def test_news_of_one_conversation_reach_no_other(web: Desk) -> None:
    """I5"""
    mine, other = await web.talk("mine"), await web.talk("other")
    web.memory.say(address_of(mine.token), BOT, "only yours")
    assert (await mine.frame())["text"] == "only yours"
    assert await other.quiet()


async def test_what_the_customer_has_seen_is_passed_on_once(web: Desk) -> None:
    tab = await web.talk()
    for seq in (1, 1, 99):
        await tab.send(type="seen", seq=seq)
    assert await tab.quiet()
    assert web.memory.events[1:] == [CustomerSaw(address_of(tab.token), 1)]


async def test_a_message_under_way_outlives_its_socket(web: Desk) -> None:
    tab = await web.open()
    web.memory.pause.clear()
    await tab.write("hi")
    assert await tab.quiet()
    await tab.socket.close()
    web.memory.pause.set()
    await until(lambda: web.memory.talks)
    again = await web.open(tab.token)
    assert (await again.frame())["text"] == "hi"


async def test_an_agents_words_stay_words(web: Desk) -> None:
    """B11: links that would run something, markup that stays text."""
    tab = await web.talk()
    evil = "</script><img src=x onerror=alert(1)> \u2028 \u202e"
    web.memory.say(address_of(tab.token), MIA, evil)
    frame = await tab.frame()
    assert (frame["text"], frame["author"]["kind"]) == (evil, AuthorKind.AGENT)


async def test_stopping_asks_the_browser_to_come_back(web: Desk) -> None:
    tab = await web.talk()
    await web.connector.stop()
    message = await tab.socket.receive(SOON)
    assert message.data == 1012
    assert message.extra is not None
    name, _, seconds = message.extra.partition("=")
    assert name == "retry_after"
    assert 0.5 <= float(seconds) <= 2
    assert not web.connector.status.ok


async def test_stopping_answers_what_is_under_way_first(web: Desk) -> None:
    tab = await web.open()
    for n in range(5):
        await tab.write(f"line {n}")
    assert (await tab.frame())["seq"] == 1
    await web.connector.stop()
    assert [(await tab.frame())["seq"] for _ in range(4)] == [2, 3, 4, 5]
    assert await tab.closed() == 1012


async def test_whoever_wants_to_know_hears_of_each_socket_more(web: Desk) -> None:
    heard: list[int] = []
    web.connector.on_connection(heard.append)
    await web.talk()
    await web.connect()
    assert heard == [1, 2]
