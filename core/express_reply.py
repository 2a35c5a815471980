"""The short way of an agent's plain reply to a customer who reads the transcript.

It leads to the very rows and notices of `core.agents`, and it is taken only where nothing but the
new line, its mark in the thread and "seen" can come of it: whatever else could matter sends it the
long way. What makes it short is said in `core.express`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from core.agents import author_of, has_news
from core.casework import agent_message_id
from core.express import Applied
from core.messages import Accepted, AgentReplied, Message, Mode, Outcome
from core.notices import MessageStored, Seen
from core.policy import Policy
from core.replies import Replies
from core.store import Claim, Kept, Work
from core.tables import clean


class ExpressReply:
    """`key_of` gives the key under which a platform's id is stored."""

    def __init__(self, replies: Replies, key_of: Callable[[str], int]) -> None:
        self._replies = replies
        self._key_of = key_of

    def store(
        self, policy: Policy, now: datetime, event: AgentReplied, work: Work
    ) -> Applied | None:
        """Store the reply; None, having changed nothing, for the long way."""
        kept = work.in_thread(event.case)
        if kept is None or kept.claim is None or not self._is_plain(event, kept, kept.claim):
            return None
        record, before = kept.record, kept.newest
        message_id = clean(agent_message_id(event.case, event.external_id))
        key = self._key_of(message_id)
        if work.is_repeat(record.id, key):
            return None
        message = Message(
            record.id,
            record.last_seq + 1,
            author_of(policy, record, event.agent),
            clean(event.text),
            now,
            external_id=message_id,
            answered_by="agent",
        )
        work.reply(kept, kept.claim, message, key)
        work.notices.append(MessageStored(record.address, message))
        if has_news(record, before):
            work.saw(kept, message.seq - 1)
            work.notices.append(Seen(record.address, record.seen_seq))
        return Accepted(Outcome.STORED, record.id, message.seq), False

    def _is_plain(self, event: AgentReplied, kept: Kept, claim: Claim) -> bool:
        """Whether this agent has the case already, and nothing else is to be done for it."""
        record = kept.record
        return (
            claim.agent == event.agent.id
            and record.mode is Mode.HUMAN
            and record.pending_seq is None
            and kept.newest is not None
            and not event.attachments
            and self._replies.of(record).replays
        )
