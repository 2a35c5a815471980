"""The methods by which the bot changes what is there: edits, deletions, reactions and answers."""

from __future__ import annotations

from typing import Any

from sandbox.telegram.arguments import Arguments
from sandbox.telegram.chat import Chat, Draft
from sandbox.telegram.formatting import formatted
from sandbox.telegram.keyboard import checked_markup
from sandbox.telegram.message import Message
from sandbox.telegram.refusal import bad_request
from sandbox.telegram.sending import TEXT_LIMIT, check_preview, message_text
from sandbox.telegram.utf16 import length
from sandbox.telegram.world import QUERY_SECONDS, World

_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
_REACTIONS = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 "
    "🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 "
    "🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡 "
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)
_DELETABLE_SECONDS = 48 * 3600


class Changing:
    """Changes messages and chats. Nothing is changed by a call that raises Refusal."""

    def __init__(self, world: World) -> None:
        self._world = world

    def text(self, arguments: dict[str, Any], _: Arguments) -> dict[str, Any]:
        """editMessageText; without reply_markup the buttons go, as in Telegram."""
        chat, message = self._editable(arguments)
        if message.media is not None:
            raise bad_request("there is no text in the message to edit")
        body = message_text(arguments)
        check_preview(arguments)
        markup = _inline(arguments)
        before = (message.text, message.entities, message.reply_markup)
        if before == (body.text, body.entities, markup):
            raise bad_request(_NOT_MODIFIED)
        self._world.gate.admit(chat)
        message.earlier.append(message.text)
        message.text, message.entities, message.reply_markup = body.text, body.entities, markup
        return self._edited(chat, message)

    def markup(self, arguments: dict[str, Any], _: Arguments) -> dict[str, Any]:
        """editMessageReplyMarkup"""
        chat, message = self._editable(arguments)
        markup = _inline(arguments)
        if markup == message.reply_markup:
            raise bad_request(_NOT_MODIFIED)
        self._world.gate.admit(chat)
        message.reply_markup = markup
        return self._edited(chat, message)

    def delete(self, arguments: dict[str, Any], _: Arguments) -> bool:
        """deleteMessage"""
        chat = self._world.chat_for_bot(arguments["chat_id"])
        message = chat.messages.get(arguments["message_id"])
        if message is None:
            raise bad_request("message to delete not found")
        too_old = self._world.now() - message.date > _DELETABLE_SECONDS
        if too_old or not (chat.is_private or message.from_bot):
            raise bad_request("message can't be deleted")
        del chat.messages[message.message_id]
        self._world.changed(chat)
        return True

    def react(self, arguments: dict[str, Any], _: Arguments) -> bool:
        """setMessageReaction"""
        chat = self._world.chat_for_bot(arguments["chat_id"])
        message = chat.messages.get(arguments["message_id"])
        if message is None:
            raise bad_request("message to react not found")
        reactions = arguments.get("reaction", [])
        if len(reactions) > 1:
            raise bad_request("REACTIONS_TOO_MANY")
        for reaction in reactions:
            shaped = isinstance(reaction, dict) and set(reaction) == {"type", "emoji"}
            if (
                not shaped
                or reaction["type"] != "emoji"
                or reaction["emoji"] not in _REACTIONS.split()
            ):
                raise bad_request("REACTION_INVALID")
        message.reactions = [reaction["emoji"] for reaction in reactions]
        self._world.changed(chat)
        return True

    def act(self, arguments: dict[str, Any], _: Arguments) -> bool:
        """sendChatAction"""
        chat = self._world.chat_for_bot(arguments["chat_id"])
        if arguments["action"] not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        chat.action = (arguments["action"], self._world.clock())
        self._world.changed(chat)
        return True

    def draft(self, arguments: dict[str, Any], _: Arguments) -> bool:
        """sendMessageDraft"""
        chat = self._world.chat_for_bot(arguments["chat_id"])
        if not chat.is_private:
            raise bad_request("drafts can be sent to private chats only")
        if arguments["draft_id"] == 0:
            raise bad_request("draft identifier must be non-zero")
        body = formatted(
            arguments.get("text", ""), arguments.get("parse_mode"), arguments.get("entities")
        )
        if length(body.text) > TEXT_LIMIT:
            raise bad_request("message is too long")
        draft = Draft(arguments["draft_id"], body.text, body.entities)
        chat.draft = (draft, self._world.clock())
        self._world.changed(chat)
        return True

    def answer_press(self, arguments: dict[str, Any], _: Arguments) -> bool:
        """answerCallbackQuery"""
        text = arguments.get("text", "")
        if length(text) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        if "url" in arguments:
            raise bad_request("URL_INVALID")
        press = self._world.presses.get(arguments["callback_query_id"])
        now = self._world.clock()
        stale = press is None or press.answered_at is not None
        if press is None or stale or now - press.pressed_at > QUERY_SECONDS:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        press.answered_at, press.answer = now, text
        press.alert = arguments.get("show_alert", False)
        self._world.changed(self._world.chat(press.chat_id))
        return True

    def _editable(self, arguments: dict[str, Any]) -> tuple[Chat, Message]:
        chat = self._world.chat_for_bot(arguments["chat_id"])
        message = chat.messages.get(arguments["message_id"])
        if message is None:
            raise bad_request("message to edit not found")
        keyboard = message.reply_markup
        if not message.from_bot or (keyboard and "inline_keyboard" not in keyboard):
            raise bad_request("message can't be edited")
        return chat, message

    def _edited(self, chat: Chat, message: Message) -> dict[str, Any]:
        message.edit_date = self._world.now()
        self._world.changed(chat)
        return message.wire(chat.wire())


def _inline(arguments: dict[str, Any]) -> dict[str, Any] | None:
    markup = arguments.get("reply_markup")
    if markup is None:
        return None
    checked = checked_markup(markup, inline_only=True)
    return checked if checked["inline_keyboard"] else None
