"""A stand-in for OpenAI's API whose model says what it is told, or minds a small plant shop.

It is used through the real client: point `base_url` and `api_key` at it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.openai.brain import shop_assistant
from sandbox.openai.service import Service
from sandbox.openai.turn import Request, ToolCall, Turn

__all__ = ["Brain", "OpenAISandbox", "Request", "ToolCall", "Turn", "shop_assistant"]

Brain = Callable[[Request], Turn]

DEFAULT_KEY = "sk-sandbox-not-a-real-key-0000"
DEFAULT_MODELS = ("gpt-5.5", "gpt-5-mini", "gpt-5-nano", "gpt-4.1-mini", "gpt-4o-mini")


class OpenAISandbox:
    """Chat completions, embeddings and models.

    `faults` go by `chat.completions`, `embeddings` and `models`. On a streamed answer CUT,
    ACCEPT_THEN_RESET and ACCEPT_THEN_HANG come after as many events as the fault's `seconds` say;
    the first event has only the role. `brain` answers whenever no scripted turn waits, and may be
    replaced at any time.
    """

    def __init__(
        self,
        *,
        api_key: str = DEFAULT_KEY,
        models: tuple[str, ...] = DEFAULT_MODELS,
        context_tokens: int = 128_000,
        brain: Brain = shop_assistant,
    ) -> None:
        self.api_key = api_key
        self.brain = brain
        self.journal = Journal()
        self.faults = Faults()
        self._turns: deque[Turn] = deque()
        self._service = Service(
            api_key, models, context_tokens, self.journal, self.faults, self._think
        )

    @property
    def base_url(self) -> str:
        """`http://host:port/v1`; raises RuntimeError before `start`."""
        return f"{self._service.server.url}/v1"

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; raises OSError when the port is taken."""
        await self._service.server.start(host, port)

    async def stop(self) -> None:
        await self._service.server.stop()

    def script(self, *turns: Turn | str) -> None:
        """Answer the next chat requests with these turns, in order; a string is a turn's text."""
        self._turns.extend(Turn(turn) if isinstance(turn, str) else turn for turn in turns)

    def _think(self, request: Request) -> Turn:
        return self._turns.popleft() if self._turns else self.brain(request)
