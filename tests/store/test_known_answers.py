"""Answers to give again are found by their key while they are young, and never fill the store."""

from __future__ import annotations

from functools import partial

from core.store import Store, known_answers
from core.store.known_answers import KnownAnswer
from tests.store.clock import START, Clock

LONG_AGO = START.replace(year=2000)


async def test_a_newer_answer_takes_the_place_of_the_one_before(store: Store) -> None:
    await store.write(lambda tx: known_answers.keep(tx, "k1", "Twice.", "gpt-5"))
    await store.write(lambda tx: known_answers.keep(tx, "k1", "Daily \0.", "gpt-5-mini"))
    found = await store.read(lambda tx: known_answers.find(tx, "k1", LONG_AGO))
    assert found == KnownAnswer("Daily \ufffd.", "gpt-5-mini")
    assert await store.read(lambda tx: known_answers.find(tx, "k2", START)) is None


async def test_only_what_is_younger_is_found(store: Store, clock: Clock) -> None:
    await store.write(lambda tx: known_answers.keep(tx, "k1", "Twice.", "gpt-5"))
    assert await store.read(lambda tx: known_answers.find(tx, "k1", START)) is None


async def test_the_old_and_the_surplus_are_dropped(store: Store, clock: Clock) -> None:
    for number in range(6):
        await store.write(partial(known_answers.keep, key=f"k{number}", text="Yes.", model="m"))
        clock.tick()
    await store.write(lambda tx: known_answers.drop(tx, START, 100))
    assert await left(store) == [1, 2, 3, 4, 5]
    await store.write(lambda tx: known_answers.drop(tx, START, 3))
    assert await left(store) == [3, 4, 5]


async def left(store: Store) -> list[int]:
    found = {
        number: await store.read(partial(known_answers.find, key=f"k{number}", since=LONG_AGO))
        for number in range(6)
    }
    return [number for number, answer in found.items() if answer is not None]
