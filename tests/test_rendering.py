"""Long answers and many buttons, fitted to what a channel can carry."""

from __future__ import annotations

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Attachment, AttachmentKind, Button, Capabilities
from core.rendering import CUT_NOTICE, MAX_PARTS, Part, choice, fit, split, units

TELEGRAM = Capabilities(max_text=4096, max_buttons=8, max_label=20)
YES, NO = Button("Yes", say="yes"), Button("No", say="no")
PHOTO = Attachment(AttachmentKind.IMAGE, "a.jpg", "image/jpeg")


def test_short_answer_is_one_part_with_everything() -> None:
    assert fit("Sure?", (YES, NO), (PHOTO,), TELEGRAM) == (Part("Sure?", (YES, NO), (PHOTO,)),)


def test_long_answer_has_buttons_and_files_under_its_last_part() -> None:
    parts = fit("word " * 1_000, (YES,), (PHOTO,), TELEGRAM)
    assert [(part.buttons, part.attachments) for part in parts] == [((), ()), ((YES,), (PHOTO,))]


def test_nothing_to_say_gives_no_part() -> None:
    assert fit(" \n", (), (), TELEGRAM) == ()


def test_files_alone_are_a_part_without_text() -> None:
    assert fit("", (), (PHOTO,), TELEGRAM) == (Part("", (), (PHOTO,)),)


def test_buttons_alone_get_a_text_to_hang_under() -> None:
    (part,) = fit("", (YES,), (), TELEGRAM)
    assert part.text
    assert part.buttons == (YES,)


@pytest.mark.parametrize("length", [4095, 4096, 4097])
def test_limit_counts_utf16_units_and_spares_emoji(length: int) -> None:
    """B08: UTF-16 units count, and no emoji is halved."""
    text = "a" * (length - 2) + "😀"
    pieces = split(text, 4096)
    assert "".join(pieces) == text
    assert [units(piece) <= 4096 for piece in pieces] == [True] * len(pieces)
    assert len(pieces) == (1 if length <= 4096 else 2)


def test_cut_never_falls_inside_a_visible_character() -> None:
    """B08: a cut falls between graphemes."""
    family = "👨\u200d👩\u200d👧\u200d👦"
    pieces = split(family * 40, 100)
    assert all(set(regex.findall(r"\X", piece)) <= {family, CUT_NOTICE} for piece in pieces[:-1])


def test_cut_prefers_paragraphs_then_sentences_then_words() -> None:
    """B08: the best border that is near."""
    assert split("a" * 60 + "\n\n" + "b. c " * 10, 100)[0] == "a" * 60
    assert split("Look at it. " * 20, 100)[0].endswith("it.")
    assert split("看看吧。" * 60, 100)[0].endswith("。")
    assert split("word " * 50, 102)[0].endswith("word")


def test_code_is_closed_and_opened_again() -> None:
    """B08: a fence that is cut is closed and opened again."""
    code = "\n".join(f"    line {number}" for number in range(40))
    pieces = split(f"Try this:\n```python\n{code}\n```\nDone.", 200)
    assert len(pieces) > 2
    assert all(piece.count("```") % 2 == 0 for piece in pieces)
    assert all(piece.startswith("```python\n    line") for piece in pieces[1:])
    assert all(units(piece) <= 200 for piece in pieces)


def test_endless_answer_stops_after_some_parts_and_says_so() -> None:
    """B08: the number of parts has a cap."""
    pieces = split("word " * 20_000, 1_000)
    assert len(pieces) == MAX_PARTS
    assert pieces[-1].endswith(CUT_NOTICE)
    assert all(units(piece) <= 1_000 for piece in pieces)


def test_too_many_or_too_long_buttons_become_numbered_lines() -> None:
    few = Capabilities(max_text=4096, max_buttons=1, max_label=20)
    shop = Button("The shop", url="https://shop.example")
    (part,) = fit("Choose:", (YES, shop), (), few)
    assert part == Part("Choose:\n\n1. Yes\n2. The shop: https://shop.example")
    (part,) = fit("", (Button("x" * 21, say="x"),), (), TELEGRAM)
    assert part == Part("1. " + "x" * 21)


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("1", 0),
        (" 2. ", 1),
        ("２", 1),
        ("2）", 1),
        ("#2", 1),
        ("2️⃣", 1),
        ("(1)", 0),
        ("no", 1),
        ("YES!", 0),
        ("3", None),
        ("0", None),
        ("12 pots", None),
        ("maybe", None),
        ("", None),
    ],
)
def test_customer_chooses_by_number_or_label(said: str, index: int | None) -> None:
    assert choice(said, (YES, NO)) == index


def test_label_that_two_buttons_share_chooses_none() -> None:
    assert choice("yes", (YES, Button("yes", say="y"))) is None


@given(st.text(st.sampled_from("ab .\n`é😀\u200d退。，🏽"), max_size=2_000), st.integers(60, 300))
def test_every_piece_fits_and_is_not_blank(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert len(pieces) <= MAX_PARTS
    assert all(units(piece) <= limit and piece.strip() for piece in pieces)


@given(st.text(st.sampled_from("ab .\n😀退。"), max_size=900))
def test_nothing_visible_is_lost(text: str) -> None:
    pieces = split(text, 100)
    assert "".join("".join(pieces).split()) == "".join(text.split())
