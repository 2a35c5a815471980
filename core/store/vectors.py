"""Keep vectors of texts, because each costs a call and never changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b

from core.store import statements as sql
from core.store.reader import Reader
from core.store.transaction import Transaction

_AT_ONCE = 500  # keys of one statement


def key(model: str, text: str) -> str:
    """What names the vector of `text` by `model`."""
    return blake2b(f"{model}\0{text}".encode(errors="replace"), digest_size=24).hexdigest()


def find(tx: Reader, keys: Collection[str]) -> dict[str, bytes]:
    """Those of the vectors that are there."""
    rows = (row for some in _some(keys) for row in tx.execute(sql.VECTORS, {"keys": some}))
    return {row.key: row.value for row in rows}


def keep(tx: Transaction, vectors: Mapping[str, bytes]) -> None:
    """Those that are there already stay as they are."""
    new = vectors.keys() - find(tx, vectors.keys()).keys()
    for name in sorted(new):
        tx.execute(sql.ADD_VECTOR, {"key": name, "value": vectors[name]})


def forget_others(tx: Transaction, keys: Collection[str]) -> None:
    """Of the vectors that nobody wants any more, none is kept."""
    unwanted = set(tx.execute(sql.VECTOR_KEYS).scalars()) - set(keys)
    for some in _some(sorted(unwanted)):
        tx.execute(sql.FORGET_VECTORS, {"keys": some})


def _some(keys: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = list(keys)
    return (ordered[at : at + _AT_ONCE] for at in range(0, len(ordered), _AT_ONCE))
