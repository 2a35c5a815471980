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
from core.errors import StoreUnavailable, TooManyMessages
from core.express import Applied, Express
from core.express_reply import ExpressReply
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
from core.ports import Told
from core.replies import Replies
from core.store import Store, Transaction, Work
from core.turns import Turns

_COUNTED = (CustomerWrote, ButtonPressed)


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
        self._agents = Agents(replies, casework, customers)
        self._ideas = Ideas(store, casework, policy)
        self.express = Express(replies, store.key_of)
        self.express_reply = ExpressReply(replies, store.key_of)
        self._turns = turns
        self._rates = rates
        self.policy = policy
        self.now = now

    async def accept(self, event: InboundEvent) -> Accepted:
        """See `core.ports.Inbox.accept`."""
        if isinstance(event, CustomerSaw):
            return Accepted(Outcome.IGNORED)
        if isinstance(event, AgentAskedForRule):
            return await self._ideas.asked_for(event)
        unit = Unit(self, event, lambda _answer: None)
        return self.known(await self._store.write(unit.run, unit.quick))

    def hand_in(self, event: InboundEvent, told: Told) -> None:
        """See `core.ports.Inbox.hand_in`."""
        if isinstance(event, CustomerSaw):
            told(Accepted(Outcome.IGNORED))
            return
        try:
            self._store.hand_in(Unit(self, event, told))
        except StoreUnavailable as error:
            told(error)

    def known(self, applied: Applied) -> Accepted:
        """What came of an event, once it is on disk."""
        accepted, pending = applied
        if pending and accepted.conversation is not None:
            self._turns.wake(accepted.conversation)
        return accepted

    def apply(self, tx: Transaction, intake: Intake, event: InboundEvent) -> Applied:
        """React to an event inside the transaction that stores it."""
        if isinstance(event, AgentReplied):
            with self._replies.following(tx, event.at):
                accepted = self._react(tx, intake, event)
        else:
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
                return self._customers.edited(tx, intake, event)
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

    def over_limit(self, event: InboundEvent) -> bool:
        """A channel that can refuse has the customer try again later; any other stores the
        message all the same, because its platform would not keep it for us."""
        if not isinstance(event, _COUNTED):
            return False
        wait = self._rates.wait_for(event.address)
        if wait and self._replies.can_refuse(event.address.channel):
            raise TooManyMessages(wait)
        return wait > 0

    def count_less(self, event: InboundEvent) -> None:
        """What `over_limit` has counted is not the customer's haste."""
        if isinstance(event, _COUNTED):
            self._rates.give_back(event.address)


class Unit:
    """One event on its way into the store, which may run it again: it keeps its time and policy,
    and counts against its customer's limit only once."""

    __slots__ = ("_at", "_engine", "_event", "_policy", "_told", "_too_fast")

    def __init__(self, engine: Engine, event: InboundEvent, told: Told) -> None:
        self._engine = engine
        self._event = event
        self._told = told
        self._policy = engine.policy()
        self._at = engine.now()
        self._too_fast: bool | None = None

    def quick(self, work: Work) -> Applied | None:
        event, engine = self._event, self._engine
        if type(event) is CustomerWrote:
            return engine.express.answer(self._policy, self._at, self.too_fast, event, work)
        if type(event) is AgentReplied:
            return engine.express_reply.store(self._policy, self._at, event, work)
        return None

    def run(self, tx: Transaction) -> Applied:
        intake = Intake(self._policy, self._at, self.too_fast)
        applied = self._engine.apply(tx, intake, self._event)
        if self._too_fast is False and applied[0].outcome is Outcome.REPEAT:
            self._too_fast = None  # it was taken for news on the short way
            self._engine.count_less(self._event)
        return applied

    def done(self, result: Applied, error: Exception | None) -> None:
        self._told(self._engine.known(result) if error is None else error)

    def too_fast(self) -> bool:
        # Only asked when the event is news: a platform's repeats are not the customer's haste.
        if self._too_fast is None:
            self._too_fast = self._engine.over_limit(self._event)
        return self._too_fast
