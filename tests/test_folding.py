"""The short way to a text's words gives what the thorough way gives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.folding import thorough_words, words

_TELLING = "aÉßıŒ’'`n't 退款訂単ｶﾞ가각ᄒ\u1161é\u0301\u0308е\u200d\ufe0f👍🏽€+=<>^٣½ﬁ①ʼŉİ\ud800\x00"


@given(st.text() | st.text(st.sampled_from(_TELLING)))
def test_words_are_those_of_the_thorough_way(text: str) -> None:
    assert words(text) == thorough_words(text)


@pytest.mark.parametrize("first", range(0, 0x20000, 0x1000))
def test_every_character_has_its_shape(first: int) -> None:
    for char in map(chr, range(first, first + 0x1000, 7)):
        for text in (f"a{char}a", f"{char}{char}n't", f"退{char}款 x{char}"):
            assert words(text) == thorough_words(text), (hex(ord(char)), text)


def test_more_than_4000_characters_are_not_looked_at() -> None:
    assert words("a " * 3_000) == thorough_words("a " * 3_000) == ["a"] * 2_000


@pytest.mark.parametrize("marks", ["\u0301", "\u05b0\u0308", "\u0323\u0301", "\u0f71"])
def test_a_heap_of_marks_on_one_letter_costs_no_more_than_other_characters(marks: str) -> None:
    """B07, I9: every conversation waits while one message is read."""
    text = "e" + marks * (4_000 // len(marks))
    began = time.thread_time()
    thorough_words(text)
    assert time.thread_time() - began < 0.01
