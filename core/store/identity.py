"""One record for one row, and only its changed columns written back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from sqlalchemy import Update

from core.records import Case, Delivery
from core.store.rows import Values

Record = TypeVar("Record", Case, Delivery)


class Identity(Generic[Record]):
    """The records of one table that a transaction has handed out."""

    def __init__(
        self,
        load: Callable[[Any], Record],
        values: Callable[[Record], Values],
        update: Update,
    ) -> None:
        self._load: Callable[[Any], Record] = load
        self._values: Callable[[Record], Values] = values
        self.update = update
        self._kept: dict[int, tuple[Record, Values]] = {}

    def record(self, row: Any) -> Record:
        """The record of `row`; the one already handed out, with its changes, if there is one."""
        kept = self._kept.get(row.id)
        return kept[0] if kept else self.keep(self._load(row))

    def keep(self, record: Record) -> Record:
        self._kept[record.id] = (record, self._values(record))
        return record

    def __iter__(self) -> Iterator[Record]:
        return (record for record, _ in self._kept.values())

    def changes(self) -> Iterator[tuple[Record, Values]]:
        """Records that differ from their rows, with the columns that do; each only once."""
        for number, (record, old) in self._kept.items():
            new = self._values(record)
            if new != old:
                self._kept[number] = (record, new)
                yield record, {name: new[name] for name in new if new[name] != old[name]}
