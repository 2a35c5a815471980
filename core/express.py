"""The short way of a message that a rule answers, which is the way of nearly all messages.

It leads to the very rows and notices of `core.customers`, and it is taken only where nothing but
two new lines can come of a message: whatever else could matter sends it the long way. What makes
it short: the conversation is the one the writer remembers and the message is trusted to be news,
so nothing is read; no record is copied and compared; all questions of a commit are inserted by one
statement, and so are all answers.
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

# To look up a member of an enum takes longer than to make a message.
_BOT, _CUSTOMER, _STORED, _STOP = Mode.BOT, AuthorKind.CUSTOMER, Outcome.STORED, Then.STOP

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
        try:
            if work.is_repeat(record.id, key) or too_fast():
                return None
        except TooManyMessages:  # the customer is told so on the long way
            return None
        hit = policy.decide(event.text, record, now, language, tokens)
        if not _answers(hit):
            return None
        seq, address = record.last_seq + 1, event.address
        question = _question(record, seq, event, now)
        answer = _answer(record, seq + 1, policy, hit, now)
        work.exchange(kept, question, key, answer, language)
        work.notices += MessageStored(address, question), MessageStored(address, answer)
        return Accepted(_STORED, record.id, seq), False

    def _is_plain(self, event: CustomerWrote, kept: Kept) -> bool:
        """Whether nobody but a rule can have to do with this message."""
        record, newest = kept.record, kept.newest
        return (
            record.mode is _BOT
            and record.case is None
            and record.pending_seq is None
            and newest is not None
            and not event.attachments
            and self._replies.of(record).replays
            and (not newest.buttons or chosen(event.text, newest) is None)
        )


def _question(record: Conversation, seq: int, event: CustomerWrote, now: datetime) -> Message:
    at = now if event.at is None else written_at(now, event.at)
    author = Author(_CUSTOMER, record.sender.name)
    id = clean(event.external_id)
    return Message(record.id, seq, author, clean(event.text), at, (), (), id)


def _answer(record: Conversation, seq: int, policy: Policy, hit: Hit, now: datetime) -> Message:
    by = f"rule:{hit.rule.id}"
    return Message(record.id, seq, policy.bot, clean(hit.text), now, hit.buttons, (), "", by)


def _answers(decision: Decision) -> TypeGuard[Hit]:
    """Whether a rule's words are all that comes of it."""
    return isinstance(decision, Hit) and decision.rule.then is _STOP and bool(decision.text)
