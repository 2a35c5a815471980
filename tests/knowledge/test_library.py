"""The index follows the files, and gives what fits a question."""

from __future__ import annotations

import asyncio
import os

import pytest
from sqlalchemy import text

from core.knowledge.library import Library
from core.store import Transaction
from tests.knowledge.conftest import Shop

POTS = "# Pots\n\n## Engraving\n\nWe engrave a name for 8 €.\n\n## Frost\n\nTerracotta freezes.\n"
HOTEL = "question,answer\n植物可以寄养吗？,每天 1.50 欧元。\nA plant hotel?,1.50 € a day.\n"
BUDGET = 1_000


async def headings(library: Library, question: str, before: str = "") -> list[str]:
    return [f.passage.heading for f in await library.look_up(question, before, BUDGET)]


async def test_what_fits_comes_best_first_and_nonsense_finds_nothing(shop: Shop) -> None:
    shop.write("docs/pots.md", POTS)
    shop.write("faq.csv", HOTEL)
    library = shop.library()
    await library.look()
    assert await headings(library, "do you engrave names?") == ["Pots › Engraving"]
    assert await headings(library, "植物寄养多少钱") == ["FAQ › 植物可以寄养吗？"]
    for nonsense in ("what is love", "asdf qwer", "你好", "今天天气怎么样", "", "?!", "the the"):
        assert await headings(library, nonsense) == [], nonsense


async def test_a_follow_up_takes_its_subject_from_the_question_before(shop: Shop) -> None:
    shop.write("docs/pots.md", POTS)
    library = shop.library()
    await library.look()
    assert await headings(library, "and how much is that?") == []
    before = "do you engrave?"
    assert await headings(library, "and how much is that?", before) == ["Pots › Engraving"]
    assert await headings(library, "那要多久？", before) == ["Pots › Engraving"]
    assert await headings(library, "flurble grompf", before) == []
    assert await headings(library, "who invented quantum blenders", before) == []


@pytest.mark.parametrize("yes", ["yes please", "ok thanks", "Ja bitte", "好的，谢谢", "行", "oui"])
async def test_a_bare_yes_finds_no_passage(shop: Shop, yes: str) -> None:
    words = "Pots yes, for 19 €. OK, please; thanks. Ja bitte, oui merci. 好的，行，谢谢。"
    shop.write("docs/answers.md", f"# Switzerland\n\n{words}\n")
    library = shop.library()
    await library.look()
    assert await headings(library, yes) == []
    assert await headings(library, yes, "who invented quantum blenders") == []
    assert await headings(library, f"{yes}, to Switzerland") == ["Switzerland"]


async def test_only_what_changed_is_indexed_anew(shop: Shop) -> None:
    shop.write("docs/pots.md", POTS)
    faq = shop.write("faq.csv", HOTEL)
    library = shop.library()
    await library.look()
    version = library.version
    before = await ids(shop)
    os.utime(faq, (1, 1))
    await library.look()
    assert (await ids(shop), library.version) == (before, version)
    shop.write("docs/pots.md", POTS.replace("8 €", "9 €"))
    await library.look()
    after = await ids(shop)
    assert library.version != version
    assert after["faq.csv"] == before["faq.csv"]
    assert after["docs/pots.md"] != before["docs/pots.md"]


async def test_a_file_that_lies_there_as_it_did_is_not_read_again(shop: Shop) -> None:
    """Its state in the store says so, also after a restart."""
    pots = shop.write("docs/pots.md", POTS)
    await shop.library().look()
    (known,) = await shop.shelf.open()
    pots.write_bytes(b"\xff")  # it would be refused if it were read
    found = pots.stat()
    state = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
    await shop.shelf.restate(known.id, f"{known.state.partition(' ')[0]} {state}")
    again = shop.library()
    await again.look()
    assert not [line for line in shop.told if "pots.md" in line]
    assert await headings(again, "engraving") == ["Pots › Engraving"]


async def test_words_cut_in_another_way_are_indexed_again(shop: Shop) -> None:
    """As after an update of frontdesk."""
    shop.write("docs/pots.md", POTS)
    await shop.library().look()
    (known,) = await shop.shelf.open()
    await shop.shelf.restate(known.id, f"other {known.state.partition(' ')[2]}")
    await shop.store.write(_forget_digests)
    await shop.library().look()
    (now,) = await shop.shelf.open()
    assert now.id != known.id
    assert now.state == known.state


async def test_a_file_that_goes_is_forgotten(shop: Shop) -> None:
    pots = shop.write("docs/pots.md", POTS)
    shop.write("faq.csv", HOTEL)
    library = shop.library()
    await library.look()
    pots.unlink()
    await library.look()
    assert await headings(library, "engraving") == []
    assert shop.told[-1].endswith(
        "docs/* matches no file (paths are relative to this file; take the line out to go without)"
    )
    shop.knowledge = []
    await library.look()
    assert library.version == ""
    assert await shop.shelf.open() == []


async def test_a_file_that_broke_answers_as_before_and_is_told_once(shop: Shop) -> None:
    pots = shop.write("docs/pots.md", POTS)
    shop.write("faq.csv", HOTEL)
    library = shop.library()
    await library.look()
    version = library.version
    pots.write_bytes(b"# Pots\n\n\xff\n")
    await library.look()
    shop.write("faq.csv", HOTEL + "Dogs?,Yes.\n")
    await library.look()
    assert await headings(library, "engraving") == ["Pots › Engraving"]
    assert await headings(library, "are dogs allowed?") == ["FAQ › Dogs?"]
    assert library.version != version
    assert [line.splitlines()[1:] for line in shop.told] == [
        [f"{pots}:3:1: this text is not UTF-8 (save it as UTF-8)"]
    ]
    pots.write_text(POTS, encoding="utf-8")
    await library.look()
    assert shop.told[-1] == "The files of gpt.knowledge are fine again."


async def test_a_file_broken_from_the_start_keeps_nothing_else_from_being_known(
    shop: Shop,
) -> None:
    shop.write("docs/a.csv", "nothing\n")
    shop.write("docs/pots.md", POTS)
    shop.write("faq.csv", "")
    library = shop.library()
    await library.look()
    assert await headings(library, "engraving") == ["Pots › Engraving"]
    assert 'docs/a.csv:1:1: there is no column "question"' in shop.told[0]


async def test_passages_stay_within_the_budget_and_the_best_is_cut_to_fit(shop: Shop) -> None:
    parts = [f"## Care {n}\n\nFerns need water. {'Much of it. ' * 60}\n\n" for n in range(9)]
    shop.write("docs/care.md", "# Care\n\n" + "".join(parts))
    shop.write("faq.csv", HOTEL)
    library = shop.library()
    await library.look()
    for budget in (0, 30, 66, 200, 600, 1333, 9_999):
        found = await library.look_up("water for ferns", "", budget)
        assert sum(one.cost for one in found) <= budget
        assert len(found) == {0: 0, 30: 0, 66: 1, 200: 1, 600: 2, 1333: 4, 9_999: 5}[budget]


async def ids(shop: Shop) -> dict[str, int]:
    return {one.name: one.id for one in await shop.shelf.open()}


def _forget_digests(unit: Transaction) -> None:
    unit.execute(text("UPDATE knowledge_documents SET digest = ''"))


async def test_what_was_known_before_a_restart_answers_while_the_new_is_read(shop: Shop) -> None:
    shop.write("docs/pots.md", POTS)
    await shop.library().look()
    again = shop.library()
    asked = asyncio.create_task(headings(again, "engraving"))
    shop.write("docs/pots.md", POTS.replace("Engraving", "Engraved names"))
    await again.look()
    assert await asked in (["Pots › Engraving"], ["Pots › Engraved names"])
    assert await headings(again, "engraving") == ["Pots › Engraved names"]


async def test_a_question_waits_for_the_first_index(shop: Shop) -> None:
    """Also after there was nothing to look in for a while."""
    names, shop.knowledge = shop.knowledge, []
    library = shop.library()
    await library.look()
    assert not await shop.shelf.exists()
    shop.knowledge = names
    shop.write("docs/pots.md", POTS)
    asked = asyncio.create_task(headings(library, "engraving"))
    await asyncio.sleep(0)
    await library.look()
    assert await asked == ["Pots › Engraving"]
