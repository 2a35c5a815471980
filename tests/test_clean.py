"""What nobody can see goes; what people write stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clean import clean, is_blank, shown_name


@pytest.mark.parametrize(
    "text",
    [
        "plain text, 1 < 2 & so on",
        "two\nlines\tand a tab",
        "👨\u200d👩\u200d👧 🏳️\u200d🌈 👍🏽 🇩🇪",
        "می\u200cخواهم",
        "क्\u200dष",
        "مرحبا بالعالم",
        "שלום עולם",
        "葛\U000e0100城",
        "e\u0301 Ελλάδα สวัสดี 한국어",
        "\u2067עברית\u2069 (isolated)",
        "\u202bcitation\u202c",
    ],
)
def test_ordinary_writing_stays_as_it_is(text: str) -> None:
    """B06, B07: emoji, joiners, flags, right-to-left and combining marks stay."""
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\x1b[31mc\x07", "ab[31mc"),
        ("a\r\nb\rc\u2028d\u2029e\x85f", "a\nb\nc\nd\ne\nf"),
        ("hi\U000e0069\U000e0067\U000e006e", "hi"),
        ("pay\u2060pal\ufeff\u200b\u00ad", "paypal"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u202egnp\u202c.exe", "gnp.exe"),
        ("\u2067open", "open"),
        ("shut\u2069\u202c", "shut"),
        ("\u2067line\nnext\u2069", "line\nnext"),
        ("\u202b\u2067crossed\u202c\u2069", "\u2067crossed\u2069"),
        ("a\ufe0f\ufe0e\U000e0101\U000e0102", "a\ufe0f"),
        ("x\ud83dy", "x\ufffdy"),
    ],
)
def test_hidden_characters_are_taken_out(text: str, cleaned: str) -> None:
    """B07: controls, tags and unbalanced direction marks go."""
    assert clean(text) == cleaned


@given(st.text(st.characters() | st.sampled_from("\u202a\u202b\u202c\u202e\u2066\u2067\u2069\n")))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "\u200b\u2060\ufeff",
        "\u3164",
        "\u2800 \u2800",
        "\x00\x1b",
        "\u202e",
        "\U000e0041",
        "\u200d\u200c",
        "\u200e\u200f\u061c",
        "\ufe0f\u034f",
        "\u2067\u2069",
    ],
)
def test_what_shows_nothing_is_blank(text: str) -> None:
    """B06: spaces, zero-width marks, fillers, controls and tags are no message."""
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["?", "👍", "👨\u200d👩\u200d👧", "🇩🇪", "\u2067ש\u2069", "。", "0"]
)
def test_whatever_shows_anything_is_not_blank(text: str) -> None:
    """B06: one character or one emoji is a message."""
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann Lee", "Ann Lee"),
        (" Ann\n\u2028Shop:  paid ", "Ann Shop: paid"),
        ("\u200b\u200d\u3164", ""),
        ("", ""),
        ("\u0646\u200c\u0627", "\u0646\u200c\u0627"),
    ],
)
def test_a_name_is_one_line_or_nothing(name: str, shown: str) -> None:
    """B06: a name of which nothing is to be seen is none."""
    assert shown_name(name) == shown
