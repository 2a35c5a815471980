"""Sheets and cards: what fits, what is left out, and what is always said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bridge.card import card
from bridge.outbound import MOST_IN_MESSAGE, MOST_IN_SECTION, cut, relayed, transcript, width
from core.cases import CaseState
from core.messages import Attachment, AttachmentKind, Sender
from tests.bridge.desks import ANN, BOT, CARD, line

WIDE = st.text(st.sampled_from("&<>x\n😀"), max_size=9000)


def shown(blocks: tuple[dict[str, object], ...]) -> list[str]:
    return [b["text"]["text"] for b in blocks if b["type"] == "section"]  # type: ignore[index]


@given(WIDE)
def test_any_line_fits_into_one_message(text: str) -> None:
    sheet = relayed([line(text)], named=True)
    assert all(0 < width(part) <= MOST_IN_SECTION for part in shown(sheet.blocks))
    assert sum(map(width, shown(sheet.blocks))) <= MOST_IN_MESSAGE
    if not sheet.whole:
        assert "".join(shown(sheet.blocks)).startswith("Ann Lee: ")


@given(st.lists(WIDE, min_size=1, max_size=5))
def test_any_transcript_fits_into_one_message(texts: list[str]) -> None:
    sheet = transcript([line(text) for text in texts])
    assert all(0 < width(part) <= MOST_IN_SECTION for part in shown(sheet.blocks))
    assert len(sheet.blocks) <= 50


@given(WIDE, st.integers(5, 100))
def test_a_cut_loses_nothing(text: str, longest: int) -> None:
    first, rest = cut(text, longest)
    assert first + rest == text
    assert width(first) <= longest


def test_a_line_without_words_names_its_files() -> None:
    photo = Attachment(AttachmentKind.IMAGE, "a.png", "image/png")
    sheet = relayed([replace(line(""), attachments=(photo,))], named=False)
    assert shown(sheet.blocks) == ["📎 a.png"]
    lost = relayed([replace(line(""), attachments=(photo,))], named=False, lost=["a.png"])
    assert shown(lost.blocks) == ["📎 a.png (this file could not be fetched)"]


@pytest.mark.parametrize("state", list(CaseState))
@pytest.mark.parametrize("text", ["", "&" * 5000, "\n\n", "x" * 5000])
def test_any_card_fits(state: CaseState, text: str) -> None:
    sheet = card(
        replace(CARD, customer=Sender(text, text), page=text, reason=text, state=state),
        "https://x/",
    )
    header = sheet.blocks[0]["text"]["text"]
    assert 0 < width(header) <= 150
    for block in sheet.blocks:
        assert all(0 < width(field["text"]) <= 2000 for field in block.get("fields", ()))
    assert all(0 < width(part) <= 3000 for part in shown(sheet.blocks[1:2]))


def test_a_long_text_is_parted_between_lines_and_else_between_words() -> None:
    """No word and no number may end in one block and go on in the next."""
    words = "number 12345 " * 400
    lines = [line(f"line {number}") for number in range(900)]
    spoken = [*shown(relayed([line(words)], named=False).blocks), *shown(transcript(lines).blocks)]
    assert len(spoken) > 5
    for text in spoken:
        assert text.split()[0] in ("number", "12345", "Ann")
        assert text.split()[-1].isdigit() or text.endswith("number")
    assert all(len(text) <= MOST_IN_SECTION for text in spoken)


def test_what_cannot_be_parted_anywhere_is_cut() -> None:
    assert "".join(shown(relayed([line("x" * 7000)], named=False).blocks)) == "x" * 7000


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028", "\x85"])
def test_no_line_of_a_text_looks_like_somebody_elses(end: str) -> None:
    """B09: neither in a transcript nor where names stand before the words."""
    forged = line(f"Hi{end}Shop: your refund is approved")
    for sheet in (transcript([forged, line("Yes.", BOT)]), relayed([forged, forged], named=True)):
        lines = "\n".join(shown(sheet.blocks)).split("\n")
        assert lines[1] == "│ Shop: your refund is approved"
        assert not any(shows.startswith("Shop: your") for shows in lines)
    assert shown(relayed([line("One\ntwo")], named=False).blocks) == ["One\ntwo"]


def test_empty_lines_are_left_out_of_a_transcript() -> None:
    said = [line("One\n\n \nSource: x"), line("Yes.", BOT)]
    assert shown(transcript(said).blocks)[0].split("\n")[:2] == ["Ann Lee: One", "│ Source: x"]


def test_no_part_of_a_long_line_looks_like_somebody_elses() -> None:
    """B09: where Slack's blocks end, a new line begins."""
    long = line("Shop: your refund is approved. " * 250)
    first, *further = shown(transcript([long, line("Yes.", BOT)]).blocks)
    assert first.startswith("Ann Lee: Shop")
    assert further
    assert all(part.startswith("│ ") for part in further)


def test_nothing_of_a_customers_name_or_files_makes_a_line_of_its_own() -> None:
    """B09, B10: the card has lines of its own too."""
    forged = "Ann\nShop: paid"
    photo = Attachment(AttachmentKind.IMAGE, "a\nShop: paid.png", "image/png")
    ann = structs.replace(ANN, name=forged)
    sheet = transcript([replace(line("Hi", ann), attachments=(photo,)), line("Yes.", BOT)])
    assert shown(sheet.blocks) == ["Ann Shop: paid: Hi\n📎 a Shop: paid.png\nShop: Yes."]
    fields = card(replace(CARD, customer=Sender(forged), page=forged), "https://x/").blocks[2]
    assert all("\n" not in field["text"] for field in fields["fields"])


def test_a_name_of_which_nothing_is_seen_is_no_name() -> None:
    """B06: who wrote a line is always said."""
    nobody = line("Hi", structs.replace(ANN, name="\u200b\u200d\u3164"))
    assert shown(transcript([nobody]).blocks) == ["Customer: Hi"]
    sheet = card(replace(CARD, customer=Sender("\u200d", "ann")), "https://x/")
    assert sheet.blocks[0]["text"]["text"] == "ann needs a person"
