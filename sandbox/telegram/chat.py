"""A chat between the bot and people: who they are, what was said, what the bot is about to say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.telegram.formatting import Entity
from sandbox.telegram.message import Message, User

ACTION_SECONDS = 5.0
DRAFT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Draft:
    """The preview of an answer that is still being written; an empty text shows "Thinking…"."""

    draft_id: int
    text: str
    entities: list[Entity]


@dataclass(slots=True)
class Chat:
    """One chat; for a private one `id` is the customer's own."""

    id: int
    type: str  # private, group or supergroup
    title: str = ""
    members: dict[int, User] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    blocked: bool = False
    migrated_to: int | None = None
    action: tuple[str, float] | None = None
    draft: tuple[Draft, float] | None = None

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    def wire(self) -> dict[str, Any]:
        """The Chat object of the Bot API."""
        if not self.is_private:
            return {"id": self.id, "type": self.type, "title": self.title}
        person = self.members[self.id].wire()
        shown = ("first_name", "last_name", "username")
        names = {key: value for key, value in person.items() if key in shown}
        return {"id": self.id, "type": self.type, **names}

    def full(self) -> dict[str, Any]:
        """The ChatFullInfo object, which getChat answers."""
        gifts = dict.fromkeys(
            (
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ),
            False,
        )
        facts = {"accent_color_id": 1, "max_reaction_count": 11, "accepted_gift_types": gifts}
        return {**self.wire(), **facts}
