"""What the provider of models must do: answer what no rule answers, and say what texts mean.

Implemented over its SDK, and called from tasks, never within a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.messages import Answer, Turn, Usage


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of some texts, each of length 1, as little-endian numbers of half precision;
    and what they cost."""

    vectors: tuple[bytes, ...]
    usage: Usage


class Embedder(Protocol):
    """Makes vectors of texts: the more alike two texts are in meaning, the nearer they lie."""

    model: str

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector a text, in their order. One attempt. Raises ModelRefused or ModelFailed."""
        ...

    async def close(self) -> None: ...


class LanguageModel(Protocol):
    """Answers what no rule answers. `model` names another model of the same provider than the
    usual one."""

    async def check(self, model: str = "") -> None:
        """Ask the provider once whether the key works, and may use the model.

        Raises ModelRefused when it is refused, ModelFailed when nobody could be asked.
        """
        ...

    async def answer(
        self,
        instructions: str,
        turns: Sequence[Turn],
        *,
        on_draft: Callable[[str], None],
        model: str = "",
    ) -> Answer:
        """One attempt within `timeouts.gpt_total`; `on_draft` gets the text so far, must not
        block, and is called on the event loop. Raises ModelRefused or ModelFailed."""
        ...

    async def close(self) -> None: ...
