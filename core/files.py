"""Keep customers' and agents' files on our own disk: platforms' links expire and need secrets.

The bytes lie in one folder under random names, whole or not at all; what they are called and who
may see them is in the store.
"""

from __future__ import annotations

import asyncio
import logging
import mimetypes
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from core.errors import FileUnavailable, StoreUnavailable
from core.messages import Address, Attachment, AttachmentKind, FileId
from core.ports import FileSource, OpenFile
from core.store import Reader, Store, Transaction, filing
from core.store.filing import StoredFile

T = TypeVar("T")

log = logging.getLogger(__name__)

_SWEEP = 200  # files a step, so that a sweep never holds the writer for long
_ABANDONED = 24 * 3600.0  # seconds after which bytes without a row belong to no running save


class StoredFiles:
    """Implements `core.ports.Files` in `folder`, which is made when it is needed.

    `max_bytes` bounds every file, uploaded or fetched, and may be set at any time.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        max_bytes: int,
        sources: Mapping[str, FileSource] | None = None,
    ) -> None:
        self.max_bytes = max_bytes
        self._store = store
        self._folder = _Folder(folder)
        self._sources = dict(sources or {})
        # Weak, so that a lock lasts as long as somebody holds or awaits it.
        self._fetching: WeakValueDictionary[FileId, asyncio.Lock] = WeakValueDictionary()

    def add_source(self, name: str, source: FileSource) -> None:
        """From now on `source` fetches the attachments whose `source` is `name`."""
        self._sources[name] = source

    async def save(
        self, name: str, media_type: str, chunks: AsyncIterator[bytes], owner: Address
    ) -> Attachment:
        """As `core.ports.Files.save`. The name comes back safe to show."""
        file = filing.new_id()
        size = await self._folder.receive(chunks, file, self.max_bytes)
        new = Attachment(_kind(media_type), name, media_type, size, file)

        def unit(transaction: Transaction) -> Attachment:
            until = transaction.now + self._store.keep_files
            return filing.add(transaction, new, expires_at=until, owner=owner, path=file)

        return await self._store.write(unit)

    async def open(self, file: FileId) -> OpenFile:
        """As `core.ports.Files.open`. However many ask at once, it is fetched once."""
        try:
            if (ready := await self._ready(file)) is not None:
                return ready
            async with self._fetching.setdefault(file, asyncio.Lock()):
                return await self._ready(file) or await self._fetch(file)
        except StoreUnavailable as error:
            raise FileUnavailable(str(error)) from error

    async def uploaded(self, file: FileId, owner: Address) -> Attachment | None:
        """As `core.ports.Files.uploaded`; an expired file is nothing."""
        stored = await self._find(file)
        return stored.attachment if stored and stored.owner == owner else None

    async def keep_picture(self, source: str, remote: str) -> FileId:
        """As `core.ports.Files.keep_picture`."""
        media_type = mimetypes.guess_type(urlsplit(remote).path)[0] or ""
        if _kind(media_type) is not AttachmentKind.IMAGE:
            media_type = "image/jpeg"  # browsers look which image it is, but not whether it is one
        image = Attachment(
            AttachmentKind.IMAGE, "picture", media_type, source=source, remote=remote
        )
        return await self._store.write(lambda unit: filing.picture(unit, image))

    async def sweep(self) -> int:
        """Delete what need not be kept any longer; how many files that were."""
        swept = 0
        while expired := await self._store.read(partial(filing.expired, limit=_SWEEP)):
            for stored in expired:
                await self._folder.remove(stored.attachment.id or "")
            await self._store.write(partial(filing.forget, gone=expired))
            swept += len(expired)
        return swept + await self._sweep_abandoned()

    async def _sweep_abandoned(self) -> int:
        """Delete bytes whose save or fetch died before their row was written."""
        now = await self._store.read(lambda reader: reader.now)
        old = await self._folder.older_than(now.timestamp() - _ABANDONED)
        swept = 0
        for names in (old[i : i + _SWEEP] for i in range(0, len(old), _SWEEP)):
            known = await self._store.read(partial(filing.known, names=names))
            for name in set(names) - known:
                await self._folder.remove(name)
                swept += 1
        return swept

    async def _find(self, file: FileId) -> StoredFile | None:
        """None for a file that is unknown or expired, although its bytes may still be here."""

        def query(reader: Reader) -> StoredFile | None:
            stored = filing.find(reader, file)
            return stored if stored and stored.kept_at(reader.now) else None

        return await self._store.read(query)

    async def _ready(self, file: FileId) -> OpenFile | None:
        """The file if its bytes are here, None if they have yet to be fetched."""
        stored = await self._find(file)
        if stored is None:
            raise FileUnavailable("the file is not kept any longer, or never was")
        if stored.path and await self._folder.holds(stored.path):
            return OpenFile(stored.attachment, self._folder.path / stored.path)
        return None

    async def _fetch(self, file: FileId) -> OpenFile:
        stored = await self._find(file)
        attachment = stored.attachment if stored else None
        source = self._sources.get(attachment.source) if attachment else None
        if attachment is None or source is None:
            raise FileUnavailable("the file is gone, and nobody can fetch it again")
        async with aclosing(_fetched(source, attachment)) as chunks:
            size = await self._folder.receive(chunks, file, self.max_bytes)
        keep = self._store.keep_files
        await self._store.write(
            partial(filing.arrived, file=file, path=file, size=size, keep=keep)
        )
        return OpenFile(replace(attachment, size=size), self._folder.path / file)


class _Folder:
    """Bytes under plain names. Raises StoreUnavailable when the disk refuses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._trouble = ""

    async def receive(self, chunks: AsyncIterator[bytes], name: str, limit: int) -> int:
        """Put `chunks` under `name`, all or nothing; how many bytes that were.

        Raises FileUnavailable above `limit` bytes.
        """
        part = self.path / f".{secrets.token_hex(8)}.part"
        file = await self._on_disk(self._create, part)
        size = 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise FileUnavailable(f"the file is larger than {limit / 2**20:g} MB")
                await self._on_disk(file.write, chunk)
            await self._on_disk(self._finish, file, part, self.path / name)
            self._trouble = ""
        except BaseException:
            file.close()
            part.unlink(missing_ok=True)
            raise
        return size

    async def holds(self, name: str) -> bool:
        return await self._on_disk((self.path / name).is_file)

    async def remove(self, name: str) -> None:
        await self._on_disk((self.path / name).unlink, True)

    async def older_than(self, timestamp: float) -> list[str]:
        return await self._on_disk(self._older_than, timestamp)

    async def _on_disk(self, step: Callable[..., T], *values: object) -> T:
        try:
            return await asyncio.to_thread(step, *values)
        except OSError as error:
            self._tell(error.strerror or type(error).__name__)
            raise StoreUnavailable(f"the disk refused a file: {error.strerror}") from error

    def _tell(self, trouble: str) -> None:
        """Customers only read that it does not work now; who can mend it reads why, once."""
        if trouble != self._trouble:
            self._trouble = trouble
            log.error("no file can be taken until this is mended: %s: %s", self.path, trouble)

    def _create(self, part: Path) -> BinaryIO:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def _finish(self, file: BinaryIO, part: Path, final: Path) -> None:
        with file:
            file.flush()
            os.fsync(file.fileno())
        part.rename(final)
        folder = os.open(self.path, os.O_RDONLY)
        os.fsync(folder)  # the name must outlive a crash as well
        os.close(folder)

    def _older_than(self, timestamp: float) -> list[str]:
        if not self.path.is_dir():
            return []
        with os.scandir(self.path) as entries:
            return [entry.name for entry in entries if _changed_before(entry, timestamp)]


def _changed_before(entry: os.DirEntry[str], timestamp: float) -> bool:
    try:
        # What else lies there is not ours, and cannot be removed as a file.
        is_file = entry.is_file(follow_symlinks=False)
        return is_file and entry.stat().st_mtime < timestamp
    except FileNotFoundError:  # finished or removed since it was listed
        return False


async def _fetched(source: FileSource, attachment: Attachment) -> AsyncGenerator[bytes, None]:
    """The source's bytes; whatever a faulty source raises becomes FileUnavailable."""
    chunks = source.fetch(attachment.remote)
    try:
        async for chunk in chunks:
            yield chunk
    except FileUnavailable:
        raise
    except Exception as error:
        log.exception("%s failed to fetch a file", attachment.source)
        raise FileUnavailable("the file could not be fetched") from error
    finally:
        if (close := getattr(chunks, "aclose", None)) is not None:
            await close()


def _kind(media_type: str) -> AttachmentKind:
    family = media_type.partition("/")[0].lower()
    if family == "image" and "svg" not in media_type.lower():  # an SVG can hold scripts
        return AttachmentKind.IMAGE
    return AttachmentKind.AUDIO if family == "audio" else AttachmentKind.FILE
