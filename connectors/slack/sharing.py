"""Put files into a conversation so that trying again never shows one twice.

Slack gives no key to look a file up by. So the name under which it is stored carries one, made
from the delivery, while people see the name it came with; before files are shared, those that an
earlier try has shared already are left out.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from connectors.slack.api import SlackApi
from connectors.slack.markup import harmless
from connectors.slack.posting import Posts
from core.errors import Undeliverable

# No delivery is tried for longer than this.
LOOK_BACK = timedelta(days=2)
MARK = 10
MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class _Upload:
    shown: str
    stored: str
    content: bytes | Path


class Sharing:
    """Uploads and shares."""

    def __init__(self, api: SlackApi, posts: Posts, now: Callable[[], datetime]) -> None:
        self._api = api
        self._posts = posts
        self._now = now

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
        ids: list[dict[str, str]] = []
        refused: list[str] = []
        for upload in uploads:
            if upload.stored in present:
                continue
            try:
                file = await self._api.upload(upload.stored, await _bytes(upload.content))
                ids.append({"id": file, "title": upload.shown})
            except (Undeliverable, OSError):
                refused.append(upload.shown)
        if ids:
            place = {"channel_id": channel, **({"thread_ts": thread} if thread else {})}
            await self._api.call("files.completeUploadExternal", files=ids, **place)
        return refused

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
