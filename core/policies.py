"""The policy in force, and how the next one takes its place: as a whole, and without a pause.

Compiling many examples takes seconds, so it happens in a thread. At the start, what matches
exactly is answered meanwhile and everything else waits; later the old rules go on answering.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from core import memory
from core.embeddings import Embeddings
from core.policy import Policy
from core.quick_replies import Examples, VectorExamples
from core.recognition import Recognition
from core.settings import Settings

log = logging.getLogger(__name__)


class Policies:
    """Belongs to one service."""

    def __init__(self, settings: Settings) -> None:
        self.current = Policy.of(settings, learn=False)

    def serve(self, recognition: Recognition, embeddings: Embeddings) -> None:
        """Tell these whenever another policy is in force; before any other method."""
        self._recognition = recognition
        self._embeddings = recognition.embeddings = embeddings
        embeddings.outgrown = self._embed_anew

    async def learn(self) -> None:
        """Compile the examples of the first policy."""
        try:
            whole = await asyncio.to_thread(_learnt, self.current.learned, None)
        except Exception:
            log.exception("the examples cannot be used; everything else goes on")
            whole = replace(self.current, is_whole=True)
        self._enforce(whole)

    async def use(self, settings: Settings) -> None:
        """Put the policy of other settings in force. The vectors of examples that stay the same
        are kept, unless another model makes them."""
        old = self.current
        make = partial(Policy.of, settings, known=old.rules.examples)
        new = await asyncio.to_thread(_learnt, make, old.rules.examples)
        if (
            self._embeddings.is_on
            and new.rules.examples is old.rules.examples
            and _same_model(old, new)
        ):
            new = replace(new, embedded=old.embedded)
        self._enforce(new)

    def embed(self, policy: Policy, examples: VectorExamples) -> None:
        """The vectors of the examples of `policy` are there."""
        if self.current is policy:
            self.current = replace(policy, embedded=examples)

    def _embed_anew(self) -> None:
        self.current = replace(self.current, embedded=None)
        self._embeddings.follow(self.current, anew=True)

    def _enforce(self, policy: Policy) -> None:
        self.current = policy
        self._recognition.learned()
        if policy.embedded is None:
            self._embeddings.follow(policy)


def _learnt(make: Callable[[], Policy], known: Examples | None) -> Policy:
    policy = make()
    if policy.rules.examples is not known:
        memory.trim()  # to learn many examples takes several times what is kept
    return policy


def _same_model(old: Policy, new: Policy) -> bool:
    one, other = old.settings.gpt, new.settings.gpt
    return (one.embeddings_model, one.base_url) == (other.embeddings_model, other.base_url)
