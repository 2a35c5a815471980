"""A connector between the stand-in for Telegram and a core that remembers and can fail."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.telegram.connector import TelegramConnector
from connectors.telegram.settings import OnUncertain, Receive, TelegramSettings
from core.errors import FileUnavailable, StoreUnavailable
from core.messages import (
    Accepted,
    Address,
    Attachment,
    AttachmentKind,
    Author,
    AuthorKind,
    CaseRef,
    ChannelName,
    ConversationId,
    CustomerWrote,
    DeliveryKey,
    FileId,
    InboundEvent,
    Message,
    Outcome,
    Reply,
)
from core.notices import ConversationView
from core.ports import OpenFile, Services
from core.settings.texts import Texts
from sandbox.telegram import Message as Shown
from sandbox.telegram import TelegramSandbox
from tests.inboxes import HandsIn

BOT = Author(AuthorKind.BOT, "Bot")
MIA = Author(AuthorKind.AGENT, "Mia")
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d")
_keys = itertools.count(1)


class Core(HandsIn):
    """Inbox, cursors, files and transcript in one; it outlives every connector of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[InboundEvent] = []
        self.attempts: list[InboundEvent] = []
        self.cursors: dict[str, str] = {}
        self.down = False
        self.refused = 0  # how often somebody met it down
        self.fails: Callable[[InboundEvent], Exception | None] = lambda _: None
        self.pause: Callable[[InboundEvent], float] = lambda _: 0.0
        self._files: dict[FileId, OpenFile] = {}

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, CustomerWrote)]

    async def accept(self, event: InboundEvent) -> Accepted:
        self.attempts.append(event)
        await asyncio.sleep(self.pause(event))
        self._check()
        if error := self.fails(event):
            raise error
        if event in self.events:
            return Accepted(Outcome.REPEAT, ConversationId(1))
        self.events.append(event)
        return Accepted(Outcome.STORED, ConversationId(1), len(self.events))

    def _check(self) -> None:
        if self.down:
            self.refused += 1
            raise StoreUnavailable("the disk is full")

    async def get(self, name: str) -> str | None:
        self._check()
        return self.cursors.get(name)

    async def set(self, name: str, value: str) -> None:
        self._check()
        self.cursors[name] = value

    def put(self, name: str, media_type: str, data: bytes) -> Attachment:
        """A stored file."""
        id = FileId(f"file{len(self._files)}")
        path = self.folder / id
        path.write_bytes(data)
        kind = AttachmentKind.IMAGE if "image" in media_type else AttachmentKind.FILE
        attachment = Attachment(kind, name, media_type, len(data), id)
        self._files[id] = OpenFile(attachment, path)
        return attachment

    async def open(self, file: FileId) -> OpenFile:
        if file not in self._files:
            raise FileUnavailable("the file is not kept any longer")
        return self._files[file]

    async def save(
        self, name: str, media_type: str, chunks: AsyncIterator[bytes], owner: Address
    ) -> Attachment:
        raise NotImplementedError

    async def uploaded(self, file: FileId, owner: Address) -> Attachment | None:
        raise NotImplementedError

    async def keep_picture(self, source: str, remote: str) -> FileId:
        raise NotImplementedError

    async def view(self, address: Address) -> ConversationView | None:
        return None

    async def after(self, address: Address, seq: int, limit: int = 200) -> Sequence[Message]:
        return []

    async def changed(self, address: Address, upto: int) -> Sequence[Message]:
        return []

    async def open_cases(self) -> Sequence[CaseRef]:
        return []

    async def replies(self, case: CaseRef) -> Sequence[str]:
        return []

    def services(self) -> Services:
        return Services(self, self, self, self, lambda: datetime(2026, 7, 1, tzinfo=UTC))


def make(
    core: Core,
    sandbox: TelegramSandbox,
    *,
    token: str | None = None,
    receive: Receive = Receive.POLLING,
    secret: str = "",
    public_url: str = "",
    on_uncertain: OnUncertain = OnUncertain.RESEND,
    timeout: float = 2.0,
    max_bytes: int = 1_000_000,
    first_pause: float = 0.02,
    api_url: str | None = None,
) -> TelegramConnector:
    settings = TelegramSettings(
        token=SecretStr(sandbox.token if token is None else token),
        receive=receive,
        webhook_secret=SecretStr(secret),
        api_url=api_url or sandbox.api_url,
        on_uncertain=on_uncertain,
    )
    return TelegramConnector(
        settings,
        core.services(),
        Texts(),
        public_url=public_url,
        timeout=timeout,
        max_bytes=max_bytes,
        first_pause=first_pause,
    )


@asynccontextmanager
async def started(
    core: Core, sandbox: TelegramSandbox, **options: Any
) -> AsyncIterator[TelegramConnector]:
    connector = make(core, sandbox, **options)
    await connector.start(core)
    try:
        yield connector
    finally:
        await connector.stop()


def at(chat: int, account: str = "110201543") -> Address:
    return Address(ChannelName("telegram"), account, str(chat))


def reply(text: str, author: Author = BOT, *, seq: int = 7, **rest: Any) -> Reply:
    return Reply(DeliveryKey(f"k{next(_keys)}"), seq, author, text, **rest)


def shown(sandbox: TelegramSandbox, chat: int) -> list[Shown]:
    """What the bot said in a chat."""
    return [message for message in sandbox.chat(chat) if message.from_bot]


def bold(message: Shown) -> list[tuple[int, int]]:
    """Offset and length of what is bold, in UTF-16 units."""
    return [(e["offset"], e["length"]) for e in message.entities if e["type"] == "bold"]


async def until(condition: Callable[[], Any], what: str, within: float = 5.0) -> None:
    """Wait until `condition` holds; fail naming `what` did not come."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - the stand-in and the core share no event
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"{what} did not come within {within} s") from None
