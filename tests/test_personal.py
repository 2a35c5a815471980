"""What may be somebody's own is not kept for others; questions that anybody asks are."""

from __future__ import annotations

import time

import pytest

from core.personal import is_personal

PERSONAL = [
    "my mail is ann@example.com",
    "write to ann.lee+shop@example.co.uk please",
    "find me as @annlee",
    "where is order 123456?",
    "order 12-34, please",
    "call me at +49 (0)30 123 45",
    "DE89 3704 0044 0532 0130 00",
    "card 4111 1111 1111 1111",
    "my code is ab123c",
    "born on 3.4.1990",
    "１２３４５ is my number",
    "我的手机是一三八零零一三八",
    "my name is Li",
    "I live near the station",
    "Best regards, Ann",
    "ich heiße Ann",
    "我叫小李",
    "我住在北京",
    "see https://shop.example/account",
    "is this for Ann or for me?",
    "小李的花死了",
]
ANYBODYS = [
    "How often do I water a fern?",
    "Do you ship to Switzerland?",
    "Is 30 cm too small for 2 plants?",
    "What does it cost, 4.90 €?",
    "Are you open 9-18 on Sundays?",
    "Can I annul it?",
    "蕨类植物多久浇一次水？",
    "2 个花盆多少钱",
    "Wie oft gieße ich Farn?",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_what_may_be_somebodys_own_is_personal(text: str) -> None:
    assert is_personal(text, names=["Ann Lee", "小李"])


@pytest.mark.parametrize("text", ANYBODYS)
def test_what_anybody_asks_is_not(text: str) -> None:
    assert not is_personal(text, names=["Ann Lee", "小李", ""])


def test_what_the_business_says_of_itself_is_not_personal() -> None:
    brief = (
        "x" * 5000 + " Call +49 30 1234567, write to help@fern.example, page https://f.example/2"
    )
    for text in ("Call +49 30 1234567.", "Mail (help@fern.example)!", "See https://f.example/2."):
        assert is_personal(text)
        assert not is_personal(text, public=brief)
    assert is_personal("Call +49 30 7654321.", public=brief)


def test_a_text_too_long_to_be_looked_at_is_taken_for_personal() -> None:
    assert is_personal("fern " * 1000)


@pytest.mark.parametrize("text", ["一" * 4, "a" * 4000, "蕨" * 4000, "a1" * 2000, "@" * 4000])
def test_no_text_takes_long_to_be_looked_at(text: str) -> None:
    began = time.perf_counter()
    is_personal(text)
    assert time.perf_counter() - began < 0.25
