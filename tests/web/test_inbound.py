"""What the browser sends, row by row."""

from __future__ import annotations

import json

import pytest

from connectors.web import inbound
from connectors.web.frames import Hello, Ping, Press, SeenUpTo, TypingNow, Write
from connectors.web.inbound import BadFrame
from core.messages import Address, ButtonPressed, ChannelName, CustomerSaw, CustomerWrote, Sender

ID = "0b9f3a52-6d5e-4f3c-9a56-0a3f0ed1c001"
WHERE = Address(ChannelName("web"), "web", "p")


@pytest.mark.parametrize(
    ("raw", "frame"),
    [
        ('{"type":"hello"}', Hello()),
        (
            '{"type":"hello","token":"t","last_seq":7,"language":"de","page":"https://a/",'
            '"identity":null,"colour":"red"}',
            Hello(token="t", last_seq=7, language="de", page="https://a/"),
        ),
        (f'{{"type":"message","id":"{ID}","text":"hi"}}', Write(ID, "hi")),
        (
            f'{{"type":"message","id":"{ID}","text":"","attachments":["a"]}}',
            Write(ID, "", ["a"]),
        ),
        (f'{{"type":"press","id":"{ID}","seq":7,"value":"1"}}', Press(ID, 7, "1")),
        ('{"type":"typing"}', TypingNow()),
        ('{"type":"seen","seq":9}', SeenUpTo(9)),
        ('{"type":"ping"}', Ping()),
    ],
)
def test_every_frame_of_the_contract_is_understood(raw: str, frame: object) -> None:
    assert inbound.parse(raw) == frame


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        '{"type":"ping"} x',
        '{"type":"seen","seq":NaN}',
        '{"type":"ping","deep":' + "[" * 10_000,
        "nonsense",
    ],
)
def test_what_is_no_json_is_called_broken(raw: str) -> None:
    """B01: broken or wrong JSON, bodies that are too large."""
    with pytest.raises(BadFrame) as caught:
        inbound.parse(raw)
    assert caught.value.broken


@pytest.mark.parametrize(
    "raw",
    [
        "[]",
        "[" * 10_000,
        "3",
        "{}",
        '{"type":7}',
        '{"type":"shout"}',
        '{"type":"seen","seq":"9"}',
        '{"type":"seen","seq":-1}',
        '{"type":"seen","seq":1.5}',
        '{"type":"seen","seq":true}',
        '{"type":"hello","token":3}',
        '{"type":"message","id":"1","text":"hi"}',
        f'{{"type":"message","id":"{ID}","text":["hi"]}}',
        json.dumps({"type": "message", "id": ID, "text": "", "attachments": ["a"] * 11}),
        json.dumps({"type": "message", "id": ID, "text": "", "attachments": ["a\x00"]}),
        json.dumps({"type": "message", "id": ID, "text": "", "attachments": ["a\n"]}),
        json.dumps({"type": "message", "id": ID, "text": "", "attachments": [True]}),
        f'{{"type":"press","id":"{ID}","seq":1,"value":"-1"}}',
        f'{{"type":"press","id":"{ID}","seq":1,"value":"refund"}}',
    ],
)
def test_json_that_is_no_frame_of_ours_is_refused(raw: str) -> None:
    """B01: broken or wrong JSON, bodies that are too large."""
    with pytest.raises(BadFrame) as caught:
        inbound.parse(raw)
    assert not caught.value.broken


def test_a_refused_frame_is_named_by_its_id() -> None:
    with pytest.raises(BadFrame) as caught:
        inbound.parse(f'{{"type":"message","id":"{ID}","text":7}}')
    assert caught.value.id == ID


@pytest.mark.parametrize("id", ['"' + "x" * 65 + '"', "7", "null", '["a"]'])
def test_an_id_that_is_none_is_not_echoed(id: str) -> None:
    with pytest.raises(BadFrame) as caught:
        inbound.parse(f'{{"type":"message","id":{id},"text":7}}')
    assert caught.value.id is None


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"a\ud800b", "a\ufffdb"),
        (r"\udc00", "\ufffd"),
        (r"\ud83d\ude00", "😀"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"C:\\users", r"C:\users"),
        (r"\\ud800", r"\ud800"),
    ],
)
def test_half_a_surrogate_pair_becomes_a_replacement_character(written: str, text: str) -> None:
    """B02: text that is no UTF-8, half a surrogate pair."""
    frame = inbound.parse(f'{{"type":"message","id":"{ID}","text":"{written}"}}')
    assert isinstance(frame, Write)
    assert frame.text == text


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u200d\ufeff", "\x00\x1b", "\u2028\u3000"])
def test_a_text_without_anything_visible_says_nothing(text: str) -> None:
    """B06: empty, blank, invisible."""
    assert inbound.says_nothing(text)


@pytest.mark.parametrize("text", ["a", "?", "👍", "👩‍👩‍👧", "你", "مرحبا", "\u202ea"])
def test_one_visible_character_says_something(text: str) -> None:
    """B06, B07: one visible character of any script."""
    assert not inbound.says_nothing(text)


def test_a_message_becomes_what_the_core_knows() -> None:
    hello = Hello(language="de-AT", page="https://shop.example/cart?x=1")
    page = inbound.page_of(hello)
    sender = Sender(language=inbound.language_of(hello))
    event = inbound.wrote(Write(ID.upper(), "hi\x00"), WHERE, sender, (), page)
    assert event == CustomerWrote(
        WHERE, ID, "hi\ufffd", Sender(language="de-AT"), (), page="https://shop.example/cart?x=1"
    )


def test_a_press_and_a_look_become_what_the_core_knows() -> None:
    assert inbound.pressed(Press(ID, 7, "2"), WHERE, Sender()) == ButtonPressed(WHERE, ID, 7, 2)
    assert inbound.saw(SeenUpTo(9), WHERE) == CustomerSaw(WHERE, 9)


@pytest.mark.parametrize(
    "page",
    [
        "",
        "javascript:alert(1)",
        "https://",
        "file:///etc",
        "https://a/\n",
        "https://[",
        "x" * 3000,
    ],
)
def test_a_page_that_is_no_web_address_is_dropped(page: str) -> None:
    assert inbound.page_of(Hello(page=page)) == ""


@pytest.mark.parametrize("language", ["", "en_US", "<b>", "a" * 40, "de\n"])
def test_a_language_that_is_none_is_dropped(language: str) -> None:
    assert inbound.language_of(Hello(language=language)) == ""
