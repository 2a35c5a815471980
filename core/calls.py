"""Ask the language model: what it is told, how many may ask at once, and when nobody may."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from core.breaker import Breaker
from core.casework import Casework
from core.errors import ModelError, ModelRefused
from core.knowledge.consulted import KNOWLEDGE, Consulted
from core.knowledge.library import Library
from core.messages import Answer, Message, Turn
from core.models import LanguageModel
from core.policy import Policy
from core.presence import Presence
from core.prompt import fit, instructions
from core.records import Conversation

log = logging.getLogger(__name__)

_AT_ONCE = 128  # GPT calls under way over all conversations


@dataclass(frozen=True, slots=True)
class Request:
    """What the model reads: its instructions with the passages that were found, and as much of
    the conversation as fits."""

    brief: str
    turns: Sequence[Turn]
    known: Consulted

    @property
    def read(self) -> str:
        """All of it as one text, and where it comes from."""
        return self.known.read(self.brief, self.turns)


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

    def version(self, policy: Policy, conversation: Conversation, model: str) -> str:
        """A name for everything but the question that shapes an answer of `model`."""
        known = self.library.version if self.library is not None else ""
        gpt, brief = policy.settings.gpt, self._brief(policy, conversation, Consulted())
        shape = "\0".join((gpt.base_url, model, str(gpt.max_answer_tokens), known, brief))
        return sha256(shape.encode()).hexdigest()

    async def prepare(
        self, policy: Policy, conversation: Conversation, history: Sequence[Message]
    ) -> Request:
        """What the model must be told to answer the end of `history`. Raises StoreUnavailable."""
        known = await self._consult(policy, conversation, history)
        brief = self._brief(policy, conversation, known)
        room = policy.settings.gpt.max_history - known.cost
        return Request(brief, fit(history, room), known)

    def _brief(self, policy: Policy, conversation: Conversation, known: Consulted) -> str:
        settings = policy.settings
        return instructions(
            business=settings.business.name,
            language=conversation.language,
            own=settings.gpt.instructions,
            desk=self._casework.has_desk,
            is_open=policy.is_open(conversation.updated_at),
            knowledge=known.passages,
        )

    async def _consult(
        self, policy: Policy, conversation: Conversation, history: Sequence[Message]
    ) -> Consulted:
        if self.library is None:
            return Consulted()
        room = policy.settings.gpt.max_history // KNOWLEDGE
        return await self.library.consult(history, conversation.pending_seq or 0, room)

    async def ask(
        self, policy: Policy, conversation: Conversation, request: Request, model: str = ""
    ) -> Answer:
        """The answer, shown to the customer while it is written. `model` is the usual one unless
        given. Raises ModelError."""
        if self._model is None:
            raise ModelRefused("GPT is off")
        known, read, language = request.known, request.read, conversation.language
        composing = self._presence.composing(
            conversation.address, policy.bot, conversation.context
        )
        async with self._slots:
            with self._breaker.call():
                async with composing as on_draft:
                    shown = known.showing(on_draft, read)
                    answer = await self._model.answer(
                        request.brief, request.turns, on_draft=shown, model=model
                    )
        return known.named(
            answer, read, lambda source: policy.text("source", language, source=source)
        )

    def _paused(self, error: ModelError) -> None:
        log.error("GPT is not asked any more until it answers again: %s", error)
        self.announce(
            f"GPT does not answer: {error}\nRules go on; whatever they cannot answer comes to you."
        )

    def _resumed(self) -> None:
        log.warning("GPT answers again")
        self.announce("GPT answers again.")
