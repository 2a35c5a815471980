"""Carry one message to Telegram: at its turn, to where the chat is today, plainly if need be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, TelegramError

from connectors.telegram.api import UPLOAD, Client
from connectors.telegram.moves import Moves
from connectors.telegram.outbound import Key, Outgoing, Place, plainest
from connectors.telegram.outcome import failure, is_done, is_hopeless
from connectors.telegram.pacer import Pacer
from core.errors import (
    FileUnavailable,
    OutcomeUnknown,
    SendLater,
    StoreUnavailable,
    Undeliverable,
)
from core.messages import Attachment
from core.ports import Files

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[int], Awaitable[T]]

# For a preview Telegram calls whatever address stands in a text, and GPT can be made to write one.
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
MOST_BYTES, MOST_PHOTO_BYTES = 50_000_000, 10_000_000
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
_VOICES = frozenset({"audio/ogg", "audio/opus"})
_MUSIC = frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a"})


class Sending:
    """Sends and changes messages. Raises SendLater, Undeliverable or OutcomeUnknown."""

    def __init__(
        self, bot: Client, pacer: Pacer, moves: Moves, files: Files, timeout: float
    ) -> None:
        self._bot = bot
        self._pacer = pacer
        self._moves = moves
        self._files = files
        self._timeout = timeout
        self._turns: set[int] = set()  # chats whose next message is counted already

    async def turn(self, chat: int) -> None:
        """Returns when the next message to `chat` may go out at once. Raises SendLater."""
        here = await self._whereabouts(chat)
        if here not in self._turns:
            await self._pacer.turn(here)
            self._turns.add(here)

    async def send(self, chat: int, message: Outgoing) -> int:
        """The id of the message that was sent."""
        if message.file is not None:
            data = await self._bytes_of(message.file)
            return await self.call(
                chat,
                lambda here: self._send_file(here, message, data, _method(message.file, data)),
                lambda here: self._send_file(here, plainest(message), data, "document"),
            )
        return await self.call(
            chat,
            lambda here: self._send_text(here, message),
            lambda here: self._send_text(here, plainest(message)),
        )

    async def edit(self, chat: int, id: int, message: Outgoing) -> None:
        async def work(here: int) -> None:
            await self._bot.edit_message_text(
                message.text,
                here,
                id,
                entities=_entities(message),
                link_preview_options=_NO_PREVIEW,
                reply_markup=_keyboard(message.keys),
            )

        await self._change(chat, work, counts=True)

    async def delete(self, chat: int, id: int) -> None:
        async def work(here: int) -> None:
            await self._bot.delete_message(here, id)

        await self._change(chat, work, counts=False)

    async def _change(self, chat: int, work: Work[None], *, counts: bool) -> None:
        async def until_done(here: int) -> None:
            async with asyncio.timeout(self._timeout):
                try:
                    await work(here)
                except BadRequest as error:
                    if not is_done(error):
                        raise

        await self.call(chat, until_done, counts=counts)

    async def call(
        self, chat: int, work: Work[T], plainly: Work[T] | None = None, *, counts: bool = True
    ) -> T:
        """Do `work` in `chat`, once. Where Telegram dislikes how a message is made, and so has
        not taken it, `plainly` says the same with less. `counts`: towards the flood limits."""
        here = await self._whereabouts(chat)
        if counts and here not in self._turns:
            await self._pacer.turn(here)
        self._turns.discard(here)
        try:
            return await self._work(here, work, plainly)
        except TelegramError as error:
            raise self._failure(here, error) from None
        except TimeoutError:
            raise OutcomeUnknown("Telegram did not answer in time") from None

    async def _work(self, here: int, work: Work[T], plainly: Work[T] | None) -> T:
        try:
            try:
                return await work(here)
            except ChatMigrated as moved:
                here = await self._follow(here, moved.new_chat_id)
                return await work(here)
        except BadRequest as error:
            if plainly is None or is_hopeless(error):
                raise
            log.warning("Telegram took a message only in its plainest form: %s", error.message)
            return await plainly(here)

    async def _whereabouts(self, chat: int) -> int:
        try:
            return await self._moves.current(chat)
        except StoreUnavailable as error:
            raise SendLater(f"the store cannot be read: {error}") from error

    async def _follow(self, old: int, new: int) -> int:
        try:
            await self._moves.note(old, new)
        except StoreUnavailable as error:
            log.warning("where a group has moved is known until the restart only: %s", error)
        return new

    def _failure(self, chat: int, error: TelegramError) -> Exception:
        failed = failure(error)
        if isinstance(failed, SendLater) and failed.after is not None:
            self._pacer.hold(chat, failed.after)
        return failed

    # --- requests --------------------------------------------------------------------------

    async def _send_text(self, chat: int, message: Outgoing) -> int:
        async with asyncio.timeout(self._timeout):
            sent = await self._bot.send_message(
                chat,
                message.text,
                entities=_entities(message),
                link_preview_options=_NO_PREVIEW,
                reply_markup=_keyboard(message.keys),
                reply_parameters=_answered(message.place),
                message_thread_id=message.place.topic,
            )
        return sent.message_id

    async def _send_file(self, chat: int, message: Outgoing, data: bytes, method: str) -> int:
        send: Callable[..., Awaitable[Message]] = getattr(self._bot, f"send_{method}")
        async with asyncio.timeout(self._timeout + UPLOAD):
            sent = await send(
                chat,
                data,
                filename=message.file.name if message.file else None,
                caption=message.text or None,
                caption_entities=_entities(message),
                reply_parameters=_answered(message.place),
                message_thread_id=message.place.topic,
            )
        return sent.message_id

    async def _bytes_of(self, file: Attachment) -> bytes:
        try:
            if file.id is None:
                raise FileUnavailable("the file was never stored")
            stored = await self._files.open(file.id)
            data = await asyncio.to_thread(stored.path.read_bytes)
        except (FileUnavailable, OSError) as error:
            why = str(error) if isinstance(error, FileUnavailable) else "it cannot be read"
            raise Undeliverable(f"{file.name}: {why}") from error
        if len(data) > MOST_BYTES:
            raise Undeliverable(f"{file.name}: Telegram takes files of up to 50 MB")
        return data


def _method(file: Attachment | None, data: bytes) -> str:
    media_type = file.media_type.partition(";")[0].strip().lower() if file else ""
    if media_type in _PHOTOS and len(data) <= MOST_PHOTO_BYTES:
        return "photo"
    if media_type in _VOICES:
        return "voice"
    return "audio" if media_type in _MUSIC else "document"


def _entities(message: Outgoing) -> Sequence[MessageEntity] | None:
    return [MessageEntity("bold", 0, message.bold)] if message.bold else None


def _keyboard(keys: Sequence[Key]) -> InlineKeyboardMarkup | None:
    if not keys:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(key.label, callback_data=key.data or None, url=key.url or None)]
            for key in keys
        ]
    )


def _answered(place: Place) -> ReplyParameters | None:
    if place.reply_to is None:
        return None
    return ReplyParameters(place.reply_to, allow_sending_without_reply=True)
