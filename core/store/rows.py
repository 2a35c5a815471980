"""Rows to records and back, so that column names appear nowhere but here and in the statements."""

from __future__ import annotations

import logging
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from core.cases import CaseState
from core.messages import (
    Address,
    Agent,
    Attachment,
    Author,
    AuthorKind,
    Button,
    CaseRef,
    ConversationId,
    Message,
    Mode,
    Sender,
    Usage,
)
from core.records import (
    Bill,
    Case,
    Conversation,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Expense,
    PaidAnswer,
    Target,
)
from core.redact import hide_tokens

log = logging.getLogger(__name__)

Values = dict[str, Any]
T = TypeVar("T")

_buttons = msgspec.json.Decoder(tuple[Button, ...])
_attachments = msgspec.json.Decoder(tuple[Attachment, ...])


def new_conversation(address: Address, now: datetime) -> Conversation:
    """How a conversation begins; its id is the database's to give."""
    return Conversation(
        id=ConversationId(0),
        address=address,
        mode=Mode.BOT,
        version=0,
        last_seq=0,
        pending_seq=None,
        attempts=0,
        seen_seq=0,
        sender=Sender(),
        language="",
        page="",
        context="",
        case=None,
        agent=None,
        created_at=now,
        updated_at=now,
    )


def to_conversation(row: Any) -> Conversation:
    author = row.agent_kind and Author(
        AuthorKind(row.agent_kind), row.agent_name or "", row.agent_avatar
    )
    return Conversation(
        id=row.id,
        address=Address(row.channel, row.account, row.peer),
        mode=Mode(row.mode),
        version=row.version,
        last_seq=row.last_seq,
        pending_seq=row.pending_seq,
        attempts=row.attempts,
        seen_seq=row.seen_seq,
        sender=Sender(row.sender_name, row.sender_username, row.sender_language),
        language=row.language,
        page=row.page,
        context=row.context,
        case=row.case_id,
        agent=author or None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def conversation_values(record: Conversation) -> Values:
    agent = record.agent
    return {
        "channel": record.address.channel,
        "account": record.address.account,
        "peer": record.address.peer,
        "mode": record.mode.value,
        "version": record.version,
        "last_seq": record.last_seq,
        "pending_seq": record.pending_seq,
        "attempts": record.attempts,
        "seen_seq": record.seen_seq,
        "sender_name": record.sender.name,
        "sender_username": record.sender.username,
        "sender_language": record.sender.language,
        "language": record.language,
        "page": record.page,
        "context": record.context,
        "case_id": record.case,
        "agent_kind": agent.kind.value if agent else None,
        "agent_name": agent.name if agent else None,
        "agent_avatar": agent.avatar if agent else None,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def copied(record: Conversation) -> Conversation:
    """Another object for the same row. `dataclasses.replace` takes ten times as long."""
    return Conversation(*_fields_of(record))


def conversation_changes(old: Conversation, new: Conversation) -> Values:
    """The columns that must be written to make the row of `old` that of `new`."""
    if _fields_of(old) == _fields_of(new):
        return {}
    before, after = conversation_values(old), conversation_values(new)
    return {name: value for name, value in after.items() if value != before[name]}


_fields_of = attrgetter(*(field.name for field in fields(Conversation)))


def to_message(row: Any) -> Message:
    return Message(
        conversation=row.conversation_id,
        seq=row.seq,
        author=Author(AuthorKind(row.author_kind), row.author_name, row.author_avatar),
        text=row.text,
        at=row.at,
        buttons=_decoded(_buttons, row, "buttons"),
        attachments=_decoded(_attachments, row, "attachments"),
        external_id=row.external_id,
        answered_by=row.answered_by,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
    )


def _decoded(decoder: msgspec.json.Decoder[tuple[T, ...]], row: Any, column: str) -> tuple[T, ...]:
    """What `column` of a message holds, nothing where it cannot be read: the words beside it are
    still worth showing, and whoever reads the conversation must get past this row."""
    held = getattr(row, column)
    try:
        return decoder.decode(held) if held else ()
    except msgspec.DecodeError as error:
        where = f"message {row.seq} of conversation {row.conversation_id}"
        _complain(f"the {column} of {where} cannot be read and are left out: {error}", held)
        return ()


@lru_cache(maxsize=200)
def _complain(sentence: str, _held: str) -> None:
    # Cached, because a row is read again and again, and one line about it is enough.
    log.error("%s", sentence)


def to_ref(row: Any) -> CaseRef | None:
    return None if row.thread is None else CaseRef(row.workspace, row.channel, row.thread)


def to_case(row: Any) -> Case:
    agent = row.agent_id is not None
    return Case(
        id=row.id,
        conversation=row.conversation_id,
        state=CaseState(row.state),
        reason=row.reason,
        ref=to_ref(row),
        agent=Agent(row.agent_id, row.agent_name or "", row.agent_avatar) if agent else None,
        opened_at=row.opened_at,
        first_seq=row.first_seq,
        due_at=row.due_at,
        reminded_at=row.reminded_at,
        gave_up_at=row.gave_up_at,
        closed_at=row.closed_at,
    )


def case_values(record: Case) -> Values:
    ref, agent = record.ref, record.agent
    return {
        "conversation_id": record.conversation,
        "open_key": record.conversation if record.closed_at is None else None,
        "state": record.state.value,
        "reason": record.reason,
        "workspace": ref.workspace if ref else None,
        "channel": ref.channel if ref else None,
        "thread": ref.thread if ref else None,
        "agent_id": agent.id if agent else None,
        "agent_name": agent.name if agent else None,
        "agent_avatar": agent.avatar if agent else None,
        "opened_at": record.opened_at,
        "first_seq": record.first_seq,
        "due_at": record.due_at,
        "reminded_at": record.reminded_at,
        "gave_up_at": record.gave_up_at,
        "closed_at": record.closed_at,
    }


def to_delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        key=row.key,
        lane=row.lane,
        target=Target(row.target),
        kind=DeliveryKind(row.kind),
        conversation=row.conversation_id,
        case=row.case_id,
        seq=row.seq,
        part=row.part,
        text=row.text,
        detail=row.detail,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_at=row.next_at,
        first_try_at=row.first_try_at,
        remote_id=row.remote_id,
        error=row.error,
        uncertain=bool(row.uncertain),
    )


def delivery_values(record: Delivery) -> Values:
    return {
        "key": record.key,
        "lane": record.lane,
        "open_lane": None if record.finished else record.lane,
        "target": record.target.value,
        "kind": record.kind.value,
        "conversation_id": record.conversation,
        "case_id": record.case,
        "seq": record.seq,
        "part": record.part,
        "text": record.text,
        "detail": record.detail,
        "state": record.state.value,
        "attempts": record.attempts,
        "next_at": record.next_at,
        "first_try_at": record.first_try_at,
        "remote_id": record.remote_id,
        "error": hide_tokens(record.error),  # a platform's own words may repeat what it was sent
        "uncertain": int(record.uncertain),
    }


def to_answer(row: Any) -> PaidAnswer:
    return PaidAnswer(
        conversation=row.conversation_id,
        seq=row.seq,
        question_seq=row.question_seq,
        question_upto=row.question_upto,
        source=row.source,
        bill=_bill(row),
        milliseconds=row.milliseconds,
        at=row.at,
        version=row.version or "",
    )


def answer_values(record: PaidAnswer) -> Values:
    return {
        "conversation_id": record.conversation,
        "seq": record.seq,
        "question_seq": record.question_seq,
        "question_upto": record.question_upto,
        "source": record.source,
        **_bill_values(record.bill),
        "milliseconds": record.milliseconds,
        "at": record.at,
        "version": record.version,
    }


def to_expense(row: Any) -> Expense:
    return Expense(row.reason, _bill(row), row.conversation_id, row.at)


def expense_values(record: Expense) -> Values:
    return {
        "conversation_id": record.conversation,
        "reason": record.reason,
        **_bill_values(record.bill),
        "at": record.at,
    }


def _bill(row: Any) -> Bill:
    usage = Usage(row.input_tokens, row.output_tokens, row.cached_tokens)
    return Bill(row.model, usage, row.cost_micro_usd)


def _bill_values(bill: Bill) -> Values:
    return {
        "model": bill.model,
        "input_tokens": bill.usage.input_tokens,
        "cached_tokens": bill.usage.cached_tokens,
        "output_tokens": bill.usage.output_tokens,
        "cost_micro_usd": bill.micro_usd,
    }
