"""Messages as the stand-in keeps them, and the JSON the Bot API shows of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.telegram.files import StoredFile, dimensions
from sandbox.telegram.formatting import Entity
from sandbox.telegram.keyboard import Button, buttons


@dataclass(frozen=True, slots=True)
class User:
    """Somebody on Telegram, person or bot."""

    id: int
    first_name: str
    last_name: str = ""
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False

    def wire(self) -> dict[str, Any]:
        return _without_blanks(
            id=self.id,
            is_bot=self.is_bot,
            first_name=self.first_name,
            last_name=self.last_name,
            username=self.username,
            language_code=self.language_code,
        )


@dataclass(frozen=True, slots=True)
class Media:
    """A file in a message: `kind` is its field in the Bot API, `details` what else is told."""

    kind: str
    file: StoredFile
    details: dict[str, Any] = field(default_factory=dict)
    thumbnail: StoredFile | None = None

    def wire(self) -> Any:
        if self.kind == "photo":
            return self._sizes()
        facts: dict[str, Any] = {**_file(self.file), **self.details}
        if self.kind in ("document", "audio", "video"):
            facts["file_name"] = self.file.name
        if self.kind != "sticker":
            facts["mime_type"] = self.file.mime
        return _without_blanks(**facts)

    def _sizes(self) -> list[dict[str, Any]]:
        width, height = dimensions(self.file.data)
        large = {**_file(self.file), "width": width, "height": height}
        if self.thumbnail is None:
            return [large]
        small = {"width": min(90, width), "height": min(67, height)}
        return [{**_file(self.thumbnail), **small}, large]


@dataclass(slots=True)
class Message:
    """One message in a chat; `text` is the text or the caption, free of markup.

    `entities` count in UTF-16 code units. `earlier` holds the texts it had before it was edited.
    `extra` are the fields without a file, for example `location`, as the Bot API writes them.
    """

    message_id: int
    chat_id: int
    sender: User
    date: int
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    reply_markup: dict[str, Any] | None = None
    media: Media | None = None
    media_group_id: str | None = None
    reply_to: Message | None = None
    edit_date: int | None = None
    earlier: list[str] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)
    protected: bool = False
    silent: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def from_bot(self) -> bool:
        return self.sender.is_bot

    @property
    def edited(self) -> bool:
        return self.edit_date is not None

    @property
    def data(self) -> bytes:
        """The bytes of its file; empty without one."""
        return self.media.file.data if self.media else b""

    @property
    def buttons(self) -> list[list[Button]]:
        return buttons(self.reply_markup)

    def wire(self, chat: dict[str, Any], *, quoted: bool = False) -> dict[str, Any]:
        """The Message object of the Bot API; `quoted` when it stands inside another one."""
        body = {
            "message_id": self.message_id,
            "from": self.sender.wire(),
            "chat": chat,
            "date": self.date,
            "edit_date": self.edit_date,
            "media_group_id": self.media_group_id,
            "has_protected_content": self.protected or None,
            **self._content(),
            **self.extra,
        }
        if self.reply_markup and "inline_keyboard" in self.reply_markup:
            body["reply_markup"] = self.reply_markup
        if self.reply_to is not None and not quoted:
            body["reply_to_message"] = self.reply_to.wire(chat, quoted=True)
        return _without_blanks(**body)

    def _content(self) -> dict[str, Any]:
        if self.media is None:
            return {"text": self.text, "entities": self.entities}
        content = {self.media.kind: self.media.wire()}
        return {**content, "caption": self.text, "caption_entities": self.entities}


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
    }


def _without_blanks(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
