"""The short way of a message that a rule answers, which is the way of nearly all messages.

It leads to the very rows and notices of `core.customers`, and it is taken only where nothing but
two new lines can come of a message: whatever else could matter sends it the long way. What makes
it short: the conversation is the one the writer remembers, so nothing is read but the key of the
message; no record is copied and compared; all lines of a commit are inserted by one statement.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeGuard

from core.customers import chosen, learned, written_at
from core.errors import TooManyMessages
from core.folding import words
from core.messages import (
    Accepted,
    Author,
    AuthorKind,
    CustomerWrote,
    Message,
    Mode,
    Outcome,
)
from core.notices import MessageStored
from core.policy import Decision, Policy
from core.quick_replies import Hit, Then
from core.records import Conversation
from core.replies import Replies
from core.store import Kept, Work
from core.tables import clean

Applied = tuple[Accepted, bool]
"""What became of an event, and whether its conversation waits for an answer now."""


class Express:
    """`key_of` gives the key under which a platform's id is stored."""

    def __init__(self, replies: Replies, key_of: Callable[[str], int]) -> None:
        self._replies = replies
        self._key_of = key_of

    def answer(
        self,
        policy: Policy,
        now: datetime,
        too_fast: Callable[[], bool],
        event: CustomerWrote,
        work: Work,
    ) -> Applied | None:
        """Store the message with its answer; None, having changed nothing, for the long way.
        `now` and `too_fast` are those of `core.customers.Intake`."""
        kept = work.at(event.address)
        if kept is None or not self._is_plain(event, kept):
            return None
        record = kept.record
        tokens = words(event.text)
        sender, context, page, language = learned(policy, record, event, tokens)
        if (sender, context, page) != (record.sender, record.context, record.page):
            return None
        key = self._key_of(event.external_id)
        if work.is_repeat(record.id, key) or _passed(too_fast):
            return None
        hit = policy.decide(event.text, record, now, language, tokens)
        if not _answers(hit):
            return None
        question = Message(
            record.id,
            record.last_seq + 1,
            Author(AuthorKind.CUSTOMER, record.sender.name),
            clean(event.text),
            written_at(now, event.at),
            external_id=clean(event.external_id),
        )
        answer = _answer(record, policy, hit, now)
        work.exchange(kept, question, key, answer, language)
        address = event.address
        work.notices += MessageStored(address, question), MessageStored(address, answer)
        return Accepted(Outcome.STORED, record.id, question.seq), False

    def _is_plain(self, event: CustomerWrote, kept: Kept) -> bool:
        """Whether nobody but a rule can have to do with this message."""
        record, newest = kept.record, kept.newest
        return (
            record.mode is Mode.BOT
            and record.case is None
            and record.pending_seq is None
            and newest is not None
            and not event.attachments
            and self._replies.of(record).replays
            and chosen(event.text, newest) is None
        )


def _answer(record: Conversation, policy: Policy, hit: Hit, now: datetime) -> Message:
    return Message(
        record.id,
        record.last_seq + 2,
        policy.bot,
        clean(hit.text),
        now,
        hit.buttons,
        answered_by=f"rule:{hit.rule.id}",
    )


def _passed(too_fast: Callable[[], bool]) -> bool:
    """Whether the customer's limit is passed; what then happens is decided on the long way."""
    try:
        return too_fast()
    except TooManyMessages:
        return True


def _answers(decision: Decision) -> TypeGuard[Hit]:
    """Whether a rule's words are all that comes of it."""
    return isinstance(decision, Hit) and decision.rule.then is Then.STOP and bool(decision.text)
