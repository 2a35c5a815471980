"""The people on the other end: what tests and the demo page let customers do in Telegram's app."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from typing import Any

from sandbox.telegram.chat import Chat, Draft
from sandbox.telegram.formatting import detected
from sandbox.telegram.message import Media, Message, User
from sandbox.telegram.refusal import Refusal
from sandbox.telegram.sending import TEXT_LIMIT
from sandbox.telegram.updates import KINDS
from sandbox.telegram.utf16 import length
from sandbox.telegram.world import Press, World


class Customers:
    """Everything people do, and what they see. Call it on the event loop; nothing here waits.

    Methods that need a chat or a message raise LookupError when it does not exist.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids = itertools.count(700_000_001)
        self._groups = itertools.count(4_000_001)

    def add_customer(
        self,
        first_name: str,
        *,
        last_name: str = "",
        username: str | None = None,
        language_code: str | None = "en",
    ) -> int:
        """A person who has pressed Start once; returns the id of the private chat with the bot."""
        user_id = next(self._ids)
        user = User(user_id, first_name, last_name, username, language_code)
        members = {user_id: user}
        numbers = self._world.numbers
        self._world.chats[user_id] = Chat(user_id, "private", members=members, numbers=numbers)
        return user_id

    def add_group(self, title: str, *members: int) -> int:
        """A group of the bot and the customers `members`; returns its chat id.

        Raises ValueError without members.
        """
        if not members:
            raise ValueError("a group needs at least one customer in it")
        chat_id = -next(self._groups)
        people = {member: self._world.chat(member).members[member] for member in members}
        numbers = self._world.numbers
        group = Chat(chat_id, "group", title, members=people, numbers=numbers)
        self._world.chats[chat_id] = group
        return chat_id

    def migrate(self, chat_id: int) -> int:
        """Upgrade a group to a supergroup, both sides of it told; returns the new chat id."""
        old = self._world.chat(chat_id)
        new_id = -(10**12) + chat_id
        new = Chat(new_id, "supergroup", old.title, members=dict(old.members))
        self._world.chats[new_id] = new
        self._say(old, None, extra={"migrate_to_chat_id": new_id})
        self._say(new, None, extra={"migrate_from_chat_id": chat_id})
        old.migrated_to = new_id
        return new_id

    def say(
        self,
        chat_id: int,
        text: str,
        *,
        sender: int | None = None,
        reply_to: int | None = None,
    ) -> int:
        """Write a text; returns its message id. `sender` names the member of a group.

        Raises ValueError when the text is empty or longer than Telegram's app would send.
        """
        chat = self._world.chat(chat_id)
        _check_text(text)
        replied = chat.messages[reply_to] if reply_to is not None else None
        return self._say(
            chat, sender, text=text.strip(), entities=detected(text.strip()), reply_to=replied
        )

    def send_photo(
        self,
        chat_id: int,
        data: bytes,
        caption: str = "",
        *,
        media_group_id: str | None = None,
        sender: int | None = None,
    ) -> int:
        """Send a photo. The bot is offered two sizes; only the larger one has these bytes."""
        files = self._world.files
        large = files.add("photos", data, mime="image/jpeg")
        small = files.add("photos", data[: len(data) // 2], mime="image/jpeg")
        media = Media("photo", large, thumbnail=small)
        return self._send(chat_id, media, caption, sender, media_group_id)

    def send_document(
        self,
        chat_id: int,
        name: str,
        data: bytes,
        mime: str,
        caption: str = "",
        *,
        size: int | None = None,
        media_group_id: str | None = None,
        sender: int | None = None,
    ) -> int:
        """Send a file; `size` claims another size than `data` has, to play a huge one."""
        stored = self._world.files.add("documents", data, name=name, mime=mime, size=size)
        return self._send(chat_id, Media("document", stored), caption, sender, media_group_id)

    def send_voice(self, chat_id: int, data: bytes, *, duration: int = 3) -> int:
        stored = self._world.files.add("voice", data, mime="audio/ogg")
        return self._send(chat_id, Media("voice", stored, {"duration": duration}))

    def send_sticker(self, chat_id: int, emoji: str = "🌱") -> int:
        stored = self._world.files.add("stickers", b"RIFF", mime="image/webp")
        look = {"type": "regular", "width": 512, "height": 512, "emoji": emoji}
        return self._send(
            chat_id, Media("sticker", stored, {**look, "is_animated": False, "is_video": False})
        )

    def send_location(self, chat_id: int, latitude: float, longitude: float) -> int:
        place = {"location": {"latitude": latitude, "longitude": longitude}}
        return self._say(self._world.chat(chat_id), None, extra=place)

    def edit(self, chat_id: int, message_id: int, text: str) -> None:
        """Change the text or caption of a message of the customer's own."""
        chat = self._world.chat(chat_id)
        message = chat.messages[message_id]
        if message.from_bot:
            raise ValueError(f"message {message_id} is the bot's: a customer can't edit it")
        message.earlier.append(message.text)
        message.text, message.entities = text.strip(), detected(text.strip())
        message.edit_date = self._world.now()
        self._world.updates.add("edited_message", message.wire(chat.wire()))
        self._world.changed(chat)

    def press(
        self, chat_id: int, message_id: int, button: str, *, sender: int | None = None
    ) -> Press:
        """Press the inline button with this label or data; the Press tells how it was answered.

        Raises LookupError when the message has no such button, ValueError for one with a link.
        """
        chat = self._world.chat(chat_id)
        message = chat.messages[message_id]
        data = _data_of(message, button)
        press = Press(str(secrets.randbits(62)), chat_id, message_id, data, self._world.clock())
        self._world.presses[press.query_id] = press
        query = {
            "id": press.query_id,
            "from": _person(chat, sender).wire(),
            "message": message.wire(chat.wire()),
            "chat_instance": str(abs(chat.id) * 7919),
            "data": data,
        }
        self._world.updates.add("callback_query", query)
        self._world.changed(chat)
        return press

    def block(self, chat_id: int) -> None:
        """Block the bot, or put it out of a group."""
        self._set_blocked(chat_id, True)

    def unblock(self, chat_id: int) -> None:
        self._set_blocked(chat_id, False)

    def send_raw_update(self, update: dict[str, Any]) -> int | None:
        """Queue an update without update_id, for example `{"poll": {...}}`; returns its id."""
        kinds = [kind for kind in update if kind in KINDS]
        if len(kinds) != 1 or len(update) != 1:
            raise ValueError("give exactly one update type of the Bot API, and no update_id")
        return self._world.updates.add(kinds[0], update[kinds[0]])

    def repeat(self, chat_id: int, message_id: int) -> None:
        """Bring a customer's message to the bot again, under an update id of its own."""
        chat = self._world.chat(chat_id)
        self._world.updates.add("message", chat.messages[message_id].wire(chat.wire()))

    def jump_update_ids(self, next_id: int) -> None:
        """Let the next update have `next_id`, higher or lower than the last."""
        self._world.updates.jump(next_id)

    def set_file_path(self, file_id: str, path: str) -> None:
        """Let getFile give out `path` for a file, to see what a bot does with a hostile one."""
        try:
            self._world.files.get(file_id).path = path
        except Refusal:
            raise LookupError(f"there is no file {file_id}") from None

    def chat(self, chat_id: int) -> list[Message]:
        """The messages of a chat, oldest first, without deleted ones."""
        return list(self._world.chat(chat_id).messages.values())

    def chats(self) -> list[int]:
        """The ids of all chats, oldest first."""
        return list(self._world.chats)

    def action(self, chat_id: int) -> str | None:
        """What the bot is seen doing, for example `typing`; gone after five seconds."""
        return self._world.action(self._world.chat(chat_id))

    def draft(self, chat_id: int) -> Draft | None:
        """The preview of the bot's next message, if one is shown."""
        return self._world.draft(self._world.chat(chat_id))

    def on_change(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the chat id whenever something visible changed in a chat."""
        self._world.listeners.append(listener)

    def _send(
        self,
        chat_id: int,
        media: Media,
        caption: str = "",
        sender: int | None = None,
        media_group_id: str | None = None,
    ) -> int:
        chat = self._world.chat(chat_id)
        entities = detected(caption)
        content = {"text": caption, "entities": entities, "media_group_id": media_group_id}
        return self._say(chat, sender, media=media, **content)

    def _say(self, chat: Chat, sender: int | None, **content: Any) -> int:
        if chat.blocked:
            self._set_blocked(chat.id, False)
        message = self._world.post(chat, _person(chat, sender), **content)
        self._world.updates.add("message", message.wire(chat.wire()))
        return message.message_id

    def _set_blocked(self, chat_id: int, blocked: bool) -> None:
        chat = self._world.chat(chat_id)
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        out = {"status": "kicked", "until_date": 0} if chat.is_private else {"status": "left"}
        states = [{"status": "member"}, out]
        before, after = states if blocked else reversed(states)
        bot = {"user": self._world.bot.wire()}
        change = {
            "chat": chat.wire(),
            "from": _person(chat, None).wire(),
            "date": self._world.now(),
            "old_chat_member": {**bot, **before},
            "new_chat_member": {**bot, **after},
        }
        self._world.updates.add("my_chat_member", change)
        self._world.changed(chat)


def _person(chat: Chat, sender: int | None) -> User:
    if sender is None:
        return next(iter(chat.members.values()))
    return chat.members[sender]


def _check_text(text: str) -> None:
    if not text.strip():
        raise ValueError("an empty message can't be sent")
    if length(text) > TEXT_LIMIT:
        raise ValueError(f"Telegram's app sends at most {TEXT_LIMIT} characters in one message")


def _data_of(message: Message, button: str) -> str:
    shown = [found for row in message.buttons for found in row]
    for found in shown:
        if button in (found.label, found.data):
            if found.data is None:
                raise ValueError(f'the button "{found.label}" sends nothing to the bot')
            return found.data
    labels = ", ".join(found.label for found in shown) or "none"
    raise LookupError(f'message {message.message_id} has no button "{button}", only: {labels}')
