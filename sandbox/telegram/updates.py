"""The updates Telegram keeps for a bot until the bot confirms them, for a day at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

KINDS = frozenset(
    [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "guest_message",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
    ]
)
_KEPT_SECONDS = 24 * 3600.0
_UNASKED = KINDS - {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass(slots=True)
class Update:
    """One update on its way to the bot."""

    id: int
    kind: str
    payload: dict[str, Any]
    at: float
    chat_id: int | None  # webhooks keep the updates of one chat in order
    delivered: bool = False

    def wire(self) -> dict[str, Any]:
        return {"update_id": self.id, self.kind: self.payload}


class Updates:
    """The queue; `listeners` are called, on the event loop, when an update was added."""

    def __init__(self, clock: Callable[[], float], first_id: int) -> None:
        self._clock = clock
        self._waiting: list[Update] = []
        self._next_id = first_id
        self._allowed = _UNASKED
        self.asked_for: list[str] | None = None
        self.listeners: list[Callable[[], None]] = []

    def add(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queue an update and return its id; None when the bot has not asked for this kind."""
        if kind not in self._allowed:
            return None
        update = Update(self._next_id, kind, payload, self._clock(), _chat_of(payload))
        self._next_id += 1
        self._waiting.append(update)
        for listener in self.listeners:
            listener()
        return update.id

    def jump(self, next_id: int) -> None:
        """Let the next update have `next_id`, as Telegram may after a quiet week."""
        self._next_id = next_id

    def ask_for(self, kinds: list[str]) -> None:
        """Deliver only `kinds` of the updates to come; an empty list asks for the usual ones."""
        self._allowed = frozenset(kinds) & KINDS if kinds else _UNASKED
        self.asked_for = kinds or None

    def pending(self) -> list[Update]:
        """What waits, oldest first."""
        oldest = self._clock() - _KEPT_SECONDS
        if self._waiting and self._waiting[0].at <= oldest:
            self._waiting = [update for update in self._waiting if update.at > oldest]
        return list(self._waiting)

    def holds(self, update: Update) -> bool:
        """Whether `update` still waits."""
        return any(other is update for other in self._waiting)

    def after(self, offset: int, limit: int) -> list[Update]:
        """Answer getUpdates: confirm what lies below `offset`, hand out what follows."""
        if offset < 0:
            self._waiting = self.pending()[offset:]
        elif offset > 0:
            self._confirm(offset)
        handed = self.pending()[:limit]
        for update in handed:
            update.delivered = True
        return handed

    def remove(self, updates: Iterable[Update]) -> None:
        gone = {id(update) for update in updates}
        self._waiting = [update for update in self._waiting if id(update) not in gone]

    def clear(self) -> None:
        self._waiting.clear()

    def _confirm(self, offset: int) -> None:
        # After a jump down an old offset lies above ids the bot has never seen: these stay.
        stale = offset > self._next_id
        self._waiting = [
            update
            for update in self._waiting
            if update.id >= offset or (stale and not update.delivered)
        ]


def _chat_of(payload: dict[str, Any]) -> int | None:
    message = payload.get("message", payload)
    chat = message.get("chat") if isinstance(message, dict) else None
    number = chat.get("id") if isinstance(chat, dict) else None
    return number if isinstance(number, int) else None
