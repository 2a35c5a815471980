"""Have a provider's model compare questions with the rules' examples, which it does better.

The examples' vectors are fetched once, in the background, and kept in the store. Until all are
there, and whenever the provider is slow or down, the comparison of `core.similarity` answers.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from core import prices
from core.breaker import Breaker
from core.budget import Step, today
from core.errors import ModelError, ModelFailed, ModelPaused, ModelRefused, StoreUnavailable
from core.messages import ConversationId
from core.models import Embedded, Embedder
from core.policy import Policy
from core.prompt import tokens
from core.quick_replies import Examples, VectorExamples
from core.records import Bill, Expense, ExpenseReason
from core.store import Store, Transaction, vectors
from core.tasks import Tasks

log = logging.getLogger(__name__)

PATIENCE = 1.5
"""Seconds that a customer's question waits for its vector."""
_TEXTS, _TOKENS = 64, 20_000  # of one call, far below what providers take
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0  # seconds until examples are asked for again
_ANEW_EVERY = 3600.0  # seconds: a model that changes with every call must not cost more than that


class Embeddings:
    """Belongs to one service. Without an `embedder` nothing is asked. `outgrown` is called when
    the model has come to make vectors of another size than the examples have."""

    def __init__(
        self, store: Store, tasks: Tasks, use: Callable[[Policy, VectorExamples], None]
    ) -> None:
        """`use` gets a policy that was followed, and its examples with their vectors."""
        self._store = store
        self._tasks = tasks
        self._use = use
        self._followed: Policy | None = None
        self.patience = PATIENCE
        self.clock: Callable[[], float] = time.monotonic
        self.used: Callable[[Bill], None] = lambda _bill: None
        self.outgrown: Callable[[], None] = lambda: None
        self._anew_from = float("-inf")
        self._embedder: Embedder | None = None
        self.replace(None)

    @property
    def is_on(self) -> bool:
        return self._embedder is not None

    def replace(self, embedder: Embedder | None) -> None:
        """Another model has not failed anybody yet. Calls under way may end."""
        former, self._embedder = self._embedder, embedder
        self._breaker = Breaker(lambda: self.clock(), paused=_paused, resumed=_resumed)
        if former is not None:
            self._tasks.start(_close_later(former), "the former client of embeddings")

    async def close(self) -> None:
        if self._embedder is not None:
            await self._embedder.close()

    # --- questions -------------------------------------------------------------------------

    async def of(self, policy: Policy, text: str, conversation: ConversationId) -> bytes:
        """The vector of a customer's question. Raises ModelError when it is not there in time."""
        embedder = self._embedder
        if embedder is None:
            raise ModelRefused("there is no model of embeddings")
        if await self._is_spent(policy):
            raise ModelPaused("the day's budget is used up")
        with self._breaker.call():
            try:
                async with asyncio.timeout(self.patience):
                    found = await embedder.embed([text])
            except TimeoutError:
                raise ModelFailed(f"no vector within {self.patience:g} s") from None
            await self._store.write(lambda tx: self._pay(tx, policy, found, conversation))
            (vector,) = found.vectors
            if policy.embedded is not None and not policy.embedded.fits(vector):
                raise self._other_size(embedder)
        return vector

    def _other_size(self, embedder: Embedder) -> ModelFailed:
        now = self.clock()
        if now >= self._anew_from:
            self._anew_from = now + _ANEW_EVERY
            log.warning("the vectors of all examples are asked for anew")
            self.outgrown()
        return ModelFailed(f"{embedder.model} makes vectors of another size than before")

    async def _is_spent(self, policy: Policy) -> bool:
        if policy.settings.gpt.daily_budget_usd is None:
            return False
        day = await self._store.read(lambda tx: today(tx, policy))
        return day.step is Step.EMPTY

    # --- examples --------------------------------------------------------------------------

    def follow(self, policy: Policy, *, anew: bool = False) -> None:
        """From now on these rules' examples are wanted; `anew`, none of those that are kept."""
        self._followed = policy
        if self._embedder is not None and policy.rules.examples is not None:
            self._tasks.start(
                self._load(policy, policy.rules.examples, self._embedder, anew),
                "vectors of examples",
            )

    async def _load(
        self, policy: Policy, examples: Examples, embedder: Embedder, anew: bool
    ) -> None:
        pause = _FIRST_PAUSE
        while self._followed is policy:
            try:
                if anew:
                    await self._forget()
                    anew = False
                found = await self._vectors(policy, examples, embedder)
            except ModelRefused as error:
                log.error("examples are compared without gpt.embeddings_model: %s", error)
                return
            except (ModelError, StoreUnavailable) as error:
                log.warning("the examples' vectors are asked for again soon: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            if self._followed is policy:
                self._use(policy, await asyncio.to_thread(examples.embedded, found))
            return

    async def _vectors(
        self, policy: Policy, examples: Examples, embedder: Embedder
    ) -> Mapping[str, bytes]:
        """One for each example, by its text: from the store, else from the provider."""
        keys = {text: vectors.key(embedder.model, text) for text in examples.every()}
        known = await self._store.read(lambda tx: vectors.find(tx, list(keys.values())))
        missing = [text for text, key in keys.items() if key not in known]
        for batch in _batches(missing):
            if self._followed is not policy:
                return {}  # what is here already is kept for the next time
            found = await embedder.embed(batch)
            fresh = dict(zip((keys[text] for text in batch), found.vectors, strict=True))
            await self._store.write(partial(vectors.keep, vectors=fresh))
            await self._store.write(partial(self._pay, policy=policy, found=found))
            known |= fresh
        await self._store.write(lambda tx: vectors.forget_others(tx, set(keys.values())))
        if missing:
            log.info("%d examples have new vectors of %s", len(missing), embedder.model)
        if len({len(vector) for vector in known.values()}) > 1:
            await self._forget()
            raise ModelFailed(f"{embedder.model} makes vectors of another size than before")
        return {text: known[key] for text, key in keys.items()}

    async def _forget(self) -> None:
        await self._store.write(lambda tx: vectors.forget_others(tx, ()))

    def _pay(
        self,
        tx: Transaction,
        policy: Policy,
        found: Embedded,
        conversation: ConversationId | None = None,
    ) -> None:
        gpt = policy.settings.gpt
        bill = prices.bill(gpt.embeddings_model, found.usage, gpt.prices)
        tx.add_expense(Expense(ExpenseReason.EMBEDDING, bill, conversation, tx.now))
        tx.afterwards(lambda: self.used(bill))


async def _close_later(embedder: Embedder) -> None:
    try:
        await asyncio.sleep(_LONGEST_PAUSE)
    finally:
        await embedder.close()


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        size += tokens(text)
        if batch and (len(batch) == _TEXTS or size > _TOKENS):
            yield batch
            batch, size = [], tokens(text)
        batch.append(text)
    if batch:
        yield batch


def _paused(error: ModelError) -> None:
    log.error("embeddings are not asked for until they come again: %s", error)


def _resumed() -> None:
    log.warning("embeddings come again")
