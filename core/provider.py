"""The language model in use: taken, replaced and closed while conversations go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from core.customers import Customers
from core.errors import ModelError, ModelRefused
from core.models import LanguageModel
from core.policy import Policy
from core.tasks import Tasks
from core.turns import Turns

log = logging.getLogger(__name__)


class Provider:
    """Sees to it that customers and turns agree whether there is a model."""

    def __init__(
        self,
        turns: Turns,
        customers: Customers,
        tasks: Tasks,
        policy: Callable[[], Policy],
        announce: Callable[[str], None],
    ) -> None:
        self._turns = turns
        self._customers = customers
        self._tasks = tasks
        self._policy = policy
        self._announce = announce

    def use(self, model: LanguageModel | None) -> None:
        self._turns.model = model
        self._customers.has_model = model is not None
        if model is not None:
            self._tasks.start(self._check(model), "GPT check")

    def replace(self, model: LanguageModel | None) -> None:
        """Answers under way keep the model they were asked of until they are done or fail."""
        old = self._turns.model
        self.use(model)
        if old is not None:
            patience = self._policy().settings.timeouts.gpt_total.total_seconds()
            self._tasks.start(_close_later(old, patience), "the former GPT client")

    async def close(self) -> None:
        if self._turns.model is not None:
            await self._turns.model.close()

    async def _check(self, model: LanguageModel) -> None:
        """A refused key is found before a customer finds it."""
        try:
            await model.check()
        except ModelRefused as refusal:
            if self._turns.model is not model:
                return  # other settings have come meanwhile, perhaps to mend just this
            log.error("GPT is off: %s", refusal)
            self._turns.model = None
            self._customers.has_model = False
            await model.close()
            self._announce(f"GPT is off: {refusal}")
        except ModelError as error:
            log.warning("GPT could not be asked at start: %s", error)
        else:
            await self._check_cheap(model)

    async def _check_cheap(self, model: LanguageModel) -> None:
        """It is needed only when most of the budget is used, which is late to hear of a slip."""
        name = self._policy().settings.gpt.cheap_model
        try:
            if name:
                await model.check(name)
        except ModelError as error:
            log.error("gpt.cheap_model cannot answer: %s", error)


async def _close_later(model: LanguageModel, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
    finally:
        await model.close()
