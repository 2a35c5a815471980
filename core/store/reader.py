"""Questions to the database, answered in the core's own records.

A reader lives for one `Store.read` or `Store.write` and sees one snapshot. Its methods are
plain calls: they run inside the query or unit, never on their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable

from core.messages import Address, CaseId, CaseRef, ConversationId, Message
from core.records import Case, Conversation, Delivery, DeliveryKind, Expense, PaidAnswer, Target
from core.store import statements as sql
from core.store.rows import (
    to_answer,
    to_case,
    to_conversation,
    to_delivery,
    to_expense,
    to_message,
    to_ref,
)
from core.tables import clean

ExternalKey = Callable[[str], int]
Given = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_TOP = 2**63 - 1  # what an integer column can hold; a client may name any number


class Reader:
    """One consistent look at the store. Treat what it hands out as read-only."""

    def __init__(self, connection: Connection, now: datetime, external_key: ExternalKey) -> None:
        self._connection = connection
        self._external_key = external_key
        self.now = now

    # --- conversations ---

    def conversation(self, address: Address) -> Conversation | None:
        found = {"channel": address.channel, "account": address.account, "peer": address.peer}
        row = self.execute(sql.CONVERSATION_AT, found).first()
        return None if row is None else self._conversation(row)

    def conversation_by_id(self, conversation_id: ConversationId) -> Conversation:
        """Raises LookupError when there is none: ids come from our own rows."""
        row = self.execute(sql.CONVERSATION, {"conversation": conversation_id}).first()
        if row is None:
            raise LookupError(f"there is no conversation {conversation_id}")
        return self._conversation(row)

    def pending_conversations(self) -> list[ConversationId]:
        """Those with a message that waits for an answer, the longest untouched first."""
        self._settle()
        return list(self.execute(sql.PENDING).scalars())

    # --- messages ---

    def message(self, conversation_id: ConversationId, seq: int) -> Message | None:
        if not 0 < seq <= _TOP:
            return None
        row = self.execute(sql.MESSAGE, {"conversation": conversation_id, "number": seq}).first()
        return None if row is None else to_message(row)

    def messages(
        self,
        conversation_id: ConversationId,
        after: int = 0,
        upto: int | None = None,
        limit: int = 200,
    ) -> list[Message]:
        """Messages above `after` up to and with `upto`, oldest first, the first `limit`."""
        span = {"after": min(after, _TOP), "upto": _TOP if upto is None else min(upto, _TOP)}
        wanted = {"conversation": conversation_id, "limit": limit, **span}
        return [to_message(row) for row in self.execute(sql.MESSAGES, wanted)]

    def latest(
        self, conversation_id: ConversationId, limit: int, before: int | None = None
    ) -> list[Message]:
        """The newest `limit` messages, only those below `before` if given, oldest first."""
        below = _TOP if before is None else min(before, _TOP)
        wanted = {"conversation": conversation_id, "before": below, "limit": limit}
        found = [to_message(row) for row in self.execute(sql.LATEST, wanted)]
        found.reverse()
        return found

    def changed(self, conversation_id: ConversationId, upto: int) -> list[Message]:
        """Messages up to and with `upto` that were edited or deleted, oldest first."""
        wanted = {"conversation": conversation_id, "upto": min(upto, _TOP)}
        return [to_message(row) for row in self.execute(sql.CHANGED, wanted)]

    def recent_questions(self, limit: int) -> list[tuple[str, str]]:
        """What customers wrote in the newest conversations, each with its writer's names."""
        rows = self.execute(sql.RECENT_QUESTIONS, {"limit": limit})
        return [(row.text, f"{row.sender_name} {row.sender_username}".strip()) for row in rows]

    def message_by_external(
        self, conversation_id: ConversationId, external_id: str
    ) -> Message | None:
        """The message that the platform calls `external_id`; None for ""."""
        return self._look_up(conversation_id, external_id)[0] if external_id else None

    def _look_up(
        self, conversation_id: ConversationId, external_id: str
    ) -> tuple[Message | None, int]:
        """The message and its key; without a message, the key it will get.

        Two ids may share a key: the later one then took the next number.
        """
        external_id = clean(external_id)
        key = self._external_key(external_id)
        while True:
            wanted = {"conversation": conversation_id, "hash": key}
            row = self.execute(sql.MESSAGE_BY_KEY, wanted).first()
            if row is None:
                return None, key
            if row.external_id == external_id:
                return to_message(row), key
            key = key + 1 if key < _TOP else -_TOP

    # --- cases ---

    def case(self, case_id: CaseId) -> Case:
        """Raises LookupError when there is none: ids come from our own rows."""
        row = self.execute(sql.CASE, {"case": case_id}).first()
        if row is None:
            raise LookupError(f"there is no case {case_id}")
        return self._case(row)

    def case_by_ref(self, ref: CaseRef) -> Case | None:
        self._settle()
        at = {"at_workspace": ref.workspace, "at_channel": ref.channel, "at_thread": ref.thread}
        row = self.execute(sql.CASE_AT, at).first()
        return None if row is None else self._case(row)

    def open_cases(self) -> list[Case]:
        """Every case that has not ended, oldest first."""
        self._settle()
        return [self._case(row) for row in self.execute(sql.OPEN_CASES)]

    def earlier_refs(self, conversation_id: ConversationId, before_case: CaseId) -> list[CaseRef]:
        """The threads of this conversation's cases before `before_case`, oldest first."""
        self._settle()
        wanted = {"conversation": conversation_id, "case": before_case}
        refs = (to_ref(row) for row in self.execute(sql.EARLIER_REFS, wanted))
        return [ref for ref in refs if ref is not None]

    def due_cases(self, now: datetime, limit: int) -> list[Case]:
        """Cases whose `due_at` has come by `now`, the longest overdue first."""
        self._settle()
        rows = self.execute(sql.DUE_CASES, {"now": now, "limit": limit})
        return [self._case(row) for row in rows]

    def next_case_due(self) -> datetime | None:
        self._settle()
        due: datetime | None = self.execute(sql.NEXT_CASE_DUE).scalar()
        return due

    # --- deliveries ---

    def heads(self, limit: int, exclude_lanes: Collection[str] = ()) -> list[Delivery]:
        """The first unfinished row of each lane but those named, soonest `next_at` first.

        A row whose `next_at` is still to come is included: the caller knows from it how long to
        sleep.
        """
        self._settle()
        rows = self.execute(sql.HEADS, {"limit": limit, "busy": list(exclude_lanes)})
        return [self._delivery(row) for row in rows]

    def delivery(self, delivery_id: int) -> Delivery | None:
        row = self.execute(sql.DELIVERY, {"delivery": delivery_id}).first()
        return None if row is None else self._delivery(row)

    def deliveries_of(
        self, conversation_id: ConversationId, seq: int, kinds: Sequence[DeliveryKind]
    ) -> list[Delivery]:
        """Every delivery of these kinds that message `seq` led to, finished ones too, by id."""
        names = [kind.value for kind in kinds]
        wanted = {"conversation": conversation_id, "number": seq, "kinds": names}
        return [self._delivery(row) for row in self.execute(sql.DELIVERIES_OF, wanted)]

    def posted_as(
        self, conversation_id: ConversationId, lane: str, remote_id: str
    ) -> list[Delivery]:
        """What was sent as this one post, by id."""
        of = {"conversation": conversation_id, "of_lane": lane, "remote": remote_id}
        return [self._delivery(row) for row in self.execute(sql.POSTED_AS, of)]

    def first_of_lane(self, lane: str, limit: int) -> list[Delivery]:
        """The first `limit` rows of `lane` that are neither sent nor dead."""
        self._settle()
        found = self.execute(sql.FIRST_OF_LANE, {"of_lane": lane, "limit": limit})
        return [self._delivery(row) for row in found]

    def lane(self, lane: str) -> list[Delivery]:
        """The rows of `lane` that are neither sent nor dead, in the order they go out."""
        self._settle()
        return [self._delivery(row) for row in self.execute(sql.LANE, {"of_lane": lane})]

    def unfinished(self, lane: str) -> int:
        """How many rows of `lane` are neither sent nor dead."""
        self._settle()
        count: int = self.execute(sql.UNFINISHED, {"of_lane": lane}).scalar_one()
        return count

    def pending_counts(self) -> dict[Target, int]:
        """How many rows of each target are neither sent nor dead; every target is present."""
        self._settle()
        counts = {row.target: int(row.rows) for row in self.execute(sql.PENDING_COUNTS)}
        return {target: counts.get(target.value, 0) for target in Target}

    def _next_part(
        self, conversation_id: ConversationId, seq: int, kind: DeliveryKind, lane: str
    ) -> int:
        of = {"of_kind": kind.value, "of_lane": lane}
        wanted = {"conversation": conversation_id, "number": seq, **of}
        last: int | None = self.execute(sql.LAST_PART, wanted).scalar()
        return 0 if last is None else last + 1

    # --- money ---

    def answer(self, conversation_id: ConversationId, seq: int) -> PaidAnswer | None:
        """What message `seq` cost; None for one that neither GPT nor its like has given."""
        wanted = {"conversation": conversation_id, "number": seq}
        row = self.execute(sql.ANSWER, wanted).first()
        return None if row is None else to_answer(row)

    def answers(self, since: datetime, until: datetime | None = None) -> Iterator[PaidAnswer]:
        """Those from `since` on, before `until` if given, oldest first."""
        span = {"since": since, "until": until or _END_OF_TIME}
        return map(to_answer, self.execute(sql.ANSWERS, span))

    def expenses(self, since: datetime, until: datetime | None = None) -> Iterator[Expense]:
        """What was paid in this time without an answer, oldest first."""
        span = {"since": since, "until": until or _END_OF_TIME}
        return map(to_expense, self.execute(sql.EXPENSES, span))

    def count_answers(self, since: datetime, until: datetime) -> dict[str, int]:
        """How many there were in this time, by source."""
        rows = self.execute(sql.COUNT_ANSWERS, {"since": since, "until": until})
        return {row.source: int(row.rows) for row in rows}

    def spent_since(self, at: datetime) -> int:
        """Millionths of a US dollar paid from `at` on, whether an answer came of it or not."""
        parts = (sql.SPENT_ON_ANSWERS, sql.SPENT_OTHERWISE)
        return sum(int(self.execute(part, {"since": at}).scalar_one()) for part in parts)

    # --- the rest ---

    def cursor(self, name: str) -> str | None:
        value: str | None = self.execute(sql.CURSOR, {"of": name}).scalar()
        return value

    def execute(self, statement: Executable, values: Given = None) -> CursorResult[Any]:
        """Run one of this package's statements; not for callers outside it."""
        return self._connection.execute(statement, values)

    def _settle(self) -> None:
        """Called before a query that depends on columns which a unit may have changed."""

    def _conversation(self, row: Any) -> Conversation:
        return to_conversation(row)

    def _case(self, row: Any) -> Case:
        return to_case(row)

    def _delivery(self, row: Any) -> Delivery:
        return to_delivery(row)
