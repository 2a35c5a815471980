"""Everything Telegram knows about one bot: its chats, files and updates, shared by both sides.

The bot reaches it through the methods of the Bot API, customers through the calls that tests and
the demo make.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.telegram.chat import ACTION_SECONDS, DRAFT_SECONDS, Chat, Draft
from sandbox.telegram.files import Files
from sandbox.telegram.limits import FloodGate, Limits
from sandbox.telegram.message import Message, User
from sandbox.telegram.refusal import bad_request, forbidden
from sandbox.telegram.updates import Updates

QUERY_SECONDS = 15.0


@dataclass(slots=True)
class Press:
    """A customer's press on an inline button; the button spins until the bot answers the query."""

    query_id: str
    chat_id: int
    message_id: int
    data: str
    pressed_at: float
    answered_at: float | None = None
    answer: str = ""
    alert: bool = False

    @property
    def answered_in_time(self) -> bool:
        """Whether the bot answered while the query was fresh."""
        return self.answered_at is not None


@dataclass(slots=True)
class World:
    """The state of the stand-in; `clock` gives Unix time in seconds."""

    bot: User
    clock: Callable[[], float]
    limits: Limits | None
    chats: dict[int, Chat] = field(default_factory=dict)
    files: Files = field(default_factory=Files)
    presses: dict[str, Press] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)
    listeners: list[Callable[[int], None]] = field(default_factory=list)
    # Private chats and groups share one row of message ids; each supergroup has its own.
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(101))
    gate: FloodGate = field(init=False)
    updates: Updates = field(init=False)

    def __post_init__(self) -> None:
        self.gate = FloodGate(self.limits, self.clock)
        self.updates = Updates(self.clock, 100_000_000 + secrets.randbelow(800_000_000))

    def now(self) -> int:
        return int(self.clock())

    def chat(self, chat_id: int) -> Chat:
        """The chat as the customers' side names it; raises LookupError when there is none."""
        if chat_id not in self.chats:
            raise LookupError(f"there is no chat {chat_id}: add a customer or a group first")
        return self.chats[chat_id]

    def chat_for_bot(self, chat_id: int | str) -> Chat:
        """The chat as the bot may use it; raises Refusal in Telegram's words when it may not."""
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise bad_request(
                "group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to,
            )
        if chat.blocked and chat.is_private:
            raise forbidden("bot was blocked by the user")
        if chat.blocked:
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        return chat

    def post(self, chat: Chat, sender: User, **content: Any) -> Message:
        """Put a message into the chat. A bot's message ends its chat action and its draft."""
        message = Message(next(chat.numbers), chat.id, sender, self.now(), **content)
        chat.messages[message.message_id] = message
        if sender.is_bot:
            chat.action = chat.draft = None
        self.changed(chat)
        return message

    def action(self, chat: Chat) -> str | None:
        """What the bot is seen doing now, for example `typing`."""
        if chat.action is None or self.clock() - chat.action[1] >= ACTION_SECONDS:
            return None
        return chat.action[0]

    def draft(self, chat: Chat) -> Draft | None:
        """The preview shown now."""
        if chat.draft is None or self.clock() - chat.draft[1] >= DRAFT_SECONDS:
            return None
        return chat.draft[0]

    def changed(self, chat: Chat) -> None:
        for listener in self.listeners:
            listener(chat.id)
