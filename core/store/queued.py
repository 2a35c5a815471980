"""The deliveries that a commit adds, inserted by one statement.

A commit may bring a thousand of them, and none is looked at before it is on disk, except by a
query of the same commit: before such a one they are written.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect

from core.messages import CaseId, ConversationId, DeliveryKey
from core.records import DeliveryKind, DeliveryState, Target
from core.store import statements as sql
from core.tables import clean, instant

_COLUMNS = (
    "key",
    "lane",
    "open_lane",
    "target",
    "kind",
    "conversation_id",
    "case_id",
    "seq",
    "part",
    "text",
    "detail",
    "state",
    "attempts",
    "next_at",
    "remote_id",
    "error",
    "uncertain",
)


def lane_of_case(case: CaseId) -> str:
    return f"case:{case}"


class Queued:
    """What waits to be inserted on `connection`, in the order in which it was added."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []
        self._token = ""
        self._made = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        lane: str,
        target: Target,
        kind: DeliveryKind,
        conversation: ConversationId,
        case: CaseId | None,
        seq: int,
        part: int,
        text: str,
        detail: str,
        next_at: datetime,
        key: DeliveryKey | None = None,
    ) -> None:
        """One that nobody has tried to deliver yet; see `core.records.Delivery`."""
        self._rows.append(
            (
                key or self._next_key(),
                lane,
                lane,
                target.value,
                kind.value,
                conversation,
                case,
                seq,
                part,
                clean(text),
                clean(detail),
                DeliveryState.PENDING.value,
                0,
                instant(next_at),
                "",
                "",
                0,
            )
        )

    def write(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self._connection.exec_driver_sql(_insert(self._connection.dialect), rows)

    def _next_key(self) -> DeliveryKey:
        # Chance once a commit is enough, and rows that come together lie together in the index.
        if not self._made:
            self._token = secrets.token_urlsafe(16)
        self._made += 1
        return DeliveryKey(f"{self._token}.{self._made}")


@lru_cache(maxsize=4)
def _insert(dialect: Dialect) -> str:
    return str(sql.ADD_DELIVERY.compile(dialect=dialect, column_keys=list(_COLUMNS)))
