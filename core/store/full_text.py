"""Find texts by their words, in the way of each database: FTS5 on SQLite, tsvector on PostgreSQL.

Words are cut by the caller and reach the database as plain ASCII, so that neither of its own ways
to cut a text is asked: they differ, and neither knows Chinese.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import TextClause, bindparam, text

from core.store.reader import Reader
from core.store.transaction import Transaction

_MOST_POSITIONS = 16_000  # PostgreSQL counts no further


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How many words a text has, and how often those that were asked for."""

    total: int
    counts: Mapping[str, int]


class FullText(Protocol):
    """An index of words by the numbers of the texts. Plain calls, inside a unit or query."""

    def exists(self, reader: Reader) -> bool: ...

    def create(self, unit: Transaction) -> None: ...

    def drop(self, unit: Transaction) -> None: ...

    def add(self, unit: Transaction, texts: Mapping[int, Sequence[str]]) -> None: ...

    def remove(self, unit: Transaction, numbers: Iterable[int]) -> None: ...

    def frequencies(self, reader: Reader, words: Iterable[str]) -> dict[str, int]:
        """In how many texts each of `words` occurs; those in none may be missing."""
        ...

    def nearest(self, reader: Reader, weights: Mapping[str, float], limit: int) -> list[int]:
        """The texts that have most of the words' weights, the best first, roughly."""
        ...

    def counts(
        self, reader: Reader, numbers: Iterable[int], words: Iterable[str]
    ) -> dict[int, Occurrences]:
        """What each of these texts has of `words`."""
        ...


def full_text(*, sqlite: bool) -> FullText:
    return SqliteFullText() if sqlite else PostgresFullText()


class SqliteFullText:
    """FTS5, and the table of its vocabulary."""

    def exists(self, reader: Reader) -> bool:
        found = text("SELECT 1 FROM sqlite_master WHERE name = 'knowledge_index'")
        return reader.execute(found).first() is not None

    def create(self, unit: Transaction) -> None:
        for statement in (
            "CREATE VIRTUAL TABLE IF NOT EXISTS knowledge_index "
            "USING fts5(words, tokenize = 'ascii')",
            "CREATE VIRTUAL TABLE IF NOT EXISTS knowledge_vocabulary "
            "USING fts5vocab(knowledge_index, 'row')",
        ):
            unit.execute(text(statement))

    def drop(self, unit: Transaction) -> None:
        unit.execute(text("DROP TABLE IF EXISTS knowledge_vocabulary"))
        unit.execute(text("DROP TABLE IF EXISTS knowledge_index"))

    def add(self, unit: Transaction, texts: Mapping[int, Sequence[str]]) -> None:
        statement = text("INSERT INTO knowledge_index (rowid, words) VALUES (:number, :words)")
        for number, words in texts.items():
            unit.execute(statement, {"number": number, "words": " ".join(map(_plain, words))})

    def remove(self, unit: Transaction, numbers: Iterable[int]) -> None:
        statement = _among("DELETE FROM knowledge_index WHERE rowid IN :those")
        unit.execute(statement, {"those": list(numbers)})

    def frequencies(self, reader: Reader, words: Iterable[str]) -> dict[str, int]:
        known = {_plain(word): word for word in words}
        statement = _among("SELECT term, doc FROM knowledge_vocabulary WHERE term IN :those")
        found = reader.execute(statement, {"those": list(known)})
        return {known[row.term]: row.doc for row in found}

    def nearest(self, reader: Reader, weights: Mapping[str, float], limit: int) -> list[int]:
        statement = text(
            "SELECT rowid FROM knowledge_index WHERE knowledge_index MATCH :query "
            "ORDER BY rank LIMIT :limit"
        )
        query = " OR ".join(f'"{_plain(word)}"' for word in weights)
        found = reader.execute(statement, {"query": query, "limit": limit})
        return list(found.scalars())

    def counts(
        self, reader: Reader, numbers: Iterable[int], words: Iterable[str]
    ) -> dict[int, Occurrences]:
        statement = _among("SELECT rowid, words FROM knowledge_index WHERE rowid IN :those")
        return _counted(reader.execute(statement, {"those": list(numbers)}), words)


class PostgresFullText:
    """A vector of words beside the words, under a GIN index.

    The planner does not know what it costs to unpack vectors: it would rather read them all, for
    each word anew, which takes a hundred times as long.
    """

    _BY_INDEX = text("SET LOCAL enable_seqscan = off")

    def exists(self, reader: Reader) -> bool:
        return bool(reader.execute(text("SELECT to_regclass('knowledge_index')")).scalar())

    def create(self, unit: Transaction) -> None:
        for statement in (
            "CREATE TABLE IF NOT EXISTS knowledge_index "
            "(number bigint PRIMARY KEY, words text NOT NULL, vector tsvector NOT NULL)",
            "CREATE INDEX IF NOT EXISTS ix_knowledge_index_vector "
            "ON knowledge_index USING gin (vector) WITH (fastupdate = off)",
        ):
            unit.execute(text(statement))

    def drop(self, unit: Transaction) -> None:
        unit.execute(text("DROP TABLE IF EXISTS knowledge_index"))

    def add(self, unit: Transaction, texts: Mapping[int, Sequence[str]]) -> None:
        statement = text(
            "INSERT INTO knowledge_index (number, words, vector) "
            "SELECT number, words, CAST(vector AS tsvector) FROM unnest("
            "CAST(:numbers AS bigint[]), CAST(:words AS text[]), CAST(:vectors AS text[])) "
            "AS added (number, words, vector)"
        )
        plain = [[_plain(word) for word in words] for words in texts.values()]
        values = {
            "numbers": list(texts),
            "words": [" ".join(words) for words in plain],
            "vectors": [_vector(words) for words in plain],
        }
        unit.execute(statement, values)

    def remove(self, unit: Transaction, numbers: Iterable[int]) -> None:
        statement = _among("DELETE FROM knowledge_index WHERE number IN :those")
        unit.execute(statement, {"those": list(numbers)})

    def frequencies(self, reader: Reader, words: Iterable[str]) -> dict[str, int]:
        reader.execute(self._BY_INDEX)
        known = {_plain(word): word for word in words}
        statement = text(
            "SELECT word, (SELECT count(*) FROM knowledge_index "
            "WHERE vector @@ CAST(word AS tsquery)) AS texts "
            "FROM unnest(CAST(:words AS text[])) AS asked (word)"
        )
        found = reader.execute(statement, {"words": list(known)})
        return {known[row.word]: row.texts for row in found if row.texts}

    def nearest(self, reader: Reader, weights: Mapping[str, float], limit: int) -> list[int]:
        reader.execute(self._BY_INDEX)
        statement = text(
            "SELECT number FROM unnest(CAST(:words AS text[]), CAST(:weights AS float8[])) "
            "AS asked (word, weight) "
            "JOIN knowledge_index ON vector @@ CAST(word AS tsquery) "
            "GROUP BY number ORDER BY sum(weight) DESC, number LIMIT :limit"
        )
        asked = {"words": [_plain(word) for word in weights], "weights": list(weights.values())}
        return list(reader.execute(statement, {**asked, "limit": limit}).scalars())

    def counts(
        self, reader: Reader, numbers: Iterable[int], words: Iterable[str]
    ) -> dict[int, Occurrences]:
        statement = _among("SELECT number, words FROM knowledge_index WHERE number IN :those")
        return _counted(reader.execute(statement, {"those": list(numbers)}), words)


def _among(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("those", expanding=True))


def _plain(word: str) -> str:
    """`word` in letters and digits of ASCII: what is none of them as its number."""
    if word.isascii() and word.isalnum():
        return word
    return "".join(
        char if char.isascii() and char.isalnum() else f"u{ord(char):x}u" for char in word
    )


def _counted(stored: Iterable[Any], words: Iterable[str]) -> dict[int, Occurrences]:
    asked = {_plain(word): word for word in words}
    counted = {}
    for number, told in stored:
        found = Counter(told.split())
        counts = {word: found[plain] for plain, word in asked.items() if plain in found}
        counted[number] = Occurrences(found.total(), counts)
    return counted


def _vector(words: Sequence[str]) -> str:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words[:_MOST_POSITIONS], 1):
        places.setdefault(word, []).append(place)
    return " ".join(f"{word}:{','.join(map(str, at[:256]))}" for word, at in places.items())
