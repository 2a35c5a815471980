"""Ask the language model: what it is told, how many may ask at once, and when nobody may."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from core.breaker import Breaker
from core.casework import Casework
from core.errors import ModelError, ModelRefused
from core.knowledge.consulted import KNOWLEDGE, Consulted
from core.knowledge.library import Library
from core.messages import Answer, Message
from core.policy import Policy
from core.ports import LanguageModel
from core.presence import Presence
from core.prompt import fit, instructions
from core.records import Conversation

log = logging.getLogger(__name__)

_AT_ONCE = 128  # GPT calls under way over all conversations


class Calls:
    """Makes the calls of one model at a time; without a `model` each of them is refused."""

    def __init__(self, casework: Casework, presence: Presence) -> None:
        self._casework = casework
        self._presence = presence
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.clock: Callable[[], float] = time.monotonic
        self.announce: Callable[[str], None] = lambda _text: None
        self.library: Library | None = None
        self.model = None

    @property
    def model(self) -> LanguageModel | None:
        return self._model

    @model.setter
    def model(self, model: LanguageModel | None) -> None:
        """Another model has not failed anybody yet."""
        self._model = model
        self._breaker = Breaker(lambda: self.clock(), paused=self._paused, resumed=self._resumed)

    async def ask(
        self, policy: Policy, conversation: Conversation, history: Sequence[Message]
    ) -> Answer:
        """The answer to the end of `history`, shown to the customer while it is written. Raises
        ModelError."""
        settings, model, language = policy.settings, self._model, conversation.language
        if model is None:
            raise ModelRefused("GPT is off")
        known = await self._consult(policy, conversation, history)
        brief = instructions(
            business=settings.business.name,
            language=language,
            own=settings.gpt.instructions,
            desk=self._casework.has_desk,
            is_open=policy.is_open(conversation.updated_at),
            knowledge=known.passages,
        )
        turns = fit(history, settings.gpt.max_history - known.cost)
        read = known.read(brief, turns)
        composing = self._presence.composing(
            conversation.address, policy.bot, conversation.context
        )
        async with self._slots:
            with self._breaker.call():
                async with composing as on_draft:
                    shown = known.showing(on_draft, read)
                    answer = await model.answer(brief, turns, on_draft=shown)
        return known.named(
            answer, read, lambda source: policy.text("source", language, source=source)
        )

    async def _consult(
        self, policy: Policy, conversation: Conversation, history: Sequence[Message]
    ) -> Consulted:
        if self.library is None:
            return Consulted()
        room = policy.settings.gpt.max_history // KNOWLEDGE
        return await self.library.consult(history, conversation.pending_seq or 0, room)

    def _paused(self, error: ModelError) -> None:
        log.error("GPT is not asked any more until it answers again: %s", error)
        self.announce(
            f"GPT does not answer: {error}\nRules go on; whatever they cannot answer comes to you."
        )

    def _resumed(self) -> None:
        log.warning("GPT answers again")
        self.announce("GPT answers again.")
