from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.telegram.outbound import (
    MAX_TEXT,
    Key,
    Outgoing,
    Place,
    compose,
    cut,
    place_of,
    plainest,
)
from core.messages import (
    Attachment,
    AttachmentKind,
    Author,
    AuthorKind,
    Button,
    DeliveryKey,
    FileId,
    Reply,
)
from core.rendering import units

BOT = Author(AuthorKind.BOT, "Fern & Clay")
MIA = Author(AuthorKind.AGENT, "Mia")
PDF = Attachment(AttachmentKind.FILE, "a.pdf", "application/pdf", 3, FileId("f1"))


def reply(text: str, author: Author = BOT, **rest: Any) -> Reply:
    return Reply(DeliveryKey("k"), 7, author, text, **rest)


def test_the_bots_words_go_out_as_they_are() -> None:
    text = "*not* _bold_ [x](y) <b>&amp; `code` ~!#."
    assert compose(reply(text)) == (Outgoing(text),)


def test_an_agents_name_stands_above_in_bold() -> None:
    assert compose(reply("Hello", MIA)) == (Outgoing("Mia\nHello", bold=3),)


def test_the_length_of_a_name_is_counted_in_utf16_units() -> None:
    [message] = compose(reply("Hello", Author(AuthorKind.AGENT, "Mia 🌱")))
    assert message.bold == 6


def test_an_agent_without_a_name_is_shown_without_one() -> None:
    assert compose(reply("Hello", Author(AuthorKind.AGENT, " \n "))) == (Outgoing("Hello"),)


def test_a_name_cannot_pretend_to_be_a_second_line() -> None:
    [message] = compose(reply("Hello", Author(AuthorKind.AGENT, "Mia\r\nBank\nof X")))
    assert message.text == "Mia Bank of X\nHello"


def test_a_name_hides_nothing() -> None:
    """B07, B10: what cannot be seen or turns a line around is no part of a name."""
    [message] = compose(
        reply("Hello", Author(AuthorKind.AGENT, "\u202eaiM\u202c\x1b\U000e0041 🌱"))
    )
    assert message.text == "aiM 🌱\nHello"


@pytest.mark.parametrize("text", ["x" * MAX_TEXT, "🌱" * (MAX_TEXT // 2), "x" * (MAX_TEXT - 3)])
def test_a_part_that_fills_a_message_keeps_every_word_and_loses_the_name(text: str) -> None:
    assert compose(reply(text, MIA)) == (Outgoing(text),)


def test_a_part_with_just_enough_room_keeps_the_name() -> None:
    [message] = compose(reply("x" * (MAX_TEXT - 4), MIA))
    assert message.bold == 3
    assert units(message.text) == MAX_TEXT


def test_buttons_come_back_with_the_message_and_their_place() -> None:
    buttons = (
        Button("Yes", say="yes"),
        Button("Shop", url="https://example.com/a?b=c"),
        Button("A person", do="escalate"),
    )
    [message] = compose(reply("Well?", buttons=buttons))
    assert message.keys == (
        Key("Yes", data="7:0"),
        Key("Shop", url="https://example.com/a?b=c"),
        Key("A person", data="7:2"),
    )


def test_an_address_that_telegram_opens_no_button_for_is_a_line_of_text() -> None:
    buttons = (Button("Call us", url="tel:+4930123"), Button("Yes", say="yes"))
    [message] = compose(reply("Well?", buttons=buttons))
    assert message.text == "Well?\nCall us: +4930123"
    assert message.keys == (Key("Yes", data="7:1"),)


def test_a_file_carries_the_agents_name() -> None:
    assert compose(reply("", MIA, attachments=(PDF,))) == (Outgoing("Mia", bold=3, file=PDF),)


def test_words_and_files_are_messages_of_their_own() -> None:
    messages = compose(reply("Here", MIA, attachments=(PDF, PDF)))
    first, *files = messages
    assert first == Outgoing("Mia\nHere", bold=3)
    assert files == [Outgoing("", file=PDF)] * 2


@pytest.mark.parametrize(
    ("context", "place"),
    [
        ("", Place()),
        ("12:", Place(12)),
        (":7", Place(topic=7)),
        ("12:7", Place(12, 7)),
        ("garbage", Place()),
        ("-1:²", Place()),
    ],
)
def test_an_answer_goes_where_the_customer_wrote(context: str, place: Place) -> None:
    assert place_of(context) == place
    assert compose(reply("Hi", context=context))[0].place == place


def test_the_plainest_form_has_the_same_words_and_the_buttons_as_lines() -> None:
    message = Outgoing(
        "Mia\nHello", 3, (Key("Yes", data="7:0"), Key("Shop", url="https://a.b")), None, Place(1)
    )
    assert plainest(message) == Outgoing("Mia\nHello\nYes\nShop: https://a.b")


def test_the_plainest_form_is_never_empty_nor_too_long() -> None:
    assert plainest(Outgoing("\u200b  ")).text
    assert plainest(Outgoing("  ")).text == "…"
    assert plainest(Outgoing("", file=PDF)).text == ""
    assert units(plainest(Outgoing("🌱" * MAX_TEXT)).text) == MAX_TEXT


@given(st.text(st.characters()), st.text(st.characters(), max_size=80))
def test_whatever_is_said_can_be_sent(text: str, name: str) -> None:
    for message in compose(reply(text[:500], Author(AuthorKind.AGENT, name))):
        message.text.encode()
        assert message.text
        assert "\r" not in message.text
        assert message.bold <= units(message.text)


@given(st.text(), st.integers(0, 50))
def test_a_cut_halves_no_character(text: str, limit: int) -> None:
    assert text.startswith(cut(text, limit))
    assert limit - 1 <= units(cut(text, limit)) <= limit or cut(text, limit) == text
