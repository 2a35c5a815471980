"""Rows of stored files. The bytes are `core.files`' business."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any

from core.messages import (
    Address,
    Attachment,
    AttachmentKind,
    ChannelName,
    ConversationId,
    FileId,
)
from core.store import statements as sql
from core.store.reader import Reader
from core.tables import clean

_NAME_LENGTH = 200
_SIZES = range(2**53)  # what JSON carries exactly, in a browser too


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`path` is the file's name in the folder, "" while its bytes are not ours. `owner` is who
    uploaded it. `picture` files can be fetched again for ever, others only until `expires_at`."""

    attachment: Attachment
    path: str
    owner: Address | None
    picture: bool
    expires_at: datetime | None

    def kept_at(self, now: datetime) -> bool:
        return self.picture or self.expires_at is None or now < self.expires_at


def new_id() -> FileId:
    """128 random bits, fit for a URL: whoever knows it may read the file."""
    return FileId(secrets.token_urlsafe(16))


def display_name(name: object) -> str:
    """What remains of a name that a stranger chose: no folders, no control or direction marks."""
    base = PurePosixPath(_text(name).replace("\\", "/")).name
    shown = "".join(c for c in base if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"})
    if len(shown) > _NAME_LENGTH:
        suffix = PurePosixPath(shown).suffix[:20]
        shown = shown[: _NAME_LENGTH - len(suffix)] + suffix
    return shown.strip(" .") or "file"


def storable(attachment: Attachment) -> Attachment:
    """`attachment` as a row holds it and gives it back, whatever its platform told: a row that
    cannot be read would stop everybody who reads its conversation."""
    return replace(
        attachment,
        name=display_name(attachment.name),
        media_type=_text(attachment.media_type),
        size=_size(attachment.size),
        source=_text(attachment.source),
        remote=_text(attachment.remote),
    )


def _text(told: object) -> str:
    return clean(told) if isinstance(told, str) else ""


def _size(told: object) -> int | None:
    return told if type(told) is int and told in _SIZES else None


def find(reader: Reader, file: FileId) -> StoredFile | None:
    row = reader.execute(sql.FILE, {"file": file}).first()
    return None if row is None else _to_file(row)


def expired(reader: Reader, limit: int) -> list[StoredFile]:
    """The first `limit` files that need not be kept any longer."""
    rows = reader.execute(sql.EXPIRED_FILES, {"now": reader.now, "limit": limit})
    return [_to_file(row) for row in rows]


def known(reader: Reader, names: Iterable[str]) -> set[str]:
    """Those of `names` that are the id of a file."""
    return set(reader.execute(sql.KNOWN_FILES, {"ids": list(names)}).scalars())


def add(
    unit: Reader,
    attachment: Attachment,
    *,
    expires_at: datetime | None,
    conversation: ConversationId | None = None,
    owner: Address | None = None,
    path: str = "",
    picture_key: str | None = None,
) -> Attachment:
    """A row for `attachment`, which comes back with its id and a name that is safe to show."""
    kept = replace(storable(attachment), id=attachment.id or new_id())
    unit.execute(
        sql.ADD_FILE,
        {
            "id": kept.id,
            "conversation_id": conversation,
            "owner_channel": owner.channel if owner else None,
            "owner_account": owner.account if owner else None,
            "owner_peer": owner.peer if owner else None,
            "kind": kept.kind.value,
            "name": kept.name,
            "media_type": kept.media_type,
            "size": kept.size,
            "source": kept.source,
            "remote": kept.remote,
            "picture_key": picture_key,
            "path": path or None,
            "created_at": unit.now,
            "expires_at": expires_at,
        },
    )
    return kept


def attach(
    unit: Reader,
    conversation: ConversationId,
    attachments: Iterable[Attachment],
    expires_at: datetime,
) -> tuple[Attachment, ...]:
    """Attachments as a message keeps them: the new ones get a row, the uploaded ones an owner."""
    kept = []
    for attachment in attachments:
        if attachment.id is None:
            kept.append(add(unit, attachment, expires_at=expires_at, conversation=conversation))
        else:
            unit.execute(sql.SET_FILE, {"file": attachment.id, "conversation_id": conversation})
            kept.append(storable(attachment))
    return tuple(kept)


def picture(unit: Reader, image: Attachment) -> FileId:
    """The file of a person's picture, the same for the same `source` and `remote`."""
    image = storable(image)
    origin = f"{image.source}\0{image.remote}"
    digest = blake2b(origin.encode(), digest_size=16).hexdigest()
    row = unit.execute(sql.PICTURE, {"hash": digest}).first()
    if row is not None:
        return FileId(row.id)
    file = new_id()
    add(unit, replace(image, id=file), expires_at=None, picture_key=digest)
    return file


def arrived(unit: Reader, file: FileId, path: str, size: int, keep: timedelta) -> None:
    """The bytes are on disk. A picture is kept from now on, as it had no end before."""
    row = unit.execute(sql.FILE, {"file": file}).first()
    if row is not None:
        until = row.expires_at or unit.now + keep
        unit.execute(sql.SET_FILE, {"file": file, "path": path, "size": size, "expires_at": until})


def forget(unit: Reader, gone: Iterable[StoredFile]) -> None:
    """The bytes are gone: a picture can come back, anything else is unknown from now on."""
    for file in gone:
        wanted = {"file": file.attachment.id}
        if file.picture:
            unit.execute(sql.SET_FILE, {**wanted, "path": None, "expires_at": None})
        else:
            unit.execute(sql.DROP_FILE, wanted)


def expire_now(unit: Reader, attachments: Iterable[Attachment]) -> None:
    """Their message was deleted: let the next sweep take the bytes too."""
    ids = [attachment.id for attachment in attachments if attachment.id]
    if ids:
        unit.execute(sql.EXPIRE_FILES, {"ids": ids, "expires_at": unit.now})


def _to_file(row: Any) -> StoredFile:
    owner = None
    if row.owner_channel is not None:
        owner = Address(ChannelName(row.owner_channel), row.owner_account, row.owner_peer)
    return StoredFile(
        attachment=Attachment(
            kind=AttachmentKind(row.kind),
            name=row.name,
            media_type=row.media_type,
            size=row.size,
            id=FileId(row.id),
            source=row.source,
            remote=row.remote,
        ),
        path=row.path or "",
        owner=owner,
        picture=row.picture_key is not None,
        expires_at=row.expires_at,
    )
