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


_ASK_AGAIN = 60.0


class Provider:
    """Sees to it that customers and turns agree whether there is a model. One that refuses us is
    asked again every `ask_again` seconds: a bill is paid, and not every refusal is meant."""

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
        self._model: LanguageModel | None = None
        self.ask_again = _ASK_AGAIN

    def use(self, model: LanguageModel | None) -> None:
        self._model = model
        self._serve(model)
        if model is not None:
            self._tasks.start(self._check(model), "GPT check")

    def replace(self, model: LanguageModel | None) -> None:
        """Answers under way keep the model they were asked of until they are done or fail."""
        old = self._model
        self.use(model)
        if old is not None:
            patience = self._policy().settings.timeouts.gpt_total.total_seconds()
            self._tasks.start(_close_later(old, patience), "the former GPT client")

    async def close(self) -> None:
        if self._model is not None:
            await self._model.close()

    def _serve(self, model: LanguageModel | None) -> None:
        self._turns.model = model
        self._customers.has_model = model is not None

    async def _check(self, model: LanguageModel) -> None:
        """A refused key is found before a customer finds it."""
        told = False
        while True:
            why, refused = await _why_not(model)
            if self._model is not model:
                return  # other settings have come meanwhile, perhaps to mend just this
            if not refused and not (told and why):
                break
            if refused and not told:
                log.error("GPT is off: %s", why)
                self._announce(f"GPT is off: {why}")
                told = True
                self._serve(None)
            await asyncio.sleep(self.ask_again)
        if why:
            log.warning("GPT could not be asked at start: %s", why)
            return
        if told:
            log.info("GPT is on again: its provider takes the key now")
            self._announce("GPT is on again.")
            self._serve(model)
        await self._check_cheap(model)

    async def _check_cheap(self, model: LanguageModel) -> None:
        """It is needed only when most of the budget is used, which is late to hear of a slip."""
        name = self._policy().settings.gpt.cheap_model
        try:
            if name:
                await model.check(name)
        except ModelError as error:
            log.error("gpt.cheap_model cannot answer: %s", error)


async def _why_not(model: LanguageModel) -> tuple[str, bool]:
    """Why it cannot be asked, "" if it can; and whether that was its provider's own word."""
    try:
        await model.check()
    except ModelRefused as refusal:
        return str(refusal), True
    except ModelError as error:
        return str(error), False
    return "", False


async def _close_later(model: LanguageModel, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
    finally:
        await model.close()
