"""A workspace on loopback, an inbox that notes what it accepts, and the core's other services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.slack.app import SlackApp
from connectors.slack.pacer import Rate
from connectors.slack.settings import Receive, SlackSettings
from core.errors import FileUnavailable
from core.messages import (
    Accepted,
    Address,
    Attachment,
    AttachmentKind,
    CaseRef,
    FileId,
    InboundEvent,
    Message,
    Outcome,
)
from core.notices import ConversationView
from core.ports import OpenFile, Services
from sandbox.slack import ALL_BRIDGE_SCOPES, Limits, Retries, SlackSandbox
from tests.inboxes import HandsIn

UNPACED = Rate(0.0, 1)
FAST = Retries(ack_within=2.0, delays=(0.0, 0.02, 0.02))


async def until(condition: Callable[[], Any], within: float = 5.0) -> None:
    """Wait for `condition`; raises TimeoutError."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - there is no event for what others do
            await asyncio.sleep(0.005)


@dataclass
class NotingInbox(HandsIn):
    """Accepts and remembers, with answer `outcome`. `failures` are raised first, one a time."""

    events: list[InboundEvent] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    outcome: Outcome = Outcome.STORED
    asked: int = 0

    async def accept(self, event: InboundEvent) -> Accepted:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        if event in self.events:
            return Accepted(Outcome.REPEAT)
        self.events.append(event)
        return Accepted(self.outcome)


@dataclass
class Shelf:
    """The store's services, in memory. `said` has the replies of agents, of any case, and
    `lines` what is stored, of any conversation."""

    folder: Path
    values: dict[str, str] = field(default_factory=dict)
    open: list[CaseRef] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    known: set[Address] = field(default_factory=set)
    lines: list[Message] = field(default_factory=list)
    kept: dict[FileId, Attachment] = field(default_factory=dict)
    pictures: list[tuple[str, str]] = field(default_factory=list)

    async def get(self, name: str) -> str | None:
        return self.values.get(name)

    async def set(self, name: str, value: str) -> None:
        self.values[name] = value

    async def open_cases(self) -> Sequence[CaseRef]:
        return tuple(self.open)

    async def replies(self, case: CaseRef) -> Sequence[str]:
        return tuple(self.said)

    async def view(self, address: Address) -> ConversationView | None:
        return ConversationView(len(self.lines)) if address in self.known else None

    async def after(self, address: Address, seq: int, limit: int = 200) -> Sequence[Message]:
        return self.lines[seq:][:limit]

    async def changed(self, address: Address, upto: int) -> Sequence[Message]:
        return ()

    def put(self, name: str, data: bytes, media_type: str = "image/png") -> Attachment:
        """A stored file, as the core would hand it out."""
        file = FileId(f"file{len(self.kept)}")
        (self.folder / file).write_bytes(data)
        self.kept[file] = Attachment(AttachmentKind.IMAGE, name, media_type, len(data), id=file)
        return self.kept[file]

    async def open_file(self, file: FileId) -> OpenFile:
        if file not in self.kept:
            raise FileUnavailable("the file is gone")
        return OpenFile(self.kept[file], self.folder / file)


class ShelfFiles:
    """The files on a shelf, as the port wants them."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def open(self, file: FileId) -> OpenFile:
        return await self._shelf.open_file(file)

    async def save(
        self, name: str, media_type: str, chunks: AsyncIterator[bytes], owner: Address
    ) -> Attachment:
        return self._shelf.put(name, b"".join([chunk async for chunk in chunks]), media_type)

    async def uploaded(self, file: FileId, owner: Address) -> Attachment | None:
        return self._shelf.kept.get(file)

    async def keep_picture(self, source: str, remote: str) -> FileId:
        self._shelf.pictures.append((source, remote))
        return FileId(f"picture:{remote.rpartition('/')[2]}")


def services_of(shelf: Shelf) -> Services:
    return Services(shelf, shelf, ShelfFiles(shelf), shelf, now)


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def workspace(
    *, scopes: Iterable[str] = ALL_BRIDGE_SCOPES, limits: Limits | None = None
) -> AsyncIterator[SlackSandbox]:
    slack = SlackSandbox(limits=limits or Limits.off(), scopes=scopes)
    slack.courier.retries = FAST
    await slack.start()
    try:
        yield slack
    finally:
        await slack.stop()


def settings_of(slack: SlackSandbox, **changes: Any) -> SlackSettings:
    identity = slack.identity
    values: dict[str, Any] = {
        "bot_token": SecretStr(identity.bot_token),
        "app_token": SecretStr(identity.app_token),
        "signing_secret": SecretStr(identity.signing_secret),
        "receive": Receive.SOCKET,
        "api_url": slack.api_url,
    }
    return SlackSettings(**{**values, **changes})


def app_of(
    slack: SlackSandbox,
    *,
    timeout: float = 2.0,
    rate: Rate = UNPACED,
    ahead: timedelta = timedelta(0),
    look_every: float | None = None,
    **changes: Any,
) -> SlackApp:
    """`ahead` is by how much its clock is wrong."""
    return SlackApp(
        settings_of(slack, **changes),
        now=lambda: now() + ahead,
        timeout=timeout,
        ping_interval=0.3,
        rate=rate,
        look_every=look_every,
    )
