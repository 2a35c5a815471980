"""Files that Telegram keeps: known by file_id, downloaded by a path that getFile gives out."""

from __future__ import annotations

import itertools
import secrets
import struct
from dataclasses import dataclass, field

from sandbox.telegram.refusal import bad_request

DOWNLOAD_LIMIT = 20 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")


@dataclass(slots=True)
class StoredFile:
    """One file; `size` may claim more than `data` has, to play one too big to keep."""

    file_id: str
    unique_id: str
    path: str
    name: str
    mime: str
    size: int
    data: bytes = field(repr=False)


class Files:
    """Every file of one bot."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._numbers = itertools.count()

    def add(
        self, kind: str, data: bytes, *, name: str = "", mime: str = "", size: int | None = None
    ) -> StoredFile:
        """Keep `data`; `kind` is the folder of its path, for example `photos`."""
        file_id = f"BQ{secrets.token_urlsafe(36)}"
        ending = name.rpartition(".")[2] if "." in name else _ENDINGS.get(mime, "bin")
        path = f"{kind}/file_{next(self._numbers)}.{ending}"
        size = len(data) if size is None else size
        stored = StoredFile(file_id, secrets.token_urlsafe(11), path, name, mime, size, data)
        self._by_id[file_id] = stored
        return stored

    def get(self, file_id: str) -> StoredFile:
        """Raises Refusal when no file has this id."""
        if file_id not in self._by_id:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return self._by_id[file_id]

    def at(self, path: str) -> StoredFile | None:
        """The file to download from `path`."""
        return next((file for file in self._by_id.values() if file.path == path), None)


_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "audio/ogg": "oga", "application/pdf": "pdf"}


def is_picture(data: bytes) -> bool:
    """Whether Telegram would take `data` as a photo, judged by its first bytes."""
    return data.startswith(_PICTURES)


def dimensions(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG; for anything else a plausible pair."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    return 1280, 960
