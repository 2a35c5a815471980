"""Answer a pending message by the rule whose examples it is like, before GPT is asked.

Most messages never come here: what matches exactly, and what the examples tell at once, is
answered with the message. This is for examples that take longer, because they are still being
compiled, or because a provider's model compares them. Every pending message is looked at, since
nothing tells whether it was put off or meant for GPT: the examples may have come, or the process
have ended, in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.customers import Customers
from core.embeddings import Embeddings
from core.errors import ModelError, ModelPaused
from core.messages import ConversationId, Message, Mode
from core.policy import Decision, Policy
from core.records import Conversation
from core.store import Store, Transaction
from core.store.reader import Reader

log = logging.getLogger(__name__)

GoOn = Callable[[Transaction, Policy, Conversation, int], None]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The message that is next in its conversation, and how that stood at `now`."""

    conversation: Conversation
    message: Message
    now: datetime


class Recognition:
    """Looks at each pending message once. `go_on` answers what came after it."""

    def __init__(
        self, store: Store, customers: Customers, policy: Callable[[], Policy], go_on: GoOn
    ) -> None:
        self._store = store
        self._customers = customers
        self._policy = policy
        self._go_on = go_on
        self.embeddings: Embeddings | None = None
        self._whole = asyncio.Event()
        self._looked: dict[ConversationId, int] = {}

    def learned(self) -> None:
        """The policy in force is whole, and so will every later one be."""
        self._whole.set()

    def forget(self, id: ConversationId) -> None:
        """Nothing is pending here any more."""
        self._looked.pop(id, None)

    async def settle(self, id: ConversationId) -> bool:
        """Whether the next message was answered; if not, it is GPT's. Raises StoreUnavailable."""
        if not self._policy().rules.has_examples:
            return False
        asked = await self._store.read(lambda tx: _next(tx, id))
        if asked is None or self._looked.get(id) == asked.message.seq:
            return False
        policy = await self._whole_policy()
        decision = await self._decide(policy, asked)
        self._looked[id] = asked.message.seq
        if decision is None and self._customers.has_model:
            return False
        return await self._store.write(lambda tx: self._answer(tx, policy, asked, decision))

    async def _whole_policy(self) -> Policy:
        if not self._policy().is_whole:
            await self._whole.wait()
        return self._policy()

    async def _decide(self, policy: Policy, asked: _Asked) -> Decision:
        text, conversation = asked.message.text, asked.conversation
        question = policy.question(text, conversation, asked.now)
        if policy.embedded is None or self.embeddings is None:
            return policy.rules.find(question)
        try:
            vector = await self.embeddings.of(policy, text, conversation.id)
        except ModelError as error:
            if not isinstance(error, ModelPaused):
                log.warning("a question is compared without its vector: %s", error)
            return policy.rules.find(question)
        hit = policy.rules.match(question)
        return policy.rules.by_example(question, hit, policy.embedded.asked(vector))

    def _answer(self, tx: Transaction, policy: Policy, asked: _Asked, decision: Decision) -> bool:
        conversation, message = tx.conversation_by_id(asked.conversation.id), asked.message
        if (
            conversation.mode is not Mode.BOT
            or conversation.version != asked.conversation.version
            or conversation.pending_seq != message.seq
        ):
            return True  # somebody took over, or the customer asked for a person
        if (now := tx.message(conversation.id, message.seq)) is None or now.deleted_at:
            return False
        for_gpt = self._customers.is_for_gpt(tx, policy, conversation, message, decision)
        if for_gpt and self._customers.has_model:
            return False
        conversation.pending_seq = None
        self._customers.answer(tx, policy, conversation, message, decision)
        self._go_on(tx, policy, conversation, message.seq)
        return True


def _next(tx: Reader, id: ConversationId) -> _Asked | None:
    conversation = tx.conversation_by_id(id)
    if conversation.pending_seq is None or conversation.mode is not Mode.BOT:
        return None
    message = tx.message(id, conversation.pending_seq)
    if message is None or message.deleted_at is not None:
        return None  # a turn of GPT's begins with leaving out what was deleted
    return _Asked(conversation, message, tx.now)
