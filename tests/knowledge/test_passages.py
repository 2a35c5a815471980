"""Passages are small, whole where they can be, and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.knowledge.document import Document, Section
from core.knowledge.passages import LONGEST, passages
from core.prompt import tokens


def cut(text: str) -> list[str]:
    return [p.text for p in passages(Document("A", "", (Section((), text),)))]


def test_a_short_section_is_one_passage_under_its_headings() -> None:
    document = Document(
        "Our pots",
        "https://x.example",
        (
            Section(("Our pots", "Frost"), "Feet."),
            Section(("Dogs?",), "Yes.", "Visits", "https://y.example"),
        ),
    )
    assert [(p.heading, p.title, p.url) for p in passages(document)] == [
        ("Our pots › Frost", "Our pots", "https://x.example"),
        ("Visits › Dogs?", "Visits", "https://y.example"),
    ]


def test_a_long_section_is_cut_between_paragraphs_then_sentences() -> None:
    paragraphs = [f"{number} " + "word " * 100 for number in range(9)]
    found = cut("\n\n".join(paragraphs))
    assert all(text.count("\n\n") <= 1 and text[0].isdigit() for text in found)
    sentences = cut("浇水不要太多，每周一次就够了。" * 200)
    assert all(text.endswith("。") for text in sentences)


@pytest.mark.timeout(15)
@pytest.mark.parametrize("sentence", ["Yes. ", "a b\n", "是的。"])
def test_a_file_full_of_tiny_sentences_takes_no_minute(sentence: str) -> None:
    """Everybody's messages share the processor with it."""
    found = cut(sentence * (2_000_000 // len(sentence.encode())))
    assert max(map(tokens, found)) > LONGEST - 5


@given(st.text(max_size=5_000))
def test_nothing_is_longer_than_a_passage_may_be_and_nothing_is_lost(text: str) -> None:
    found = cut(text)
    assert all(tokens(piece) <= LONGEST for piece in found)
    letters = [char for char in text if char.isalnum()]
    assert [char for piece in found for char in piece if char.isalnum()] == letters
