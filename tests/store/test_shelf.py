"""Passages are found by their words, alike on every database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from core.knowledge.document import Passage
from core.knowledge.words import Words
from core.store import Shelf, Store, Transaction
from core.store.shelf import Indexed, Shelved
from tests.store.clock import Clock

WORDS = Words(["en", "zh"])


def indexed(*texts: str) -> list[Indexed]:
    return [Indexed(Passage("A", "", "A", text), WORDS.of(text)) for text in texts]


async def added(shelf: Shelf, name: str, texts: Sequence[str]) -> Shelved:
    return await shelf.add(name, "state", "digest", indexed(*texts))


async def found(shelf: Shelf, question: str) -> list[str]:
    result = await shelf.find(dict.fromkeys(WORDS.of(question), 1.0))
    return [candidate.passage.text for candidate in result.candidates]


async def test_passages_are_found_by_any_of_their_words_in_any_script(store: Store) -> None:
    shelf = Shelf(store)
    assert not await shelf.exists()
    assert await shelf.open() == []
    texts = ["Engraved pots, 8 €", "退货需要三周", 'Größe: x\'y "z" & | ! :* (a)', "บาท ราคา"]
    one = await added(shelf, "a.md", texts)
    assert await found(shelf, "engraved") == []
    await shelf.publish([one], ())
    assert await shelf.exists()
    assert await found(shelf, "ENGRAVED things") == texts[:1]
    assert await found(shelf, "怎么退货") == [texts[1]]
    assert await found(shelf, "grosse? größe!") == [texts[2]]
    assert await found(shelf, "ราคา") == [texts[3]]
    assert await found(shelf, "") == []
    assert await found(shelf, "nothing like it") == []


async def test_how_often_words_occur_is_counted_over_all_passages(store: Store) -> None:
    shelf = Shelf(store)
    await shelf.open()
    one = await added(shelf, "a.md", ["pot pot pot", "pot of clay", "fern"])
    await shelf.publish([one], ())
    result = await shelf.find({"pot": 1.0, "clay": 1.0, "moss": 1.0})
    assert (result.passages, round(result.average, 2)) == (3, 2.33)
    assert result.frequencies == {"pot": 2, "clay": 1}
    assert [(c.name, c.total, dict(c.counts)) for c in result.candidates] == [
        ("a.md", 3, {"pot": 3}),
        ("a.md", 3, {"pot": 1, "clay": 1}),
    ]


async def test_the_old_answers_until_the_new_is_whole_then_only_the_new(store: Store) -> None:
    shelf = Shelf(store)
    await shelf.open()
    old = await added(shelf, "a.md", [f"pot number {n}" for n in range(25)])
    await shelf.publish([old], ())
    new = await added(shelf, "a.md", ["pot from now on"])
    assert len(await found(shelf, "pot")) == 25
    assert "pot from now on" not in await found(shelf, "pot")
    await shelf.publish([new], {old.id})
    assert await found(shelf, "pot") == ["pot from now on"]
    assert (await shelf.find({"number": 1.0})).frequencies == {}
    assert [one.id for one in await shelf.open()] == [new.id]


async def test_what_a_crash_left_half_indexed_is_taken_away(store_url: str, clock: Clock) -> None:
    first = await Store.open(store_url, now=clock)
    shelf = Shelf(first)
    await shelf.open()
    kept = await added(shelf, "a.md", ["fern"])
    await shelf.publish([kept], ())
    await added(shelf, "b.md", ["pot"] * 30)
    await first.close()
    second = await Store.open(store_url, now=clock)
    shelf = Shelf(second)
    assert [one.name for one in await shelf.open()] == ["a.md"]
    result = await shelf.find({"fern": 1.0, "pot": 1.0})
    assert (result.passages, result.frequencies) == (1, {"fern": 1})
    await second.close()


async def test_tables_of_another_shape_are_made_anew(store: Store) -> None:
    """As those of an older frontdesk: they take part in no migration."""
    shelf = Shelf(store)
    await shelf.open()
    await shelf.publish([await added(shelf, "a.md", ["fern"])], ())

    def other(unit: Transaction) -> None:
        unit.set_cursor("knowledge.shape", "0")
        unit.execute(text("ALTER TABLE knowledge_documents DROP COLUMN words"))

    await store.write(other)
    assert await shelf.open() == []
    await shelf.publish([await added(shelf, "a.md", ["moss"])], ())
    assert await found(shelf, "fern moss") == ["moss"]
