"""Answers that may be given again to other customers, under a hash of their question.

The question itself is not kept: whoever reads the table learns what was answered, not who asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from core.store.reader import Reader
from core.store.transaction import Transaction
from core.tables import clean, known_answers

_key = known_answers.c.key == bindparam("of")
_FIND = select(known_answers).where(_key, known_answers.c.at > bindparam("since"))
_ADD = known_answers.insert()
_DROP = known_answers.delete().where(_key)
_DROP_OLD = known_answers.delete().where(known_answers.c.at <= bindparam("before"))
_SURPLUS = (
    select(known_answers.c.at)
    .order_by(known_answers.c.at.desc())
    .offset(bindparam("most"))
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    text: str
    model: str


def find(reader: Reader, key: str, since: datetime) -> KnownAnswer | None:
    """What was kept under `key` after `since`."""
    row = reader.execute(_FIND, {"of": key, "since": since}).first()
    return None if row is None else KnownAnswer(row.text, row.model)


def keep(tx: Transaction, key: str, text: str, model: str) -> None:
    """A newer answer takes the place of the one before."""
    tx.execute(_DROP, {"of": key})
    tx.execute(_ADD, {"key": key, "text": clean(text), "model": model, "at": tx.now})


def drop(tx: Transaction, before: datetime, most: int) -> None:
    """Drop what was kept until `before`, and the oldest of more than `most`."""
    surplus: datetime | None = tx.execute(_SURPLUS, {"most": most}).scalar()
    tx.execute(_DROP_OLD, {"before": before if surplus is None else max(before, surplus)})
