"""Marks become sources; whatever else a model writes becomes none."""

from __future__ import annotations

import time

import pytest

from core.knowledge.citing import cited, unmarked, without_unknown_links
from core.knowledge.document import Passage

POTS = Passage("Pots", "https://x.example/pots", "Pots › Frost", "…")
ALSO_POTS = Passage("Pots", "https://x.example/pots", "Pots › Lime", "…")
FAQ = Passage("FAQ", "", "FAQ › Dogs?", "…")
GIVEN = [POTS, FAQ, ALSO_POTS]


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Yes. [[1]]", [POTS]),
        ("Yes.[[2, 1]]", [FAQ, POTS]),
        ("Yes [[1]], and so on [[3]].", [POTS]),
        ("Yes. [1]", [POTS]),
        ("是的。【2】", [FAQ]),
        ("Yes. [[#2]]\n", [FAQ]),
        ("Yes. [[7]]", []),
        ("Yes. [[0]]", []),
        ("Yes.", []),
    ],
)
def test_marks_are_taken_for_sources_and_out_of_the_text(
    text: str, sources: list[Passage]
) -> None:
    told, found = cited(text, GIVEN)
    assert [p.title for p in found] == [p.title for p in sources]
    assert not set("[]【】") & set(told)


@pytest.mark.parametrize(
    "text", ["Take part [9] of it.", "a[1] = 2", "[1](https://x.example)", "[x] done", "[12a]"]
)
def test_other_brackets_stay(text: str) -> None:
    told, found = cited(text.replace("a[1]", "a[19]"), GIVEN)
    assert told == text.replace("a[1]", "a[19]")
    assert found == []


def test_a_source_that_the_answer_itself_names_is_not_named_again() -> None:
    assert cited("See https://x.example/pots. [[1]]", GIVEN)[1] == []


@pytest.mark.parametrize("whole", ["It is 8 €. [[1]]", "It is 8 €. [1, 2]", "是。【1】", "a [[1"])
def test_a_draft_never_shows_the_beginning_of_a_mark(whole: str) -> None:
    drafts = [unmarked(whole[:length], len(GIVEN)) for length in range(len(whole) + 1)]
    assert not [draft for draft in drafts if set("[]【】") & set(draft)]
    assert drafts[-1].startswith(whole.split(" ")[0][:1])


def test_a_draft_goes_on_when_a_bracket_was_none() -> None:
    assert unmarked("Take [care", 3) == "Take [care"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("See https://x.example/pots.", "See https://x.example/pots."),
        ("See https://x.example/pots/new!", "See !"),
        ("See https://x.example.evil.example now", "See  now"),
        ("See http://x.example/pots", "See http://x.example/pots"),
        ("Go to https://shop.example/", "Go to https://shop.example/"),
        ("Go [there](https://evil.example/a)", "Go there"),
        ("Go [there](https://x.example/pots)", "Go [there](https://x.example/pots)"),
        ("去https://evil.example。好", "去。好"),
        ("HTTPS://EVIL.EXAMPLE", ""),
    ],
)
def test_addresses_that_stand_nowhere_are_taken_out(text: str, told: str) -> None:
    known = "Our shop is shop.example. Pots: https://x.example/pots, or call."
    assert without_unknown_links(text, known).strip() == told


def test_thousands_of_blanks_of_a_model_take_no_time() -> None:
    """D21, I9: a draft is looked at again and again while it grows."""
    text = "Yes." + " " * 4_000 + "x"
    began = time.thread_time()
    assert unmarked(text, 3) == cited(text, GIVEN)[0] == text
    assert time.thread_time() - began < 0.05
