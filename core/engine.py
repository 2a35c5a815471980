"""Take in every event, see that it is durable, and let the right part answer it.

Everything that is decided about an event is decided inside the transaction that stores it; what
needs a language model is left to the conversation's worker, what needs a platform to the outbox.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from core.agents import Agents
from core.casework import Casework
from core.customers import Customers, Intake
from core.errors import TooManyMessages
from core.ideas import Ideas
from core.limits import CustomerRates
from core.messages import (
    Accepted,
    AgentAskedForRule,
    AgentCommanded,
    AgentDeleted,
    AgentEdited,
    AgentReplied,
    ButtonPressed,
    CustomerDeleted,
    CustomerEdited,
    CustomerSaw,
    CustomerWrote,
    InboundEvent,
    Outcome,
)
from core.policy import Policy
from core.replies import Replies
from core.store import Store, Transaction
from core.turns import Turns


class _Once:
    """A question that costs something to ask, and is asked again when a unit runs again."""

    __slots__ = ("_answer", "_ask", "_event")

    def __init__(self, ask: Callable[[InboundEvent], bool], event: InboundEvent) -> None:
        self._ask = ask
        self._event = event
        self._answer: bool | None = None

    def __call__(self) -> bool:
        if self._answer is None:
            self._answer = self._ask(self._event)
        return self._answer


class Engine:
    """The Inbox of every connector and of the desk."""

    def __init__(
        self,
        store: Store,
        replies: Replies,
        casework: Casework,
        customers: Customers,
        turns: Turns,
        rates: CustomerRates,
        policy: Callable[[], Policy],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._replies = replies
        self._customers = customers
        self._agents = Agents(replies, casework)
        self._ideas = Ideas(store, casework, policy)
        self._turns = turns
        self._rates = rates
        self._policy = policy
        self._now = now

    async def accept(self, event: InboundEvent) -> Accepted:
        """See `core.ports.Inbox.accept`."""
        if isinstance(event, CustomerSaw):
            return Accepted(Outcome.IGNORED)
        if isinstance(event, AgentAskedForRule):
            return await self._ideas.asked_for(event)
        # Counted once and only when it is news: a platform's repeats are not the customer's haste.
        intake = Intake(self._policy(), self._now(), _Once(self._over_limit, event))
        accepted, pending = await self._store.write(lambda tx: self._apply(tx, intake, event))
        if pending and accepted.conversation is not None:
            self._turns.wake(accepted.conversation)
        return accepted

    def _apply(
        self, tx: Transaction, intake: Intake, event: InboundEvent
    ) -> tuple[Accepted, bool]:
        accepted = self._react(tx, intake, event)
        if accepted.outcome is not Outcome.STORED or accepted.conversation is None:
            return accepted, False
        return accepted, tx.conversation_by_id(accepted.conversation).pending_seq is not None

    def _react(self, tx: Transaction, intake: Intake, event: InboundEvent) -> Accepted:
        match event:
            case CustomerWrote():
                return self._customers.wrote(tx, intake, event)
            case ButtonPressed():
                return self._customers.pressed(tx, intake, event)
            case CustomerEdited():
                return self._customers.edited(tx, event)
            case CustomerDeleted():
                return self._customers.deleted(tx, event)
            case AgentReplied():
                return self._agents.replied(tx, intake.policy, event)
            case AgentEdited():
                return self._agents.edited(tx, event)
            case AgentDeleted():
                return self._agents.deleted(tx, event)
            case AgentCommanded():
                return self._agents.commanded(tx, intake.policy, event)
            case CustomerSaw() | AgentAskedForRule():
                return Accepted(Outcome.IGNORED)

    def _over_limit(self, event: InboundEvent) -> bool:
        """A channel that can refuse has the customer try again later; any other stores the
        message all the same, because its platform would not keep it for us."""
        if not isinstance(event, CustomerWrote | ButtonPressed):
            return False
        wait = self._rates.wait_for(event.address)
        if wait and self._replies.can_refuse(event.address.channel):
            raise TooManyMessages(wait)
        return wait > 0
