"""Answer what only GPT can, one burst of a customer's messages at a time.

An answer is written only if nothing has changed meanwhile: when an agent takes over while GPT
still thinks, the bot stays silent. What it cost is written with it, and also when it is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import prices
from core.budget import Budget, Step
from core.calls import Calls
from core.casework import Casework
from core.customers import Customers
from core.errors import ModelError, ModelPaused, ModelRefused
from core.handover import Cause, HandOver
from core.messages import Answer, AuthorKind, ConversationId, Message, Mode, Usage
from core.policy import Policy
from core.ports import LanguageModel
from core.presence import Presence
from core.recognition import Recognition
from core.records import AnswerSource, Bill, Conversation, Expense, ExpenseReason, PaidAnswer
from core.replies import Replies
from core.store import Store, Transaction
from core.tasks import Tasks
from core.workers import Workers

log = logging.getLogger(__name__)

_HISTORY = 60  # messages looked at; the token budget usually ends sooner
_PAUSE = 0.5  # seconds before a failed call is made again
_STALE = timedelta(hours=4)  # whoever wrote longer ago has gone, or has asked elsewhere


@dataclass(frozen=True, slots=True)
class _Turn:
    """A burst of messages that GPT answers as one: `first` to `last`, at `version`. The customer
    waits since `asked_at`; the answer may be paid for as `step` says."""

    conversation: Conversation
    version: int
    first: int
    last: int
    asked_at: datetime
    history: tuple[Message, ...]
    step: Step


class Turns:
    """Takes the turns of all conversations. Without a `model` everything pending goes to a
    person."""

    def __init__(
        self,
        store: Store,
        customers: Customers,
        casework: Casework,
        replies: Replies,
        presence: Presence,
        tasks: Tasks,
        policy: Callable[[], Policy],
    ) -> None:
        self._store = store
        self._customers = customers
        self._casework = casework
        self._replies = replies
        self._policy = policy
        self.recognition = Recognition(store, customers, policy, self._go_on)
        self.calls = Calls(casework, presence)
        self.budget = Budget()
        self.used: Callable[[Bill], None] = lambda _bill: None
        self._workers = Workers(
            tasks,
            self._take,
            lambda: policy().settings.gpt.debounce.total_seconds(),
            at_once=self.recognition.settle,
        )
        self.wake = self._workers.wake
        self.close = self._workers.close

    @property
    def model(self) -> LanguageModel | None:
        return self.calls.model

    @model.setter
    def model(self, model: LanguageModel | None) -> None:
        self.calls.model = model

    async def resume(self) -> None:
        """Go on with whatever was pending when the process ended."""
        for conversation in await self._store.read(lambda tx: tx.pending_conversations()):
            self.wake(conversation)

    async def _take(self, id: ConversationId) -> bool:
        await self.recognition.settle(id)  # what came while there was nothing left to answer
        turn = await self._store.write(lambda tx: self._begin(tx, id))
        if turn is None:
            self.recognition.forget(id)
            return False
        await self._answer(turn)
        return True

    # --- one turn --------------------------------------------------------------------------

    def _begin(self, tx: Transaction, id: ConversationId) -> _Turn | None:
        policy = self._policy()
        conversation = tx.conversation_by_id(id)
        if conversation.pending_seq is None or conversation.mode is not Mode.BOT:
            return None
        last = self._end_of_burst(tx, policy, conversation)
        if why := self._why_not_gpt(tx, policy, conversation, last):
            self._hand_over(tx, policy, conversation, why, last)
            return None
        conversation.attempts += 1
        step = self.budget.step(tx, policy)
        first = conversation.pending_seq
        past = tx.latest(id, _HISTORY, before=last + 1)
        history = _as_asked([*past, *tx.messages(id, after=last)], first, last)
        question = tx.message(id, first)
        asked_at = tx.now if question is None else question.at
        return _Turn(conversation, conversation.version, first, last, asked_at, history, step)

    def _why_not_gpt(
        self, tx: Transaction, policy: Policy, conversation: Conversation, last: int
    ) -> HandOver | None:
        if self.model is None:
            return HandOver(Cause.NOTHING_ANSWERS)
        if conversation.attempts >= policy.settings.handover.after_failures:
            return HandOver(Cause.GPT_FAILED, "it was interrupted")
        late = _lateness(tx, conversation.id, last)
        return HandOver(Cause.CAME_LATE, late) if late else None

    def _hand_over(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        why: HandOver,
        last: int,
    ) -> None:
        """Where there is nobody to hand over to, the bot goes on with what came after `last`."""
        self._casework.hand_over(tx, policy, conversation, why)
        if conversation.mode is Mode.BOT:
            self._go_on(tx, policy, conversation, last)
            if conversation.pending_seq is not None:
                self.wake(conversation.id)

    def _end_of_burst(self, tx: Transaction, policy: Policy, conversation: Conversation) -> int:
        """The burst goes on until a message that a rule answers."""
        last = conversation.pending_seq or 0
        for message in tx.messages(conversation.id, after=last):
            if message.author.kind is AuthorKind.CUSTOMER:
                decision = policy.decide(message.text, conversation, tx.now)
                if not self._customers.is_for_gpt(tx, policy, conversation, message, decision):
                    break
                last = message.seq
        return last

    async def _answer(self, turn: _Turn) -> None:
        policy = self._policy()
        if turn.step is Step.EMPTY:
            why = HandOver(Cause.BUDGET_USED)
            await self._store.write(lambda tx: self._give_up(tx, policy, turn, why))
            return
        gpt = policy.settings.gpt
        other = gpt.cheap_model if turn.step is Step.CHEAP else ""
        model = other or gpt.model
        try:
            request = await self.calls.prepare(policy, turn.conversation, turn.history)
            answer = await self.calls.ask(policy, turn.conversation, request, other)
        except ModelError as error:
            bill = prices.bill(model, error.usage, gpt.prices)
            await self._failed(policy, turn, error, bill)
            return
        bill = prices.bill(model, answer.usage, gpt.prices)
        self.used(bill)
        await self._store.write(lambda tx: self._finish(tx, policy, turn, answer, bill))

    async def _failed(self, policy: Policy, turn: _Turn, error: ModelError, bill: Bill) -> None:
        conversation = turn.conversation
        if not isinstance(error, ModelPaused):
            log.warning("GPT gave no answer to conversation %s: %s", conversation.id, error)
        if bill.usage != Usage():
            self.used(bill)
            await self._store.write(lambda tx: self._waste(tx, policy, turn, bill))
        tries = policy.settings.handover.after_failures
        if isinstance(error, ModelRefused) or conversation.attempts >= tries:
            why = HandOver(Cause.GPT_FAILED, str(error))
            await self._store.write(lambda tx: self._give_up(tx, policy, turn, why))
        else:
            await asyncio.sleep(_PAUSE)

    def _waste(self, tx: Transaction, policy: Policy, turn: _Turn, bill: Bill) -> None:
        tx.add_expense(_expense(tx, turn, ExpenseReason.FAILED, bill))
        self.budget.step(tx, policy)

    def _give_up(self, tx: Transaction, policy: Policy, turn: _Turn, why: HandOver) -> None:
        conversation = tx.conversation_by_id(turn.conversation.id)
        if _is_current(conversation, turn):
            self._hand_over(tx, policy, conversation, why, turn.last)

    def _finish(
        self, tx: Transaction, policy: Policy, turn: _Turn, answer: Answer, bill: Bill
    ) -> None:
        conversation = tx.conversation_by_id(turn.conversation.id)
        if not _is_current(conversation, turn):
            # Somebody took over, or the customer asked for a person.
            tx.add_expense(_expense(tx, turn, ExpenseReason.LATE, bill))
            return
        conversation.attempts = 0
        conversation.pending_seq = None
        if answer.text:
            said = self._replies.say(tx, conversation, policy.bot, answer.text, answered_by="gpt")
            tx.add_answer(_paid(tx, turn, said, AnswerSource.GPT, bill))
        else:
            tx.add_expense(_expense(tx, turn, ExpenseReason.HANDED_OVER, bill))
        self.budget.step(tx, policy)
        if answer.wants_human:
            why = HandOver(Cause.GPT_ASKED, answer.reason)
            self._hand_over(tx, policy, conversation, why, turn.last)
        else:
            self._go_on(tx, policy, conversation, turn.last)

    def _go_on(
        self, tx: Transaction, policy: Policy, conversation: Conversation, after: int
    ) -> None:
        """Answer, in order, what the customer wrote while GPT was at work."""
        for message in tx.messages(conversation.id, after=after):
            if conversation.pending_seq is not None or conversation.mode is not Mode.BOT:
                return
            if message.author.kind is not AuthorKind.CUSTOMER:
                continue
            decision = policy.decide(message.text, conversation, tx.now)
            self._customers.answer(tx, policy, conversation, message, decision)


def _as_asked(past: Sequence[Message], first: int, last: int) -> tuple[Message, ...]:
    """The burst comes last: what was answered while it waited has higher numbers, and without
    those answers GPT would give them again."""
    burst = [m for m in past if _is_customers(m) and first <= m.seq <= last]
    before = [m for m in past if m.seq < first or not _is_customers(m)]
    return (*before, *burst)


def _is_customers(message: Message) -> bool:
    return message.author.kind is AuthorKind.CUSTOMER


def _lateness(tx: Transaction, id: ConversationId, seq: int) -> str:
    """How long ago the burst's last message was written, in words; "" when GPT may answer it."""
    message = tx.message(id, seq)
    age = timedelta() if message is None else tx.now - message.at
    return f"{age // timedelta(hours=1)} hours" if age >= _STALE else ""


def _is_current(conversation: Conversation, turn: _Turn) -> bool:
    return (
        conversation.mode is Mode.BOT
        and conversation.version == turn.version
        and conversation.pending_seq == turn.first
    )


def _paid(
    tx: Transaction, turn: _Turn, said: Message, source: AnswerSource, bill: Bill
) -> PaidAnswer:
    return PaidAnswer(
        conversation=said.conversation,
        seq=said.seq,
        question_seq=turn.first,
        question_upto=turn.last,
        source=source,
        bill=bill,
        milliseconds=max(0, (tx.now - turn.asked_at) // timedelta(milliseconds=1)),
        at=tx.now,
    )


def _expense(tx: Transaction, turn: _Turn, reason: ExpenseReason, bill: Bill) -> Expense:
    return Expense(reason, bill, turn.conversation.id, tx.now)
