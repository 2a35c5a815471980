"""A conversation with its messages: a public or private channel, or a direct message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from sandbox.slack.errors import SlackError
from sandbox.slack.message import Message


class ChannelKind(Enum):
    """The value is the `channel_type` of events."""

    PUBLIC = "channel"
    PRIVATE = "group"
    DIRECT = "im"

    @property
    def prefix(self) -> str:
        """What its scopes and event subscriptions begin with."""
        return {"channel": "channels", "group": "groups", "im": "im"}[self.value]


@dataclass(slots=True)
class Channel:
    """Messages by timestamp, in the order of posting, and who is a member."""

    id: str
    name: str
    kind: ChannelKind
    created: int
    members: set[str] = field(default_factory=set)
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    ephemeral: list[Message] = field(default_factory=list)
    _threads: dict[str, list[Message]] = field(default_factory=dict)

    def add(self, message: Message) -> None:
        self.messages[message.ts] = message
        if message.is_reply:
            self._threads.setdefault(message.thread_ts or "", []).append(message)

    def remove(self, message: Message) -> None:
        del self.messages[message.ts]
        if message.is_reply:
            self._threads[message.thread_ts or ""].remove(message)

    def message(self, ts: str) -> Message:
        try:
            return self.messages[ts]
        except KeyError:
            raise SlackError("message_not_found") from None

    def root(self, thread_ts: str) -> Message:
        """The message a thread hangs on; a reply's own timestamp does not name a thread."""
        root = self.messages.get(thread_ts)
        if root is None or root.is_reply:
            raise SlackError("thread_not_found")
        return root

    def replies(self, root_ts: str) -> list[Message]:
        return list(self._threads.get(root_ts, ()))

    def timeline(self) -> list[Message]:
        """What the channel itself shows: roots, and replies also sent to the channel."""
        return [m for m in self.messages.values() if not m.is_reply or m.is_broadcast]
