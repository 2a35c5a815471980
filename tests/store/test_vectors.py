"""Vectors of texts are kept as long as somebody wants them."""

from __future__ import annotations

from functools import partial

from core.store import Store, vectors


async def test_vectors_are_found_again_and_kept_once(store: Store) -> None:
    many = {vectors.key("m", str(number)): bytes([number % 256]) for number in range(1200)}
    await store.write(partial(vectors.keep, vectors=many))
    await store.write(partial(vectors.keep, vectors=dict.fromkeys(many, b"other")))
    assert await store.read(lambda tx: vectors.find(tx, [*many, "unknown"])) == many


async def test_each_model_has_its_own(store: Store) -> None:
    one, other = vectors.key("m1", "text"), vectors.key("m2", "text")
    await store.write(partial(vectors.keep, vectors={one: b"1", other: b"2"}))
    assert await store.read(lambda tx: vectors.find(tx, [other])) == {other: b"2"}


async def test_what_nobody_wants_any_more_is_forgotten(store: Store) -> None:
    many = {vectors.key("m", str(number)): b"x" for number in range(1100)}
    await store.write(partial(vectors.keep, vectors=many))
    wanted = set(list(many)[:10])
    await store.write(lambda tx: vectors.forget_others(tx, wanted))
    assert (await store.read(lambda tx: vectors.find(tx, many))).keys() == wanted
