"""Answer what only GPT can: one ordered worker a conversation, woken when a message is pending.

The store says what is pending, so a worker that dies with the process is simply started again. An
answer is written only if nothing has changed meanwhile: when an agent takes over while GPT still
thinks, the bot stays silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.breaker import Breaker
from core.casework import Casework
from core.customers import Customers
from core.errors import ModelError, ModelPaused, ModelRefused, StoreUnavailable
from core.handover import Cause, HandOver
from core.messages import Answer, AuthorKind, ConversationId, Message, Mode
from core.policy import Policy
from core.ports import LanguageModel
from core.presence import Presence
from core.prompt import fit, instructions
from core.records import Conversation
from core.replies import Replies
from core.store import Store, Transaction
from core.tasks import Tasks

log = logging.getLogger(__name__)

_HISTORY = 60  # messages looked at; the token budget usually ends sooner
_AT_ONCE = 128  # GPT calls under way over all conversations
_PAUSE = 0.5  # seconds before a failed call is made again
_STALE = timedelta(hours=4)  # whoever wrote longer ago has gone, or has asked elsewhere
_LONGEST_BURST = 5  # a burst ends after so many debounce times, however fast the customer types


@dataclass(frozen=True, slots=True)
class _Turn:
    """A burst of messages that GPT answers as one: `first` to `last`, at `version`."""

    conversation: Conversation
    version: int
    first: int
    last: int
    history: tuple[Message, ...]


class Turns:
    """Runs the workers. Without a `model` everything pending goes to a person."""

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
        self._presence = presence
        self._tasks = tasks
        self._policy = policy
        self._stirred: dict[ConversationId, asyncio.Event] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.clock: Callable[[], float] = time.monotonic
        self.model = None
        self.used: Callable[[int, int], None] = lambda _input, _output: None
        self.announce: Callable[[str], None] = lambda _text: None

    @property
    def model(self) -> LanguageModel | None:
        return self._model

    @model.setter
    def model(self, model: LanguageModel | None) -> None:
        """Another model has not failed anybody yet."""
        self._model = model
        self._breaker = Breaker(lambda: self.clock(), paused=self._paused, resumed=self._resumed)

    async def resume(self) -> None:
        """Go on with whatever was pending when the process ended."""
        for conversation in await self._store.read(lambda tx: tx.pending_conversations()):
            self.wake(conversation)

    async def close(self, seconds: float) -> None:
        """Start no worker any more; return when none is left, or after `seconds`."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    def wake(self, conversation: ConversationId) -> None:
        """Something is pending here: start the worker, or let the running one wait for more."""
        if conversation in self._stirred:
            self._stirred[conversation].set()
            return
        if self._closing:
            return  # it is pending in the store, and the next start goes on with it
        self._idle.clear()
        self._stirred[conversation] = asyncio.Event()
        self._tasks.start(self._work(conversation), f"worker of conversation {conversation}")

    async def _work(self, id: ConversationId) -> None:
        try:
            while True:
                await self._quiet(self._stirred[id])
                try:
                    turn = await self._store.write(lambda tx: self._begin(tx, id))
                    if turn is None and not self._stirred[id].is_set():
                        return
                    if turn is not None:
                        await self._answer(turn)
                except StoreUnavailable as error:
                    log.warning("conversation %s waits for the store: %s", id, error)
                    await asyncio.sleep(_PAUSE)
        finally:
            del self._stirred[id]
            if not self._stirred:
                self._idle.set()

    async def _quiet(self, stirred: asyncio.Event) -> None:
        """Return when the customer has stopped for `gpt.debounce`."""
        debounce = self._policy().settings.gpt.debounce.total_seconds()
        try:
            async with asyncio.timeout(debounce * _LONGEST_BURST):
                while True:
                    stirred.clear()
                    async with asyncio.timeout(debounce):
                        await stirred.wait()
        except TimeoutError:
            return

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
        first = conversation.pending_seq
        past = tx.latest(id, _HISTORY, before=last + 1)
        history = _as_asked([*past, *tx.messages(id, after=last)], first, last)
        return _Turn(conversation, conversation.version, first, last, history)

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
                self._stirred[conversation.id].set()

    @staticmethod
    def _end_of_burst(tx: Transaction, policy: Policy, conversation: Conversation) -> int:
        """The burst goes on until a message that a rule answers."""
        last = conversation.pending_seq or 0
        for message in tx.messages(conversation.id, after=last):
            if message.author.kind is AuthorKind.CUSTOMER:
                if policy.decide(message.text, conversation, tx.now) is not None:
                    break
                last = message.seq
        return last

    async def _answer(self, turn: _Turn) -> None:
        policy = self._policy()
        try:
            answer = await self._ask(policy, turn)
        except ModelError as error:
            await self._failed(policy, turn, error)
            return
        self.used(answer.usage.input_tokens, answer.usage.output_tokens)
        await self._store.write(lambda tx: self._finish(tx, policy, turn, answer))

    async def _ask(self, policy: Policy, turn: _Turn) -> Answer:
        conversation, settings = turn.conversation, policy.settings
        model = self.model
        if model is None:
            raise ModelRefused("GPT is off")
        brief = instructions(
            business=settings.business.name,
            language=conversation.language,
            own=settings.gpt.instructions,
            desk=self._casework.has_desk,
            is_open=policy.is_open(conversation.updated_at),
        )
        turns = fit(turn.history, settings.gpt.max_history)
        composing = self._presence.composing(
            conversation.address, policy.bot, conversation.context
        )
        async with self._slots:
            with self._breaker.call():
                async with composing as on_draft:
                    return await model.answer(brief, turns, on_draft=on_draft)

    def _paused(self, error: ModelError) -> None:
        log.error("GPT is not asked any more until it answers again: %s", error)
        self.announce(
            f"GPT does not answer: {error}\nRules go on; whatever they cannot answer comes to you."
        )

    def _resumed(self) -> None:
        log.warning("GPT answers again")
        self.announce("GPT answers again.")

    async def _failed(self, policy: Policy, turn: _Turn, error: ModelError) -> None:
        conversation = turn.conversation
        if not isinstance(error, ModelPaused):
            log.warning("GPT gave no answer to conversation %s: %s", conversation.id, error)
        tries = policy.settings.handover.after_failures
        if isinstance(error, ModelRefused) or conversation.attempts >= tries:
            why = HandOver(Cause.GPT_FAILED, str(error))
            await self._store.write(lambda tx: self._give_up(tx, policy, turn, why))
        else:
            await asyncio.sleep(_PAUSE)

    def _give_up(self, tx: Transaction, policy: Policy, turn: _Turn, why: HandOver) -> None:
        conversation = tx.conversation_by_id(turn.conversation.id)
        if _is_current(conversation, turn):
            self._hand_over(tx, policy, conversation, why, turn.last)

    def _finish(self, tx: Transaction, policy: Policy, turn: _Turn, answer: Answer) -> None:
        conversation = tx.conversation_by_id(turn.conversation.id)
        if not _is_current(conversation, turn):
            return  # somebody took over, or the customer asked for a person
        conversation.attempts = 0
        conversation.pending_seq = None
        if answer.text:
            self._replies.say(tx, conversation, policy.bot, answer.text, answered_by="gpt")
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
            if message.author.kind is not AuthorKind.CUSTOMER:
                continue
            decision = policy.decide(message.text, conversation, tx.now)
            self._customers.answer(tx, policy, conversation, message, decision)
            if conversation.pending_seq is not None or conversation.mode is not Mode.BOT:
                return


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
