"""Answer what only GPT can, one burst of a customer's messages at a time.

An answer is written only if nothing has changed meanwhile: when an agent takes over while GPT
still thinks, the bot stays silent. What it cost is written with it, and also when it is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from core import known_answers, prices
from core.budget import Budget, Step
from core.burst import Burst, as_asked
from core.calls import Calls
from core.casework import Casework
from core.customers import Customers
from core.errors import ModelError, ModelPaused, ModelRefused
from core.found import Found, given
from core.handover import Cause, HandOver
from core.knowledge.citing import links_of
from core.known_answers import Known
from core.messages import AuthorKind, ConversationId, Message, Mode, Usage
from core.models import LanguageModel
from core.policy import Policy
from core.presence import Presence
from core.recognition import Recognition
from core.records import AnswerSource, Bill, Conversation, Expense, ExpenseReason, PaidAnswer
from core.replies import Replies
from core.store import Reader, Store, Transaction
from core.tasks import Tasks
from core.workers import Workers

log = logging.getLogger(__name__)

_HISTORY = 60  # messages looked at; the token budget usually ends sooner
_PAUSE = 0.5  # seconds before a failed call is made again
_STALE = timedelta(hours=4)  # whoever wrote longer ago has gone, or has asked elsewhere


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
        self.answered: Callable[[AnswerSource], None] = lambda _source: None
        self.used: Callable[[Bill], None] = lambda _bill: None
        self._workers = Workers(
            tasks,
            self._take,
            lambda: policy().settings.gpt.debounce.total_seconds(),
            at_once=self.recognition.settle,
            give_up=self._leave_to_a_person,
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
        burst = await self._store.write(lambda tx: self._begin(tx, id))
        if burst is None:
            self.recognition.forget(id)
            return False
        await self._answer(burst)
        return True

    async def _leave_to_a_person(self, id: ConversationId, error: Exception) -> None:
        why = HandOver(Cause.GPT_FAILED, f"a fault of our own ({type(error).__name__})")

        def unit(tx: Transaction) -> None:
            conversation = tx.conversation_by_id(id)
            if conversation.pending_seq is not None and conversation.mode is Mode.BOT:
                self._casework.hand_over(tx, self._policy(), conversation, why)

        await self._store.write(unit)

    # --- one turn --------------------------------------------------------------------------

    def _begin(self, tx: Transaction, id: ConversationId) -> Burst | None:
        policy = self._policy()
        conversation = tx.conversation_by_id(id)
        if conversation.pending_seq is None or conversation.mode is not Mode.BOT:
            return None
        if _is_deleted(tx, id, conversation.pending_seq):
            self._skip(tx, policy, conversation, conversation.pending_seq)
            return None
        last = self._end_of_burst(tx, policy, conversation)
        if why := self._why_not_gpt(tx, policy, conversation, last):
            self._hand_over(tx, policy, conversation, why, last)
            return None
        conversation.attempts += 1
        step = self.budget.step(tx, policy)
        first = conversation.pending_seq
        past = tx.latest(id, _HISTORY, before=last + 1)
        history = as_asked([*past, *tx.messages(id, after=last)], first, last)
        question = tx.message(id, first)
        asked_at = tx.now if question is None else question.at
        return Burst(conversation, conversation.version, first, last, asked_at, history, step)

    def _following(
        self, tx: Transaction, conversation: Conversation, seq: int
    ) -> AbstractContextManager[None]:
        message = tx.message(conversation.id, seq)
        at = None if message is None else message.at
        return self._replies.following(tx, at, conversation.address.channel)

    def _skip(
        self, tx: Transaction, policy: Policy, conversation: Conversation, deleted: int
    ) -> None:
        """Nobody wants an answer to `deleted` any more; what came after it has its own turn."""
        conversation.pending_seq = None
        conversation.attempts = 0
        self._go_on(tx, policy, conversation, deleted)
        if conversation.pending_seq is not None:
            self.wake(conversation.id)

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
        with self._following(tx, conversation, last):
            self._casework.hand_over(tx, policy, conversation, why)
        if conversation.mode is Mode.BOT:
            self._go_on(tx, policy, conversation, last)
            if conversation.pending_seq is not None:
                self.wake(conversation.id)

    def _end_of_burst(self, tx: Transaction, policy: Policy, conversation: Conversation) -> int:
        """The burst goes on until a message that a rule answers."""
        last = conversation.pending_seq or 0
        for message in tx.messages(conversation.id, after=last):
            if _wants_an_answer(message):
                decision = policy.decide(message.text, conversation, tx.now)
                if not self._customers.is_for_gpt(tx, policy, conversation, message, decision):
                    break
                last = message.seq
        return last

    async def _answer(self, burst: Burst) -> None:
        policy = self._policy()
        known = await self._store.read(lambda reader: self._known(reader, policy, burst))
        if known is not None:
            await self._store.write(lambda tx: self._finish(tx, policy, burst, given(known)))
        elif burst.step is Step.EMPTY:
            why = HandOver(Cause.BUDGET_USED)
            await self._store.write(lambda tx: self._give_up(tx, policy, burst, why))
        else:
            await self._ask(policy, burst)

    def _known(self, reader: Reader, policy: Policy, burst: Burst) -> Known | None:
        """Where money is short, what the smaller model has said is good enough as well."""
        gpt = policy.settings.gpt
        models = [gpt.model] if burst.step is Step.FULL else [gpt.model, gpt.cheap_model]
        versions = [self.calls.version(policy, burst.conversation, model) for model in models]
        return known_answers.find(reader, policy, burst, versions)

    async def _ask(self, policy: Policy, burst: Burst) -> None:
        gpt, conversation = policy.settings.gpt, burst.conversation
        other = gpt.cheap_model if burst.step is Step.CHEAP else ""
        model = other or gpt.model
        try:
            request = await self.calls.prepare(policy, conversation, burst.history)
            answer = await self.calls.ask(policy, conversation, request, other)
        except ModelError as error:
            await self._failed(policy, burst, error, prices.bill(model, error.usage, gpt.prices))
            return
        bill = prices.bill(model, answer.usage, gpt.prices)
        self.used(bill)
        version = self.calls.version(policy, conversation, model)
        found = Found(answer, AnswerSource.GPT, bill, version, request.read)
        await self._store.write(lambda tx: self._finish(tx, policy, burst, found))

    async def _failed(self, policy: Policy, burst: Burst, error: ModelError, bill: Bill) -> None:
        conversation = burst.conversation
        if not isinstance(error, ModelPaused):
            log.warning("GPT gave no answer to conversation %s: %s", conversation.id, error)
        if bill.usage != Usage():
            self.used(bill)
            reason = ExpenseReason.FAILED
            await self._store.write(lambda tx: self._spend(tx, policy, burst, reason, bill))
        tries = policy.settings.handover.after_failures
        if isinstance(error, ModelRefused) or conversation.attempts >= tries:
            why = HandOver(Cause.GPT_FAILED, str(error))
            await self._store.write(lambda tx: self._give_up(tx, policy, burst, why))
        else:
            await asyncio.sleep(_PAUSE)

    def _spend(
        self, tx: Transaction, policy: Policy, burst: Burst, reason: ExpenseReason, bill: Bill
    ) -> None:
        """Note what was paid for nothing."""
        if bill.usage != Usage():
            tx.add_expense(Expense(reason, bill, burst.conversation.id, tx.now))
            self.budget.step(tx, policy)

    def _give_up(self, tx: Transaction, policy: Policy, burst: Burst, why: HandOver) -> None:
        conversation = tx.conversation_by_id(burst.conversation.id)
        if _is_current(conversation, burst):
            self._hand_over(tx, policy, conversation, why, burst.last)

    def _finish(self, tx: Transaction, policy: Policy, burst: Burst, found: Found) -> None:
        conversation = tx.conversation_by_id(burst.conversation.id)
        if not _is_current(conversation, burst):
            # Somebody took over, or the customer asked for a person.
            self._spend(tx, policy, burst, ExpenseReason.LATE, found.bill)
            return
        conversation.attempts = 0
        conversation.pending_seq = None
        with self._following(tx, conversation, burst.last):
            self._say(tx, policy, burst, conversation, found)
        if found.answer.wants_human:
            why = HandOver(Cause.GPT_ASKED, found.answer.reason)
            self._hand_over(tx, policy, conversation, why, burst.last)
        else:
            self._go_on(tx, policy, conversation, burst.last)

    def _say(
        self,
        tx: Transaction,
        policy: Policy,
        burst: Burst,
        conversation: Conversation,
        found: Found,
    ) -> None:
        answer = found.answer
        if not answer.text:
            self._spend(tx, policy, burst, ExpenseReason.HANDED_OVER, found.bill)
            return
        by = found.answered_by
        label = policy.text("source", conversation.language, source="").strip()
        links = links_of(answer.text, label)
        said = self._replies.say(
            tx, conversation, policy.bot, answer.text, answered_by=by, links=links
        )
        tx.add_answer(_paid(tx, burst, said, found))
        self.budget.step(tx, policy)
        tx.afterwards(lambda: self.answered(found.source))
        if found.source is AnswerSource.GPT and not answer.wants_human:
            known_answers.keep(tx, policy, burst, found.known, public=found.read)

    def _go_on(
        self, tx: Transaction, policy: Policy, conversation: Conversation, after: int
    ) -> None:
        """Answer, in order, what the customer wrote while GPT was at work."""
        for message in tx.messages(conversation.id, after=after):
            if conversation.pending_seq is not None or conversation.mode is not Mode.BOT:
                return
            if not _wants_an_answer(message):
                continue
            decision = policy.decide(message.text, conversation, tx.now)
            self._customers.answer(tx, policy, conversation, message, decision)


def _is_deleted(tx: Transaction, id: ConversationId, seq: int) -> bool:
    message = tx.message(id, seq)
    return message is not None and message.deleted_at is not None


def _wants_an_answer(message: Message) -> bool:
    return message.author.kind is AuthorKind.CUSTOMER and message.deleted_at is None


def _lateness(tx: Transaction, id: ConversationId, seq: int) -> str:
    """How long ago the burst's last message was written, in words; "" when GPT may answer it."""
    message = tx.message(id, seq)
    age = timedelta() if message is None else tx.now - message.at
    return f"{age // timedelta(hours=1)} hours" if age >= _STALE else ""


def _is_current(conversation: Conversation, burst: Burst) -> bool:
    return (
        conversation.mode is Mode.BOT
        and conversation.version == burst.version
        and conversation.pending_seq == burst.first
    )


def _paid(tx: Transaction, burst: Burst, said: Message, found: Found) -> PaidAnswer:
    return PaidAnswer(
        conversation=said.conversation,
        seq=said.seq,
        question_seq=burst.first,
        question_upto=burst.last,
        source=found.source,
        bill=found.bill,
        milliseconds=max(0, (tx.now - burst.asked_at) // timedelta(milliseconds=1)),
        at=tx.now,
        version=found.version,
    )
