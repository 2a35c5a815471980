"""A core that forgets everything at the end of a test, true to the ports of the real one."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from core.errors import FileUnavailable, FrontdeskError, StoreUnavailable
from core.messages import (
    Accepted,
    Address,
    Attachment,
    AttachmentKind,
    Author,
    AuthorKind,
    Button,
    ButtonPressed,
    CaseRef,
    ConversationId,
    CustomerSaw,
    CustomerWrote,
    FileId,
    InboundEvent,
    Message,
    Mode,
    Outcome,
)
from core.notices import (
    ConversationView,
    MessageDeleted,
    MessageEdited,
    MessageStored,
    ModeChanged,
    Notice,
)
from core.ports import OpenFile, Services
from tests.inboxes import HandsIn

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
BOT = Author(AuthorKind.BOT, "Bot")
MIA = Author(AuthorKind.AGENT, "Mia", FileId("picture-of-mia-0001"))


@dataclass
class Talk:
    """One conversation."""

    id: ConversationId
    lines: list[Message] = field(default_factory=list)
    mode: Mode = Mode.BOT
    agent: Author | None = None
    seen: int = 0


class Memory(HandsIn):
    """Inbox, transcript, cursors and open cases in one. `publish` gets the notices."""

    def __init__(self) -> None:
        self.talks: dict[Address, Talk] = {}
        self.events: list[InboundEvent] = []
        self.cursors: dict[str, str] = {}
        self.publish: Callable[[Sequence[Notice]], None] = lambda _: None
        self.fail: list[FrontdeskError | None] = []
        self.readable = True
        self.pause = asyncio.Event()
        self.pause.set()
        self.lose_notices = False
        self.now = NOON
        self.answer: Callable[[Message], str | None] = lambda _: None
        self._commits = asyncio.Lock()

    async def accept(self, event: InboundEvent) -> Accepted:
        async with self._commits:
            await self.pause.wait()
            if self.fail and (error := self.fail.pop(0)):
                raise error
            self.events.append(event)
            match event:
                case CustomerWrote(text=text, attachments=files):
                    self.talks.setdefault(event.address, Talk(ConversationId(len(self.talks) + 1)))
                    return self._store(event, text, files)
                case ButtonPressed(seq=seq, index=index):
                    return self._press(event, seq, index)
                case CustomerSaw():
                    return Accepted(Outcome.IGNORED)
                case _:
                    raise NotImplementedError

    def _press(self, event: ButtonPressed, seq: int, index: int) -> Accepted:
        talk = self.talks.get(event.address)
        if talk is None or not 0 < seq <= len(talk.lines):
            return Accepted(Outcome.IGNORED)
        buttons = talk.lines[seq - 1].buttons
        if index >= len(buttons):
            return Accepted(Outcome.IGNORED)
        return self._store(event, buttons[index].say or buttons[index].label)

    def _store(
        self, event: CustomerWrote | ButtonPressed, text: str, files: tuple[Attachment, ...] = ()
    ) -> Accepted:
        talk = self.talks[event.address]
        for known in talk.lines:
            if known.external_id == event.external_id:
                return Accepted(Outcome.REPEAT, talk.id, known.seq)
        author = Author(AuthorKind.CUSTOMER)
        line = self.say(event.address, author, text, files=files, external_id=event.external_id)
        if (answer := self.answer(line)) is not None:
            self.say(event.address, BOT, answer)
        return Accepted(Outcome.STORED, talk.id, line.seq)

    def say(
        self,
        address: Address,
        author: Author,
        text: str,
        *,
        buttons: tuple[Button, ...] = (),
        files: tuple[Attachment, ...] = (),
        external_id: str = "",
    ) -> Message:
        """Store one line and publish it, as a commit does."""
        talk = self.talks[address]
        seq = len(talk.lines) + 1
        at = NOON + timedelta(seconds=seq)
        line = Message(talk.id, seq, author, text, at, buttons, files, external_id)
        talk.lines.append(line)
        if not self.lose_notices:
            self.publish([MessageStored(address, line)])
        return line

    def edit(self, address: Address, seq: int, text: str) -> None:
        lines = self.talks[address].lines
        lines[seq - 1] = replace(lines[seq - 1], text=text, edited_at=NOON)
        self.publish([MessageEdited(address, seq, text)])

    def delete(self, address: Address, seq: int) -> None:
        lines = self.talks[address].lines
        lines[seq - 1] = replace(lines[seq - 1], text="", deleted_at=NOON)
        self.publish([MessageDeleted(address, seq)])

    def change(self, address: Address, mode: Mode, agent: Author | None = None) -> None:
        self.talks[address].mode, self.talks[address].agent = mode, agent
        self.publish([ModeChanged(address, mode, agent)])

    async def view(self, address: Address) -> ConversationView | None:
        await self._read()
        talk = self.talks.get(address)
        if talk is None:
            return None
        return ConversationView(len(talk.lines), talk.mode, talk.agent, talk.seen)

    async def after(self, address: Address, seq: int, limit: int = 200) -> Sequence[Message]:
        await self._read()
        talk = self.talks.get(address)
        return talk.lines[seq : seq + limit] if talk else []

    async def changed(self, address: Address, upto: int) -> Sequence[Message]:
        await self._read()
        lines = self.talks[address].lines[:upto] if address in self.talks else []
        return [line for line in lines if line.edited_at or line.deleted_at]

    async def _read(self) -> None:
        await asyncio.sleep(0)
        if not self.readable:
            raise StoreUnavailable("the disk is gone")

    async def get(self, name: str) -> str | None:
        await self._read()
        return self.cursors.get(name)

    async def set(self, name: str, value: str) -> None:
        await self._read()
        self.cursors[name] = value

    async def open_cases(self) -> Sequence[CaseRef]:
        return []

    async def replies(self, case: CaseRef) -> Sequence[str]:
        return []


class MemoryFiles:
    """Files in a folder of the test's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[FileId, tuple[Attachment, Address]] = {}
        self.per_owner: dict[str, int] = defaultdict(int)

    async def save(
        self, name: str, media_type: str, chunks: AsyncIterator[bytes], owner: Address
    ) -> Attachment:
        data = b"".join([chunk async for chunk in chunks])
        main = media_type.partition("/")[0]
        kind = AttachmentKind(main) if main in ("image", "audio") else AttachmentKind.FILE
        id = FileId(secrets.token_urlsafe(16))
        saved = Attachment(kind, name, media_type, len(data), id)
        self.put(saved, data, owner)
        return saved

    def put(self, saved: Attachment, data: bytes, owner: Address) -> None:
        if saved.id is None:
            raise ValueError("a stored file has an id")
        (self._folder / saved.id).write_bytes(data)
        self._files[saved.id] = saved, owner

    async def open(self, file: FileId) -> OpenFile:
        if file not in self._files:
            raise FileUnavailable("no such file")
        return OpenFile(self._files[file][0], self._folder / file)

    async def uploaded(self, file: FileId, owner: Address) -> Attachment | None:
        saved, whose = self._files.get(file, (None, None))
        return saved if whose == owner else None

    async def keep_picture(self, source: str, remote: str) -> FileId:
        raise NotImplementedError


def services(memory: Memory, files: MemoryFiles) -> Services:
    return Services(memory, memory, files, memory, lambda: memory.now)
