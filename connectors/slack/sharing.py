"""Put files into a conversation so that trying again never shows one twice.

Slack gives no key to look a file up by. So the name under which it is stored carries one, made
from the delivery, while people see the name it came with; before files are shared, those that an
earlier try has shared already are left out. Slack shows a file some time after it was told to, so
what it was told is remembered as well.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from connectors.slack.api import SlackApi
from connectors.slack.markup import harmless
from connectors.slack.origin import mapping
from connectors.slack.posting import Posts
from core.errors import DeliveryError, SendLater, Undeliverable

# No delivery is tried for longer than this.
LOOK_BACK = timedelta(days=2)
MARK = 10
MOST_FILES = 20
# A file that Slack has taken, and has not shown for so long, was not to be shown.
LATE = timedelta(minutes=1)
LOOK_AGAIN = 3.0
MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class _Upload:
    shown: str
    stored: str
    content: bytes | Path


@dataclass(slots=True)
class _Given:
    """A file that Slack was told to share at `at`; `taken` once it has said that it will."""

    id: str
    at: datetime
    taken: bool = False


class Sharing:
    """Uploads and shares."""

    def __init__(self, api: SlackApi, posts: Posts, now: Callable[[], datetime]) -> None:
        self._api = api
        self._posts = posts
        self._now = now
        self._given: dict[tuple[str, str], _Given] = {}

    async def share(
        self,
        channel: str,
        files: Sequence[tuple[str, bytes | Path]],
        *,
        key: str,
        thread: str = "",
    ) -> list[str]:
        """Share `files`, given as names and contents; returns the names Slack did not take.

        May be repeated with the same key and files after any error.
        Raises SendLater, Undeliverable or OutcomeUnknown.
        """
        uploads = [_upload(key, index, *file) for index, file in enumerate(files)]
        present = await self._names(channel, thread) if uploads else {}
        place = channel if channel.startswith("D") else f"{channel}:{thread}"
        entries: dict[tuple[str, str], dict[str, str]] = {}
        refused: list[str] = []
        for upload in uploads:
            if upload.stored in present or await self._is_coming((place, upload.stored)):
                continue
            try:
                file = await self._api.upload(upload.stored, await _bytes(upload.content))
                entries[place, upload.stored] = {"id": file, "title": upload.shown}
            except (Undeliverable, OSError):
                refused.append(upload.shown)
        if entries:
            await self._complete(channel, thread, entries)
        return refused

    async def _complete(
        self, channel: str, thread: str, entries: Mapping[tuple[str, str], dict[str, str]]
    ) -> None:
        given = {name: _Given(entry["id"], self._now()) for name, entry in entries.items()}
        self._given |= given
        for name in list(self._given)[:-MOST_REMEMBERED]:
            del self._given[name]
        where = {"channel_id": channel, **({"thread_ts": thread} if thread else {})}
        files = list(entries.values())
        try:
            await self._api.call("files.completeUploadExternal", files=files, **where)
        except (SendLater, Undeliverable):
            for name in given:
                self._given.pop(name, None)
            raise
        for each in given.values():
            each.taken = True

    async def _is_coming(self, name: tuple[str, str]) -> bool:
        """Whether Slack shows this file by itself. Raises SendLater while that may still be."""
        given = self._given.get(name)
        if given is None or given.taken:
            return given is not None
        try:
            answer = await self._api.call("files.info", file=given.id, allow=("file_not_found",))
        except SendLater:
            raise
        except DeliveryError as error:
            raise SendLater(str(error)) from None
        if mapping(answer.get("file")).get("shares"):
            return True
        if answer.get("ok") and self._now() - given.at < LATE:
            raise SendLater("Slack has a file and does not show it yet", LOOK_AGAIN)
        return False

    async def shared(self, channel: str, *, key: str, thread: str = "") -> list[str]:
        """The ids of the files that were shared under `key` in the last days. Raises SendLater."""
        present = await self._names(channel, thread)
        marks = {_mark(key, index) for index in range(MOST_FILES)}
        return [id for name, id in present.items() if PurePosixPath(name).stem[-MARK:] in marks]

    async def _names(self, channel: str, thread: str) -> dict[str, str]:
        """The ids of the files there, by the names under which they are stored."""
        oldest = f"{(self._now() - LOOK_BACK).timestamp():.6f}"
        return {
            str(file.get("name")): str(file.get("id"))
            async for message in self._posts.near(channel, oldest, thread=thread)
            for file in message.get("files") or ()
        }


def _mark(key: str, index: int) -> str:
    return hashlib.sha256(f"{key}:{index}".encode()).hexdigest()[:MARK]


def _upload(key: str, index: int, name: str, content: bytes | Path) -> _Upload:
    shown = harmless(PurePosixPath(name.replace("\\", "/")).name) or "file"
    path = PurePosixPath(shown)
    return _Upload(shown, f"{path.stem}-{_mark(key, index)}{path.suffix}", content)


async def _bytes(content: bytes | Path) -> bytes:
    data = content if isinstance(content, bytes) else await asyncio.to_thread(content.read_bytes)
    if not data:
        raise Undeliverable("the file is empty")
    return data
