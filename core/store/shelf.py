"""The passages of the knowledge files, kept where they can be found by their words.

All of it can be made again from the files. So it takes part in no migration: the tables are made
when they are first needed, and what was indexed in another way is indexed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import log

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from core.knowledge.document import Passage
from core.store.full_text import FullText, full_text
from core.store.reader import Reader
from core.store.store import Store
from core.store.transaction import Transaction
from core.tables import LongWords, Words

_SHAPE, _NEWEST = "knowledge.shape", "2"  # the tables below; others are thrown away
_CHUNK = 20  # passages in a unit: customers' messages wait for it at most a few milliseconds
_CANDIDATES = 30
_MOST_WORDS = 12  # that candidates are looked for by
_LEAST = 0.1  # of what the most telling word tells

_metadata = MetaData()
_documents = Table(
    "knowledge_documents",
    _metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", LongWords, nullable=False),
    Column("state", Words(200), nullable=False),
    Column("digest", Words(64), nullable=False),
    Column("passages", Integer, nullable=False),
    Column("words", BigInteger, nullable=False),
    Column("live", Integer, nullable=False),
    sqlite_autoincrement=True,
)
_passages = Table(
    "knowledge_passages",
    _metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("document", BigInteger, nullable=False, index=True),
    Column("title", LongWords, nullable=False),
    Column("url", LongWords, nullable=False),
    Column("heading", LongWords, nullable=False),
    Column("text", LongWords, nullable=False),
)
_LIVE = _passages.c.document.in_(select(_documents.c.id).where(_documents.c.live == 1))
_ALL = select(_documents)
_LAST = select(func.max(_passages.c.id))
_TOTALS = select(func.sum(_documents.c.passages), func.sum(_documents.c.words)).where(
    _documents.c.live == 1
)
_THOSE = (
    select(_passages, _documents.c.name)
    .join_from(_passages, _documents, _passages.c.document == _documents.c.id)
    .where(_documents.c.live == 1, _passages.c.id.in_(bindparam("ids", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Shelved:
    """A file that is indexed: `state` is how it lay on the disk, `digest` what was in it."""

    id: int
    name: str
    state: str
    digest: str
    passages: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """A passage with the words that it is found by."""

    passage: Passage
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that has some of the words asked for, so often among `total` words, and the name
    of its file."""

    passage: Passage
    name: str
    total: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What a question came to, with the numbers that ranking needs."""

    passages: int
    average: float
    frequencies: Mapping[str, int]
    candidates: Sequence[Candidate]


class Shelf:
    """The index in the store. What is added counts for nobody until it is published."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index: FullText = full_text(sqlite=store.path is not None)

    async def exists(self) -> bool:
        return await self._store.read(self._index.exists)

    async def open(self) -> list[Shelved]:
        """What is indexed, in tables that are made if need be; what a crash left unfinished is
        taken away."""
        await self._store.write(self._create)
        await self._purge()
        rows = await self._store.read(lambda reader: reader.execute(_ALL).all())
        return [Shelved(row.id, row.name, row.state, row.digest, row.passages) for row in rows]

    async def add(
        self, name: str, state: str, digest: str, passages: Sequence[Indexed]
    ) -> Shelved:
        """Index a file, a few passages a time, without showing it to anybody yet."""
        values = {"name": name, "state": state, "digest": digest, "passages": len(passages)}
        words = sum(len(one.words) for one in passages)

        def begin(unit: Transaction) -> int:
            added = unit.execute(insert(_documents).values(live=0, words=words, **values))
            id: int = added.inserted_primary_key[0]  # type: ignore[index]
            return id

        id = await self._store.write(begin)
        for chunk in _chunks(passages):
            await self._store.write(partial(self._add, document=id, chunk=chunk))
        return Shelved(id, name, state, digest, len(passages))

    async def publish(self, added: Sequence[Shelved], gone: Collection[int]) -> None:
        """From now on `added` is found and `gone` is not, all at once; then tidy up."""

        def swap(unit: Transaction) -> None:
            for id in gone:
                unit.execute(update(_documents).where(_documents.c.id == id).values(live=0))
            for one in added:
                unit.execute(update(_documents).where(_documents.c.id == one.id).values(live=1))

        await self._store.write(swap)
        await self._purge()

    async def restate(self, id: int, state: str) -> None:
        """The same file lies on the disk in another way."""
        change = update(_documents).where(_documents.c.id == id).values(state=state)
        await self._store.write(lambda unit: unit.execute(change) and None)

    async def find(self, weights: Mapping[str, float]) -> Found:
        """Passages that have some of these words, those with the weightiest first, roughly."""
        return await self._store.read(lambda reader: self._find(reader, weights))

    def _create(self, unit: Transaction) -> None:
        if unit.cursor(_SHAPE) != _NEWEST:
            self._index.drop(unit)
            for table in _metadata.sorted_tables:
                unit.execute(DropTable(table, if_exists=True))
            unit.set_cursor(_SHAPE, _NEWEST)
        for table in _metadata.sorted_tables:
            unit.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                unit.execute(CreateIndex(index, if_not_exists=True))
        self._index.create(unit)

    def _add(self, unit: Transaction, document: int, chunk: Sequence[Indexed]) -> None:
        # One statement for all, which no database numbers alike; there is but one writer.
        last = unit.execute(_LAST).scalar() or 0
        numbered = dict(enumerate(chunk, last + 1))
        rows = [
            {
                "id": number,
                "document": document,
                "title": one.passage.title,
                "url": one.passage.url,
                "heading": one.passage.heading,
                "text": one.passage.text,
            }
            for number, one in numbered.items()
        ]
        unit.execute(insert(_passages).values(rows))
        self._index.add(unit, {number: one.words for number, one in numbered.items()})

    async def _purge(self) -> None:
        """Take away what is not live: after a publication, and after a crash before one."""
        dead = select(_passages.c.id).where(~_LIVE).limit(_CHUNK)

        def some(unit: Transaction) -> bool:
            ids = list(unit.execute(dead).scalars())
            if ids:
                self._index.remove(unit, ids)
                unit.execute(delete(_passages).where(_passages.c.id.in_(ids)))
            else:
                unit.execute(delete(_documents).where(_documents.c.live == 0))
            return bool(ids)

        while await self._store.write(some):
            pass

    def _find(self, reader: Reader, weights: Mapping[str, float]) -> Found:
        passages, words = (int(total or 0) for total in reader.execute(_TOTALS).one())
        average = words / passages if passages else 0.0
        if not weights or not passages:
            return Found(passages, average, {}, ())
        frequencies = self._index.frequencies(reader, weights)
        telling = _telling(weights, frequencies, passages)
        near = self._index.nearest(reader, telling, _CANDIDATES) if telling else []
        rows = reader.execute(_THOSE, {"ids": near}).all()
        counts = self._index.counts(reader, [row.id for row in rows], weights)
        candidates = [
            Candidate(
                Passage(row.title, row.url, row.heading, row.text),
                row.name,
                counts[row.id].total,
                counts[row.id].counts,
            )
            for row in rows
        ]
        return Found(passages, average, frequencies, candidates)


def _telling(
    weights: Mapping[str, float], frequencies: Mapping[str, int], passages: int
) -> dict[str, float]:
    """The words that tell most: those that are in every other passage cost most time to look for,
    and decide least."""
    rated = {
        word: weight * log(1 + passages / (1 + frequencies[word]))
        for word, weight in weights.items()
        if word in frequencies
    }
    best = sorted(rated, key=lambda word: (-rated[word], word))[:_MOST_WORDS]
    return {word: rated[word] for word in best if rated[word] >= _LEAST * rated[best[0]]}


def _chunks(passages: Sequence[Indexed]) -> Iterator[list[Indexed]]:
    left = iter(passages)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk
