"""Puts the web channel together: pages, sockets and files behind one `Connector`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from connectors.web.crowd import Pace
from connectors.web.gate import Gate
from connectors.web.home import Home
from connectors.web.hub import Hub
from connectors.web.identity import Identities
from connectors.web.origins import Origins
from connectors.web.pages import Pages
from connectors.web.reception import Reception
from connectors.web.session import CHANNEL, Shared
from connectors.web.settings import WebLimits, WebSettings
from connectors.web.tokens import Tokens
from connectors.web.uploads import Files
from core.errors import NotReady, StoreUnavailable, Undeliverable
from core.messages import Address, Capabilities, Receipt, Reply
from core.notices import Notice
from core.ports import Cursors, Inbox, Route, Services, Status
from core.tasks import Tasks

if TYPE_CHECKING:
    from connectors import Parts

_KEY_NAME = "web.token_key"


class WebConnector:
    """The chat bubble. Nothing is sent to it: every tab reads the transcript by `seq`.

    `public_url` is where visitors reach us, "" when only the Host header tells. `name` is the
    author of the bot's lines. `heartbeat`, `patience` and `idle` are seconds: how often silence
    is questioned, how long a browser may refuse to read, and how long an upload may stand still.
    """

    name = CHANNEL
    capabilities = Capabilities(max_text=100_000, max_buttons=50, max_label=200, replays=True)

    def __init__(
        self,
        settings: WebSettings,
        services: Services,
        limits: WebLimits,
        public_url: str = "",
        name: str = "",
        *,
        heartbeat: float = 30.0,
        patience: float = 4.0,
        hello_seconds: float = 10.0,
        idle: float = 10.0,
    ) -> None:
        origins = Origins(
            public_url, settings.allowed_origins, allow_none=settings.allow_no_origin
        )
        self._settings = settings
        self._services = services
        self._limits = limits
        self._name = name
        self._hello_seconds = hello_seconds
        self._hub = Hub()
        self._tasks = Tasks()
        self._home = Home(settings.color, public_url)
        self._pages = Pages(settings, self._home.assets)
        self._pace = Pace(limits.per_minute_each)
        self._files = Files(origins, limits, self._pace, idle=idle)
        self._gate = Gate(
            origins,
            limits.connections,
            limits.connections_each,
            frame_bytes=limits.socket_frame_bytes,
            heartbeat=heartbeat,
            patience=patience,
        )
        self._status = Status(False, "not started")

    @property
    def status(self) -> Status:
        return self._status

    @property
    def connections(self) -> int:
        """Open sockets, for the metrics."""
        return self._gate.taken

    def count_connections(self) -> int:
        return self.connections

    def on_connection(self, tell: Callable[[int], None]) -> None:
        self._gate.grew = tell

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/", self._home.page),
            Route("GET", "/widget.js", self._pages.loader),
            Route("GET", "/widget/frame", self._pages.frame),
            Route("GET", "/widget/assets/{version}/{name}", self._pages.asset),
            Route("GET", "/widget/socket", self._gate.handle),
            Route("POST", "/widget/files", self._files.upload, streams=True),
            Route("GET", "/widget/files/{id}", self._files.download),
        )

    async def start(self, inbox: Inbox) -> None:
        try:
            key = await _token_key(self._services.cursors)
            identities = self._identities(key)
            if self._settings.identity_secret:
                await identities.used.load()
        except StoreUnavailable as error:
            self._status = Status(False, "the store cannot be read")
            raise NotReady(f"the web channel needs the store: {error}") from error
        shared = Shared(
            settings=self._settings,
            limits=self._limits,
            services=self._services,
            inbox=inbox,
            reception=Reception(Tokens(key), identities),
            hub=self._hub,
            pace=self._pace,
            tasks=self._tasks,
            name=self._name,
            hello_seconds=self._hello_seconds,
        )
        self._files.open(shared)
        self._gate.open(shared)
        self._status = Status(True)

    def _identities(self, key: str) -> Identities:
        secret = self._settings.identity_secret.get_secret_value()
        return Identities(secret, key, self._services.now, self._services.cursors)

    async def stop(self) -> None:
        self._status = Status(False, "stopped")
        self._files.open(None)
        await self._gate.close()
        await self._tasks.close()

    async def send(self, to: Address, reply: Reply) -> Receipt:
        raise Undeliverable("the web channel reads the transcript itself; nothing is sent to it")

    def publish(self, notices: Sequence[Notice]) -> None:
        self._hub.publish(notices)


async def _token_key(cursors: Cursors) -> str:
    """The key that visitors' tokens are proven with, made at the very first start."""
    if key := await cursors.get(_KEY_NAME):
        return key
    await cursors.set(_KEY_NAME, Tokens.new_key())
    # Read again: another process may have been quicker.
    return await cursors.get(_KEY_NAME) or ""


def build(parts: Parts) -> WebConnector:
    """The connector as the settings want it."""
    limits = parts.settings.limits
    return WebConnector(
        parts.settings.channels["web"],
        parts.services,
        WebLimits(
            message_chars=limits.message_chars,
            socket_frame_bytes=limits.socket_frame_bytes,
            connections=limits.connections,
            max_mb=parts.settings.files.max_mb,
            per_minute=limits.customer_per_minute,
        ),
        parts.settings.server.public_url,
        parts.settings.business.name,
    )
