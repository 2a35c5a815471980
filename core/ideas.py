"""Propose a rule for an answer that an agent has marked, as a note in its thread.

The proposal is made beside the event loop, since it tries many words on all rules; what makes it
is imported when the first agent asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.casework import Casework, agent_message_id
from core.messages import Accepted, AgentAskedForRule, AuthorKind, Message, Outcome
from core.policy import Policy
from core.records import Conversation, DeliveryKind
from core.settings import Settings
from core.store import Reader, Store, Transaction

_BEFORE = 60  # lines before an answer in which its question is looked for
_RECENT = 1_000  # questions that the rule must leave alone


@dataclass(frozen=True, slots=True)
class Marked:
    """Message `seq` of a conversation, the lines around it, and what others wrote lately."""

    conversation: Conversation
    seq: int
    lines: Sequence[Message]
    recent: Sequence[tuple[str, str]]


class Ideas:
    """Answers an agent's wish for a rule, once a message."""

    def __init__(self, store: Store, casework: Casework, policy: Callable[[], Policy]) -> None:
        self._store = store
        self._casework = casework
        self._policy = policy

    async def asked_for(self, event: AgentAskedForRule) -> Accepted:
        """Durable when this returns. Raises StoreUnavailable."""
        marked = await self._store.read(lambda tx: _look(tx, event))
        if isinstance(marked, Accepted):
            return marked
        text, code = await asyncio.to_thread(_idea, self._policy().settings, marked)
        return await self._store.write(lambda tx: self._tell(tx, event, marked.seq, text, code))

    def _tell(
        self, tx: Transaction, event: AgentAskedForRule, seq: int, text: str, code: str
    ) -> Accepted:
        case = tx.case_by_ref(event.case)
        if case is None:
            return Accepted(Outcome.IGNORED)
        conversation = tx.conversation_by_id(case.conversation)
        if _is_told(tx, conversation, seq):
            return Accepted(Outcome.REPEAT, conversation.id, seq)
        self._casework.note(tx, conversation, case, text, seq=seq, code=code)
        return Accepted(Outcome.STORED, conversation.id, seq)


def _look(tx: Reader, event: AgentAskedForRule) -> Marked | Accepted:
    case = tx.case_by_ref(event.case)
    if case is None:
        return Accepted(Outcome.IGNORED)
    conversation = tx.conversation_by_id(case.conversation)
    message_id = agent_message_id(event.case, event.external_id)
    answer = tx.message_by_external(conversation.id, message_id)
    if answer is None or answer.author.kind is not AuthorKind.AGENT or answer.deleted_at:
        return Accepted(Outcome.IGNORED, conversation.id)
    if _is_told(tx, conversation, answer.seq):
        return Accepted(Outcome.REPEAT, conversation.id, answer.seq)
    lines = tx.messages(conversation.id, after=answer.seq - _BEFORE)
    return Marked(conversation, answer.seq, lines, tx.recent_questions(_RECENT))


def _is_told(tx: Reader, conversation: Conversation, seq: int) -> bool:
    notes = tx.deliveries_of(conversation.id, seq, (DeliveryKind.NOTE,))
    return any(note.text.startswith(_SIGN) for note in notes)


_SIGN = "💡"


def _idea(settings: Settings, marked: Marked) -> tuple[str, str]:
    """The note, and the YAML below it; "" where no rule can be made."""
    from core.lab.suggest import Unfit
    from core.lab.workbench import proposal_for

    sender = marked.conversation.sender
    customer = f"{sender.name} {sender.username}".strip()
    try:
        made = proposal_for(settings, marked.lines, marked.seq, customer, marked.recent)
    except Unfit as why:
        return f"{_SIGN} No rule can be made of this answer: {why}.", ""
    told = "A rule for this answer, to be pasted at the end of quick_replies. Is it true for all?"
    return f"{_SIGN} {told}", made.yaml()
