"""A stand-in for Telegram's Bot API, with people on the other end who do as they are told.

It is used through the real client: point `base_url` at `{api_url}/bot` and `base_file_url` at
`{api_url}/file/bot`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.telegram.chat import Draft
from sandbox.telegram.customers import Customers
from sandbox.telegram.keyboard import Button
from sandbox.telegram.limits import Limits
from sandbox.telegram.message import Media, Message, User
from sandbox.telegram.service import Service
from sandbox.telegram.webhook import Webhook
from sandbox.telegram.world import Press, World

__all__ = ["Button", "Draft", "Limits", "Media", "Message", "Press", "TelegramSandbox", "User"]

DEFAULT_TOKEN = "110201543:SANDBOX-not-a-real-token-0123456789"  # noqa: S105
_BACKOFF = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class TelegramSandbox(Customers):
    """One bot and the people it talks to.

    `limits=None` turns the flood limits off. `clock` gives Unix time in seconds. A webhook that
    fails is called again after the next of `webhook_backoff` seconds; it must answer within
    `webhook_timeout`. `faults` go by method name, `file` is the download of a file. What the
    stand-in knows survives `stop` and `start`.
    """

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        username: str = "fern_and_clay_bot",
        limits: Limits | None = Limits(),  # noqa: B008
        clock: Callable[[], float] = time.time,
        webhook_backoff: Sequence[float] = _BACKOFF,
        webhook_timeout: float = 60.0,
    ) -> None:
        bot = User(int(token.partition(":")[0]), "Fern & Clay", username=username, is_bot=True)
        world = World(bot, clock, limits)
        super().__init__(world)
        self.token = token
        self.journal = Journal()
        self.faults = Faults()
        self._webhook = Webhook(world.updates, clock, webhook_backoff, webhook_timeout)
        self._service = Service(world, token, self.journal, self.faults, self._webhook)

    @property
    def api_url(self) -> str:
        """`http://host:port`; raises RuntimeError before `start`."""
        return self._service.server.url

    @property
    def pending_updates(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self._world.updates.pending())

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen for the bot; raises OSError when the port is taken."""
        await self._service.server.start(host, port)
        await self._webhook.start()

    async def stop(self) -> None:
        """Stop listening and delivering; polls that wait are answered."""
        await self._webhook.stop()
        self._service.polling.terminate()
        await self._service.server.stop()
