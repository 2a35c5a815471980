"""Changes to the database, made by one unit of work.

A unit is a plain function of a Transaction. It may be run more than once: when another unit of
its batch fails, everything is rolled back and each runs again by itself. So it must decide from
what it reads in the transaction, and change nothing else than the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec.structs import replace
from sqlalchemy import CursorResult, Executable, Table
from sqlalchemy.sql import visitors

from core.cases import CaseState
from core.messages import (
    Address,
    Attachment,
    Author,
    Button,
    CaseId,
    ConversationId,
    DeliveryKey,
    Message,
)
from core.notices import MessageDeleted, MessageEdited, MessageStored, Notice
from core.records import (
    Case,
    Conversation,
    Delivery,
    DeliveryKind,
    Expense,
    PaidAnswer,
    Target,
)
from core.store import filing, rows
from core.store import statements as sql
from core.store.identity import Identity, Record
from core.store.known import Kept
from core.store.queued import lane_of_case
from core.store.reader import ExternalKey, Given, Reader
from core.store.work import Work
from core.tables import clean


class Transaction(Reader):
    """One unit's view of the store, with its own writes.

    The same row is always the same record object. Records may be changed in place; the changes
    are written when the unit returns, or earlier when a query needs them.
    """

    def __init__(
        self,
        work: Work,
        now: datetime,
        external_key: ExternalKey,
        keep_files: timedelta,
    ) -> None:
        super().__init__(work.connection, now, external_key)
        self.notices: list[Notice] = []
        self.later: list[Callable[[], None]] = []
        self.wakes = False
        self.wrote = False
        self.relives = False  # what is said now may have been said before a backup was put back
        self._keep_files = keep_files
        self._work = work
        self._conversations: dict[ConversationId, Conversation] = {}
        self._newest: dict[ConversationId, Message | None] = {}
        self._keys: dict[tuple[ConversationId, str], int] = {}
        self._cases = Identity(rows.to_case, rows.case_values, sql.SET_CASE)
        self._deliveries = Identity(rows.to_delivery, rows.delivery_values, sql.SET_DELIVERY)

    # --- conversations ---

    def open_conversation(self, address: Address) -> Conversation:
        """The conversation of `address`; a new one, in mode BOT, if nobody wrote from there."""
        found = self.conversation(address)
        if found is not None:
            return found
        record = rows.new_conversation(address, self.now)
        values = rows.conversation_values(record)
        record.id = ConversationId(self._insert(sql.ADD_CONVERSATION, values))
        self._conversations[record.id] = record
        self._work.keep(record)
        return record

    def conversation(self, address: Address) -> Conversation | None:
        kept = self._work.at(address)
        return super().conversation(address) if kept is None else self._handed_out(kept)

    def conversation_by_id(self, conversation_id: ConversationId) -> Conversation:
        if (own := self._conversations.get(conversation_id)) is not None:
            return own
        kept = self._work.get(conversation_id)
        if kept is None:
            return super().conversation_by_id(conversation_id)
        return self._handed_out(kept)

    def _handed_out(self, kept: Kept) -> Conversation:
        """The one object of this transaction for a conversation."""
        id = kept.record.id
        if (own := self._conversations.get(id)) is not None:
            return own
        self._newest[id] = kept.newest
        self._conversations[id] = record = rows.copied(kept.record)
        return record

    # --- messages ---

    def append(
        self,
        conversation: Conversation,
        author: Author,
        text: str,
        *,
        buttons: Sequence[Button] = (),
        attachments: Sequence[Attachment] = (),
        external_id: str = "",
        answered_by: str = "",
        at: datetime | None = None,
    ) -> Message:
        """Store the next message and tell the listeners with MessageStored.

        Attachments without an id get one and a row in files. `at` is now unless given. Raises
        ValueError when `external_id` is stored already: ask `message_by_external` first.
        """
        key = self._free_key(conversation.id, external_id) if external_id else None
        conversation.last_seq += 1
        message = Message(
            conversation=conversation.id,
            seq=conversation.last_seq,
            author=author,
            text=clean(text),
            at=at or self.now,
            buttons=tuple(buttons),
            attachments=self._attached(conversation, attachments),
            external_id=clean(external_id),
            answered_by=answered_by,
        )
        self.wrote = True
        self._work.add(message, key)
        self._newest[conversation.id] = message
        self.notify(MessageStored(conversation.address, message))
        return message

    def message(self, conversation_id: ConversationId, seq: int) -> Message | None:
        newest = self._newest.get(conversation_id)
        if newest is not None and newest.seq == seq:
            return newest
        return super().message(conversation_id, seq)

    def edit(
        self, conversation: Conversation, seq: int, text: str, at: datetime | None = None
    ) -> Message | None:
        """Change a message's text; None when there is none, it is deleted, or it reads so, or was
        changed later than `at`."""
        message = self.message(conversation.id, seq)
        if message is None or message.deleted_at or message.text == clean(text):
            return None
        if at is not None and message.edited_at is not None and at < message.edited_at:
            return None
        edited = replace(message, text=clean(text), edited_at=at or self.now)
        self._set_message(edited, text=edited.text, edited_at=edited.edited_at)
        self.notify(MessageEdited(conversation.address, seq, edited.text))
        return edited

    def delete(self, conversation: Conversation, seq: int) -> Message | None:
        """Empty a message; None when there is none or it is deleted already.

        Its buttons go too, and the bytes of its attachments with the next sweep.
        """
        message = self.message(conversation.id, seq)
        if message is None or message.deleted_at:
            return None
        filing.expire_now(self, message.attachments)
        deleted = replace(message, text="", buttons=(), attachments=(), deleted_at=self.now)
        self._set_message(deleted, text="", buttons=None, attachments=None, deleted_at=self.now)
        self.notify(MessageDeleted(conversation.address, seq))
        return deleted

    def _free_key(self, conversation_id: ConversationId, external_id: str) -> int:
        looked_up = self._keys.pop((conversation_id, external_id), None)
        if looked_up is not None:
            return looked_up
        stored, key = self._look_up(conversation_id, external_id)
        if stored is not None:
            raise ValueError(f"{external_id!r} is message {stored.seq} already")
        return key

    def _look_up(
        self, conversation_id: ConversationId, external_id: str
    ) -> tuple[Message | None, int]:
        key = self._external_key(clean(external_id))
        if self._work.external_id(conversation_id, key) is not None:
            return super()._look_up(conversation_id, external_id)
        self._keys[conversation_id, external_id] = key
        return None, key

    def _attached(
        self, conversation: Conversation, attachments: Sequence[Attachment]
    ) -> tuple[Attachment, ...]:
        if not attachments:
            return ()
        return filing.attach(self, conversation.id, attachments, self.now + self._keep_files)

    def _set_message(self, message: Message, **values: Any) -> None:
        self._newest[message.conversation] = None
        which = {"row_id": message.conversation, "number": message.seq}
        self.execute(sql.SET_MESSAGE, {**which, **values})

    # --- cases ---

    def open_case(self, conversation: Conversation, reason: str, first_seq: int) -> Case:
        """A new WAITING case, set as `conversation.case`. Raises ValueError when one is open."""
        if conversation.case is not None:
            raise ValueError(f"case {conversation.case} of this conversation is still open")
        self._settle()
        case = Case(
            id=CaseId(0),
            conversation=conversation.id,
            state=CaseState.WAITING,
            reason=reason,
            ref=None,
            agent=None,
            opened_at=self.now,
            first_seq=first_seq,
        )
        case.id = CaseId(self._insert(sql.ADD_CASE, rows.case_values(case)))
        conversation.case = case.id
        return self._cases.keep(case)

    def end_case(self, case: Case, state: CaseState) -> None:
        """Close `case` with `state` (HANDED_BACK or CLOSED): `closed_at` is now, nothing is due
        any more, and the conversation is without a case."""
        case.state = state
        case.closed_at = self.now
        case.due_at = None
        conversation = self.conversation_by_id(case.conversation)
        if conversation.case == case.id:
            conversation.case = None

    # --- deliveries ---

    def add_delivery(
        self,
        *,
        conversation: Conversation,
        target: Target,
        kind: DeliveryKind,
        seq: int,
        case: Case | None = None,
        part: int | None = 0,
        text: str = "",
        detail: str = "",
        key: DeliveryKey | None = None,
        next_at: datetime | None = None,
        lane: str = "",
    ) -> None:
        """Something to send, at `next_at` (now) or later.

        `lane` and `key` are made unless given. `part` None takes the next free number, for what
        can happen to a message repeatedly. A second (lane, kind, seq, part) or `key` is an error.
        """
        lane = lane or _lane(target, conversation, case)
        if part is None:
            part = self._next_part(conversation.id, seq, kind, lane)
        at = next_at or self.now
        id, case_id = conversation.id, case.id if case else None
        self._work.queued.add(lane, target, kind, id, case_id, seq, part, text, detail, at, key)
        self.wrote = True
        self.wake()

    def hold_reply(self, conversation: Conversation, seq: int) -> None:
        """What is queued of this line waits until the admin says otherwise."""
        self.execute(sql.HOLD_REPLY, {"conversation": conversation.id, "of": seq})

    def finish(self, ids: Sequence[int]) -> None:
        """These were sent, and nobody needs their receipts."""
        if ids:
            self.execute(sql.FINISH_DELIVERY, [{"row_id": id} for id in ids])

    # --- money ---

    def add_answer(self, answer: PaidAnswer) -> None:
        """Note what an answer has cost, in the transaction that says it."""
        self.execute(sql.ADD_ANSWER, rows.answer_values(answer))

    def add_expense(self, expense: Expense) -> None:
        """Note what was paid without an answer."""
        self.execute(sql.ADD_EXPENSE, rows.expense_values(expense))

    # --- the rest ---

    def notify(self, notice: Notice) -> None:
        """Tell the listeners after the commit."""
        self.notices.append(notice)

    def afterwards(self, call: Callable[[], None]) -> None:
        """Make `call` after the commit, on the event loop. Lost if the process dies before."""
        self.later.append(call)

    def wake(self) -> None:
        """Call the `on_work` listeners after the commit. New deliveries, a changed `pending_seq`
        and a changed `due_at` do so by themselves."""
        self.wakes = True

    def set_cursor(self, name: str, value: str) -> None:
        if self.cursor(name) is None:
            self.execute(sql.ADD_CURSOR, {"name": name, "value": value})
        else:
            self.execute(sql.SET_CURSOR, {"of": name, "value": value})

    def flush(self) -> None:
        """Write what was changed in place. The writer calls it when the unit returns."""
        for conversation in self._conversations.values():
            self._flush_conversation(conversation)
        for case, changed in self._cases.changes():
            self.wakes |= changed.get("due_at") is not None
            self._update(self._cases, case, changed)
        for case in self._cases:
            self._work.look_at(case)
        for delivery, changed in self._deliveries.changes():
            self._update(self._deliveries, delivery, changed)

    def _flush_conversation(self, conversation: Conversation) -> None:
        kept = self._work.get(conversation.id)
        changed = {} if kept is None else rows.conversation_changes(kept.record, conversation)
        if changed:
            if "updated_at" not in changed:
                conversation.updated_at = changed["updated_at"] = self.now
            self.wakes |= changed.get("pending_seq") is not None
            self.wrote = True
            self._work.change(conversation.id, changed)
        self._work.keep(conversation, self._newest.get(conversation.id))

    def execute(self, statement: Executable, values: Given = None) -> CursorResult[Any]:
        self._work.write_for(_tables_of(statement))
        self.wrote |= not statement.is_select
        return super().execute(statement, values)

    def _insert(self, statement: Executable, values: rows.Values) -> int:
        result = self.execute(statement, values)
        number: int = result.inserted_primary_key[0]  # type: ignore[index]
        return number

    def _update(self, table: Identity[Record], record: Record, changed: rows.Values) -> None:
        self.execute(table.update, {"row_id": record.id, **changed})

    def _settle(self) -> None:
        self.flush()

    def _conversation(self, row: Any) -> Conversation:
        record = rows.to_conversation(row)
        return self._handed_out(self._work.get(record.id) or self._work.keep(record))

    def _case(self, row: Any) -> Case:
        return self._cases.record(row)

    def _delivery(self, row: Any) -> Delivery:
        return self._deliveries.record(row)


@lru_cache(maxsize=256)  # the statements of this package are as many as there are
def _tables_of(statement: Executable) -> frozenset[str]:
    found = visitors.iterate(statement)  # type: ignore[arg-type]
    return frozenset(element.name for element in found if isinstance(element, Table))


def _lane(target: Target, conversation: Conversation, case: Case | None) -> str:
    if target is Target.CUSTOMER:
        return f"customer:{conversation.id}"
    if case is None:
        raise ValueError("a delivery to the desk needs its case")
    return lane_of_case(case.id)
