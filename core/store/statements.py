"""Every statement, built once: building one costs more than running it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnClause,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from core.tables import (
    answers,
    cases,
    conversations,
    cursors,
    deliveries,
    expenses,
    files,
    messages,
    vectors,
)

_conversation: BindParameter[Any] = bindparam("conversation")
_limit: BindParameter[Any] = bindparam("limit")

# --- conversations --------------------------------------------------------------------------

CONVERSATION = select(conversations).where(conversations.c.id == _conversation)
CONVERSATION_AT = select(conversations).where(
    conversations.c.channel == bindparam("channel"),
    conversations.c.account == bindparam("account"),
    conversations.c.peer == bindparam("peer"),
)
PENDING = (
    select(conversations.c.id)
    .where(conversations.c.pending_seq.is_not(None))
    .order_by(conversations.c.updated_at)
)
ADD_CONVERSATION = conversations.insert()
ADVANCE = (
    conversations.update()
    .where(conversations.c.id == bindparam("row_id"))
    .values(last_seq=bindparam("to_seq"), updated_at=bindparam("at"))
)
STAND = (
    conversations.update()
    .where(conversations.c.id == bindparam("row_id"))
    .values(
        last_seq=bindparam("to_seq"),
        updated_at=bindparam("at"),
        seen_seq=bindparam("to_seen"),
        language=bindparam("spoken"),
    )
)
"""Whatever the short ways change."""
SET_CONVERSATION = conversations.update().where(conversations.c.id == bindparam("row_id"))

# --- messages -------------------------------------------------------------------------------

_of_conversation = select(messages).where(messages.c.conversation_id == _conversation)

MESSAGE = _of_conversation.where(messages.c.seq == bindparam("number"))
MESSAGES = (
    _of_conversation.where(
        messages.c.seq > bindparam("after"), messages.c.seq <= bindparam("upto")
    )
    .order_by(messages.c.seq)
    .limit(_limit)
)
LATEST = (
    _of_conversation.where(messages.c.seq < bindparam("before"))
    .order_by(messages.c.seq.desc())
    .limit(_limit)
)
CHANGED = _of_conversation.where(
    messages.c.seq <= bindparam("upto"),
    or_(messages.c.edited_at.is_not(None), messages.c.deleted_at.is_not(None)),
).order_by(messages.c.seq)
MESSAGE_BY_KEY = _of_conversation.where(messages.c.external_key == bindparam("hash"))
EXTERNAL_ID = select(messages.c.external_id).where(
    messages.c.conversation_id == _conversation, messages.c.external_key == bindparam("hash")
)
ADD_MESSAGE = messages.insert()
# What most lines have alike is said in the statement.
ADD_QUESTION = messages.insert().values(
    author_kind=literal_column("'customer'"), answered_by=literal_column("''")
)
ADD_RULES_ANSWER = messages.insert().values(
    author_kind=literal_column("'bot'"), external_id=literal_column("''")
)
ADD_REPLY = messages.insert().values(
    author_kind=literal_column("'agent'"), answered_by=literal_column("'agent'")
)
SET_MESSAGE = messages.update().where(
    messages.c.conversation_id == bindparam("row_id"), messages.c.seq == bindparam("number")
)

RECENT_QUESTIONS = (
    select(messages.c.text, conversations.c.sender_name, conversations.c.sender_username)
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .where(messages.c.author_kind == "customer", messages.c.deleted_at.is_(None))
    .order_by(messages.c.conversation_id.desc(), messages.c.seq.desc())
    .limit(_limit)
)

# --- cases ----------------------------------------------------------------------------------

CASE = select(cases).where(cases.c.id == bindparam("case"))
CASE_AT = select(cases).where(
    cases.c.workspace == bindparam("at_workspace"),
    cases.c.channel == bindparam("at_channel"),
    cases.c.thread == bindparam("at_thread"),
)
OPEN_CASES = select(cases).where(cases.c.open_key.is_not(None)).order_by(cases.c.id)
EARLIER_REFS = (
    select(cases.c.workspace, cases.c.channel, cases.c.thread)
    .where(
        cases.c.conversation_id == _conversation,
        cases.c.id < bindparam("case"),
        cases.c.thread.is_not(None),
    )
    .order_by(cases.c.id)
)
DUE_CASES = (
    select(cases)
    .where(cases.c.due_at <= bindparam("now"))
    .order_by(cases.c.due_at, cases.c.id)
    .limit(_limit)
)
NEXT_CASE_DUE = select(func.min(cases.c.due_at))
ADD_CASE = cases.insert()
SET_CASE = cases.update().where(cases.c.id == bindparam("row_id"))

# --- deliveries -----------------------------------------------------------------------------

_open = deliveries.c.open_lane.is_not(None)

DELIVERY = select(deliveries).where(deliveries.c.id == bindparam("delivery"))
# The lanes, each found from the one before it by a step in the index: to group all open rows by
# their lane would read every one of them each time, however few lanes there are.
_first_lane = select(func.min(deliveries.c.open_lane).label("lane")).where(_open)
_lanes = _first_lane.cte("lanes", recursive=True)
_next_lane = (
    select(func.min(deliveries.c.open_lane))
    .where(deliveries.c.open_lane > _lanes.c.lane)
    .scalar_subquery()
)
_lanes = _lanes.union_all(select(_next_lane).where(_lanes.c.lane.is_not(None)))
_queue = deliveries.alias("queue")
_head = select(func.min(_queue.c.id)).where(_queue.c.open_lane == _lanes.c.lane).scalar_subquery()
HEADS = (
    select(deliveries)
    .where(
        deliveries.c.id.in_(
            select(_head).where(
                _lanes.c.lane.is_not(None),
                _lanes.c.lane.not_in(bindparam("busy", expanding=True)),
            )
        )
    )
    .order_by(deliveries.c.next_at, deliveries.c.id)
    .limit(_limit)
)
DELIVERIES_OF = (
    select(deliveries)
    .where(
        deliveries.c.conversation_id == _conversation,
        deliveries.c.seq == bindparam("number"),
        deliveries.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(deliveries.c.id)
)
POSTED_AS = (
    select(deliveries)
    .where(
        deliveries.c.conversation_id == _conversation,
        deliveries.c.lane == bindparam("of_lane"),
        deliveries.c.remote_id == bindparam("remote"),
    )
    .order_by(deliveries.c.id)
)
LAST_PART = select(func.max(deliveries.c.part)).where(
    deliveries.c.conversation_id == _conversation,
    deliveries.c.seq == bindparam("number"),
    deliveries.c.kind == bindparam("of_kind"),
    deliveries.c.lane == bindparam("of_lane"),
)
LANE = (
    select(deliveries)
    .where(deliveries.c.open_lane == bindparam("of_lane"))
    .order_by(deliveries.c.id)
)
FIRST_OF_LANE = LANE.limit(_limit)
UNFINISHED = select(func.count()).where(deliveries.c.open_lane == bindparam("of_lane"))
PENDING_COUNTS = (
    select(deliveries.c.target, func.count().label("rows"))
    .where(_open)
    .group_by(deliveries.c.target)
)
_by: BindParameter[int] = bindparam("by", type_=BigInteger)  # microseconds, as `Instant` has them
BRING_DELIVERIES_FORWARD = (
    deliveries.update()
    .where(_open, deliveries.c.next_at > bindparam("now"))
    .values(next_at=type_coerce(deliveries.c.next_at, BigInteger) + _by)
)
BRING_CASES_FORWARD = (
    cases.update()
    .where(cases.c.due_at > bindparam("now"))
    .values(due_at=type_coerce(cases.c.due_at, BigInteger) + _by)
)
PUT_DELIVERIES_OFF = (
    deliveries.update()
    .where(
        _open,
        deliveries.c.next_at > bindparam("from"),
        deliveries.c.next_at < bindparam("until"),
    )
    .values(next_at=type_coerce(deliveries.c.next_at, BigInteger) + _by)
)
HELD_COUNT = select(func.count()).where(deliveries.c.state == "held")
# A change of what was sent may be made again at any time.
HOLD_FOR_CUSTOMERS = (
    deliveries.update()
    .where(_open, deliveries.c.target == "customer", deliveries.c.kind == "reply")
    .values(state="held", open_lane=None)
)
HOLD_REPLY = (
    deliveries.update()
    .where(
        _open,
        deliveries.c.target == "customer",
        deliveries.c.conversation_id == bindparam("conversation"),
        deliveries.c.seq == bindparam("of"),
    )
    .values(state="held", open_lane=None)
)
DOUBT_FOR_DESK = (
    deliveries.update()
    .where(_open, deliveries.c.target == "desk")
    .values(
        state="uncertain",
        first_try_at=func.coalesce(deliveries.c.first_try_at, deliveries.c.next_at),
        next_at=bindparam("now"),
    )
)
RELEASE_HELD = (
    deliveries.update()
    .where(deliveries.c.state == "held")
    .values(state="pending", open_lane=deliveries.c.lane, next_at=bindparam("now"))
)
ADD_DELIVERY = deliveries.insert()
_nothing: ColumnClause[str] = literal_column("''")
_zero: ColumnClause[int] = literal_column("0")
ADD_MARK = deliveries.insert().values(
    target=literal_column("'desk'"),
    kind=literal_column("'mark'"),
    part=_zero,
    detail=literal_column("'delivered'"),
    state=literal_column("'pending'"),
    attempts=_zero,
    remote_id=_nothing,
    error=_nothing,
    uncertain=_zero,
)
FINISH_DELIVERY = (
    deliveries.update()
    .where(deliveries.c.id == bindparam("row_id"))
    .values(state="sent", open_lane=None, error="")
)
SET_DELIVERY = deliveries.update().where(deliveries.c.id == bindparam("row_id"))

# --- money ----------------------------------------------------------------------------------

ANSWER = select(answers).where(
    answers.c.conversation_id == _conversation, answers.c.seq == bindparam("number")
)
ANSWERS = (
    select(answers)
    .where(answers.c.at >= bindparam("since"), answers.c.at < bindparam("until"))
    .order_by(answers.c.at, answers.c.conversation_id, answers.c.seq)
)
COUNT_ANSWERS = (
    select(answers.c.source, func.count().label("rows"))
    .where(answers.c.at >= bindparam("since"), answers.c.at < bindparam("until"))
    .group_by(answers.c.source)
    .order_by(answers.c.source)
)
EXPENSES = (
    select(expenses)
    .where(expenses.c.at >= bindparam("since"), expenses.c.at < bindparam("until"))
    .order_by(expenses.c.at, expenses.c.id)
)
SPENT_ON_ANSWERS = select(func.coalesce(func.sum(answers.c.cost_micro_usd), 0)).where(
    answers.c.at >= bindparam("since")
)
SPENT_OTHERWISE = select(func.coalesce(func.sum(expenses.c.cost_micro_usd), 0)).where(
    expenses.c.at >= bindparam("since")
)
ADD_ANSWER = answers.insert()
ADD_EXPENSE = expenses.insert()

# --- cursors --------------------------------------------------------------------------------

CURSOR = select(cursors.c.value).where(cursors.c.name == bindparam("of"))
ADD_CURSOR = cursors.insert()
SET_CURSOR = cursors.update().where(cursors.c.name == bindparam("of"))

# --- files ----------------------------------------------------------------------------------

FILE = select(files).where(files.c.id == bindparam("file"))
PICTURE = select(files).where(files.c.picture_key == bindparam("hash"))
EXPIRED_FILES = (
    select(files)
    .where(files.c.expires_at <= bindparam("now"))
    .order_by(files.c.expires_at)
    .limit(_limit)
)
KNOWN_FILES = select(files.c.id).where(files.c.id.in_(bindparam("ids", expanding=True)))
ADD_FILE = files.insert()
SET_FILE = files.update().where(files.c.id == bindparam("file"))
DROP_FILE = files.delete().where(files.c.id == bindparam("file"))
EXPIRE_FILES = files.update().where(files.c.id.in_(bindparam("ids", expanding=True)))

# --- vectors --------------------------------------------------------------------------------

VECTORS = select(vectors).where(vectors.c.key.in_(bindparam("keys", expanding=True)))
VECTOR_KEYS = select(vectors.c.key)
ADD_VECTOR = vectors.insert()
FORGET_VECTORS = vectors.delete().where(vectors.c.key.in_(bindparam("keys", expanding=True)))
