"""The deliveries that a commit adds, inserted by one statement.

A commit may bring a thousand of them, and none is looked at before it is on disk, except by a
query of the same commit: before such a one they are written.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect

from core.messages import CaseId, ConversationId, DeliveryKey, Message
from core.records import DeliveryKind, DeliveryState, Target
from core.store import statements as sql
from core.store.driver import Many, insert
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


_MARK_COLUMNS = (
    "key",
    "lane",
    "open_lane",
    "conversation_id",
    "case_id",
    "seq",
    "text",
    "next_at",
)


def lane_of_case(case: CaseId) -> str:
    return f"case:{case}"


class Queued:
    """What waits to be inserted by `many`, in the order in which it was added. `marked` are the
    lanes of marks."""

    def __init__(self, many: Many, dialect: Dialect) -> None:
        self.marked: set[str] = set()
        self._many = many
        self._dialect = dialect
        self._rows: list[tuple[Any, ...]] = []
        self._marks: list[tuple[Any, ...]] = []
        self._token = ""
        self._made = 0

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
        if self._marks:
            self.write()  # it comes after them
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

    def add_mark(self, case: CaseId, message: Message, at: int) -> None:
        """That this line of an agent was delivered, told under it in its thread from `at` on."""
        if self._rows:
            self.write()
        lane = lane_of_case(case)
        self.marked.add(lane)
        id, seq, text = message.conversation, message.seq, message.external_id
        self._marks.append((self._next_key(), lane, lane, id, case, seq, text, at))

    def write(self) -> None:
        insert(self._many, self._dialect, sql.ADD_DELIVERY, _COLUMNS, self._rows)
        insert(self._many, self._dialect, sql.ADD_MARK, _MARK_COLUMNS, self._marks)

    def _next_key(self) -> DeliveryKey:
        # Chance once a commit is enough, and rows that come together lie together in the index.
        if not self._made:
            self._token = secrets.token_urlsafe(16)
        self._made += 1
        return DeliveryKey(f"{self._token}.{self._made}")
