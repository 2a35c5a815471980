"""What an agent's event leads to, decided and written inside one transaction."""

from __future__ import annotations

from core.cases import CaseState, Fate
from core.casework import Casework, agent_message_id
from core.customers import Customers
from core.messages import (
    Accepted,
    Agent,
    AgentCommanded,
    AgentDeleted,
    AgentEdited,
    AgentReplied,
    Author,
    AuthorKind,
    Command,
    Message,
    Mode,
    Outcome,
)
from core.notices import Seen
from core.policy import Policy
from core.records import Case, Conversation, DeliveryKind
from core.replies import Replies
from core.store import Transaction


class Agents:
    """Reacts to agents."""

    def __init__(self, replies: Replies, casework: Casework, customers: Customers) -> None:
        self._replies = replies
        self._casework = casework
        self._customers = customers

    def replied(self, tx: Transaction, policy: Policy, event: AgentReplied) -> Accepted:
        case = tx.case_by_ref(event.case)
        if case is None:
            return Accepted(Outcome.IGNORED)
        conversation = tx.conversation_by_id(case.conversation)
        message_id = agent_message_id(event.case, event.external_id)
        if known := tx.message_by_external(conversation.id, message_id):
            return Accepted(Outcome.REPEAT, conversation.id, known.seq)
        if case.closed_at is not None:
            return Accepted(Outcome.CASE_CLOSED, conversation.id)
        first = case.agent is None
        self._take(tx, policy, conversation, case, event.agent, joins=first)
        before = tx.message(conversation.id, conversation.last_seq)
        message = self._replies.say(
            tx,
            conversation,
            author_of(policy, conversation, event.agent),
            event.text,
            attachments=event.attachments,
            external_id=message_id,
            answered_by="agent",
        )
        if self._replies.of(conversation).replays:
            # The transcript is what this customer reads, and the message is in it.
            self._casework.mark_new(tx, conversation, case, message, Fate.DELIVERED)
        if has_news(conversation, before):
            conversation.seen_seq = message.seq - 1
            tx.notify(Seen(conversation.address, conversation.seen_seq))
        return Accepted(Outcome.STORED, conversation.id, message.seq)

    def edited(self, tx: Transaction, event: AgentEdited) -> Accepted:
        return self._changed(tx, event)

    def deleted(self, tx: Transaction, event: AgentDeleted) -> Accepted:
        return self._changed(tx, event)

    def commanded(self, tx: Transaction, policy: Policy, event: AgentCommanded) -> Accepted:
        case = tx.case_by_ref(event.case)
        if case is None:
            return Accepted(Outcome.IGNORED)
        if case.closed_at is not None:
            return Accepted(Outcome.CASE_CLOSED, case.conversation)
        conversation = tx.conversation_by_id(case.conversation)
        match event.command:
            case Command.CLAIM:
                self._take(tx, policy, conversation, case, event.agent, joins=True)
            case Command.BOT:
                self._end(tx, policy, conversation, case, CaseState.HANDED_BACK)
            case Command.CLOSE:
                self._end(tx, policy, conversation, case, CaseState.CLOSED)
        return Accepted(Outcome.STORED, conversation.id)

    def _end(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        case: Case,
        state: CaseState,
    ) -> None:
        """Whoever ends a case means what they have read: any other line is the bot's, as if it
        had come a moment later. It is still shown in the thread."""
        unseen = self._casework.unseen(tx, case)
        self._casework.end(tx, policy, conversation, case, state)
        for message in unseen:
            if conversation.mode is Mode.WAITING:
                return  # one of them has opened a case, and its transcript has them all
            self._customers.react(tx, policy, conversation, message)

    def _take(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        case: Case,
        agent: Agent,
        *,
        joins: bool,
    ) -> None:
        """`joins`: the customer is told, which for every reply of another agent would be noise."""
        if case.agent is not None and case.agent.id == agent.id:
            return
        author = author_of(policy, conversation, agent)
        case.agent, case.state = agent, CaseState.CLAIMED
        self._casework.take(tx, conversation, case, author)
        if joins:
            self._casework.tell(tx, policy, conversation, "agent_joined", agent=author.name)
        self._casework.queue(tx, conversation, case, DeliveryKind.CARD)

    def _changed(self, tx: Transaction, event: AgentEdited | AgentDeleted) -> Accepted:
        case = tx.case_by_ref(event.case)
        if case is None:
            return Accepted(Outcome.IGNORED)
        conversation = tx.conversation_by_id(case.conversation)
        message_id = agent_message_id(event.case, event.external_id)
        known = tx.message_by_external(conversation.id, message_id)
        if known is None:
            return Accepted(Outcome.IGNORED, conversation.id)
        if isinstance(event, AgentDeleted):
            changed = tx.delete(conversation, known.seq)
            kind = DeliveryKind.DELETE
        else:
            changed = tx.edit(conversation, known.seq, event.text, event.at)
            kind = DeliveryKind.EDIT
        if changed is None:
            return Accepted(Outcome.REPEAT, conversation.id, known.seq)
        if told := self._replies.change(tx, conversation, changed, kind):
            self._casework.note(tx, conversation, case, told, seq=known.seq)
        return Accepted(Outcome.STORED, conversation.id, known.seq)


def has_news(conversation: Conversation, before: Message | None) -> bool:
    """Whether the agent who wrote the newest line has seen more of the customer than agents had;
    `before` is the line before it. Whoever answers has read what was written, so that with the
    second line in a row nothing is new."""
    if before is not None and before.author.kind is AuthorKind.AGENT:
        return False
    return conversation.seen_seq < conversation.last_seq - 1


def author_of(policy: Policy, conversation: Conversation, agent: Agent) -> Author:
    """How the customer sees this agent. A platform that is slow gives no name in time."""
    name = agent.name or policy.text("agent_unnamed", conversation.language)
    return Author(AuthorKind.AGENT, name, agent.avatar)
