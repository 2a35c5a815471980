"""The workspace's contents and every change to them, whoever makes it.

A person and the app change the same channels, so both come through here: the change is made, the
app hears of it as an event, and whoever watches the channel is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.slack import events
from sandbox.slack.channel import Channel, ChannelKind
from sandbox.slack.errors import SlackError
from sandbox.slack.file import File
from sandbox.slack.identity import Identity, Ids, Timestamps
from sandbox.slack.message import Message
from sandbox.slack.triggers import Triggers
from sandbox.slack.user import User

Announce = Callable[[str, dict[str, Any]], None]
_TOMBSTONE_USER = "USLACKBOT"


class Workspace:
    """Users, channels, messages and files. `announce(subscription, event)` tells the app."""

    def __init__(
        self, identity: Identity, ids: Ids, timestamps: Timestamps, announce: Announce
    ) -> None:
        self.identity = identity
        self.ids = ids
        self.timestamps = timestamps
        self.base_url = ""
        self.edit_window: float | None = None
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.statuses: dict[tuple[str, str], str] = {}
        self.views: dict[str, dict[str, Any]] = {}
        self.held_shares: list[Callable[[], None]] | None = None
        self.triggers = Triggers(ids, timestamps.now)
        self._announce = announce
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    def touched(self, channel_id: str) -> None:
        for listener in self._listeners:
            listener(channel_id)

    def channel(self, channel_id: str) -> Channel:
        """The channel, if the app may know that it exists."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise SlackError("channel_not_found")
        if channel.kind is not ChannelKind.PUBLIC and not self.is_member(channel):
            raise SlackError("channel_not_found")
        return channel

    def is_member(self, channel: Channel) -> bool:
        return self.identity.bot_user_id in channel.members

    def direct_channel(self, user: str) -> Channel:
        """The app's direct conversation with a user, opened if need be."""
        members = {user, self.identity.bot_user_id}
        for channel in self.channels.values():
            if channel.kind is ChannelKind.DIRECT and channel.members == members:
                return channel
        return self.add_channel(ChannelKind.DIRECT, "", members)

    def add_channel(self, kind: ChannelKind, name: str, members: set[str]) -> Channel:
        prefix = "D" if kind is ChannelKind.DIRECT else "C"
        created = int(self.timestamps.now())
        channel = Channel(self.ids.new(prefix), name, kind, created, members)
        self.channels[channel.id] = channel
        return channel

    def join(self, channel: Channel, user: str) -> Message:
        channel.members.add(user)
        ts = self.timestamps.new()
        if self.is_member(channel):
            joined = events.member_joined(channel, user, self.identity.team_id, ts)
            self._announce("member_joined_channel", joined)
        text = f"<@{user}> has joined the channel"
        return self.post(Message(channel.id, ts, text, user=user, subtype="channel_join"))

    def post(self, message: Message) -> Message:
        channel = self.channels[message.channel]
        if message.is_reply:
            root = channel.root(message.thread_ts or "")
            root.thread_ts = root.ts
            self.statuses.pop((channel.id, root.ts), None)
        channel.add(message)
        for file_id in message.files:
            self.files[file_id].share(channel, message.ts, message.thread_ts)
        self._announce_post(channel, message)
        self.touched(channel.id)
        return message

    def change(self, message: Message, **changes: Any) -> None:
        """Give the message other contents; the app sees the old and the new."""
        channel = self.channels[message.channel]
        before = self.describe(message)
        for name, value in changes.items():
            setattr(message, name, value)
        event_ts = self.timestamps.new()
        event = events.changed(channel, self.describe(message), before, event_ts)
        self._announce_message(channel, event)
        self.touched(channel.id)

    def remove(self, message: Message) -> None:
        """Delete the message; a root with replies stays as a tombstone."""
        channel = self.channels[message.channel]
        if not message.is_reply and channel.replies(message.ts):
            self.change(
                message,
                subtype="tombstone",
                text="This message was deleted.",
                user=_TOMBSTONE_USER,
                bot_id=None,
                blocks=[],
                attachments=[],
                files=[],
                metadata=None,
            )
            return
        before = self.describe(message)
        channel.remove(message)
        event = events.deleted(channel, before, self.timestamps.new())
        self._announce_message(channel, event)
        self.touched(channel.id)

    def react(self, message: Message, user: str, name: str) -> None:
        users = message.reactions.setdefault(name, [])
        if user in users:
            raise SlackError("already_reacted")
        users.append(user)
        self._announce_reaction("reaction_added", message, user, name)

    def unreact(self, message: Message, user: str, name: str) -> None:
        users = message.reactions.get(name, [])
        if user not in users:
            raise SlackError("no_reaction")
        users.remove(user)
        if not users:
            del message.reactions[name]
        self._announce_reaction("reaction_removed", message, user, name)

    def describe(self, message: Message, *, metadata: bool = False) -> dict[str, Any]:
        """The message as the history shows it, with what has become of it since."""
        description = {**message.as_dict(), **self._thread_of(message)}
        if message.files:
            description["files"] = self.files_of(message)
        if message.reactions:
            description["reactions"] = message.reactions_as_list()
        if metadata and message.metadata is not None:
            description["metadata"] = message.metadata
        return description

    def files_of(self, message: Message) -> list[dict[str, Any]]:
        return [self.files[file_id].as_dict() for file_id in message.files]

    def _thread_of(self, message: Message) -> dict[str, Any]:
        channel = self.channels[message.channel]
        if message.is_reply:
            root = channel.messages.get(message.thread_ts or "")
            return {"parent_user_id": root.user} if root is not None and root.user else {}
        replies = channel.replies(message.ts)
        if not replies:
            return {}
        authors = list(dict.fromkeys(r.user or r.bot_id or "" for r in replies))
        return {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users_count": len(authors),
            "latest_reply": replies[-1].ts,
            "reply_users": authors[:5],
            "is_locked": False,
            "subscribed": True,
        }

    def _announce_post(self, channel: Channel, message: Message) -> None:
        event = events.posted(channel, message, self.files_of(message))
        self._announce_message(channel, event)
        mention = f"<@{self.identity.bot_user_id}>" in message.text
        ordinary = message.user != self.identity.bot_user_id and message.subtype != "channel_join"
        heard = self.is_member(channel) and channel.kind is not ChannelKind.DIRECT
        if mention and ordinary and heard:
            self._announce("app_mention", events.mentioned(channel, message))

    def _announce_message(self, channel: Channel, event: dict[str, Any]) -> None:
        if self.is_member(channel):
            self._announce(f"message.{channel.kind.prefix}", event)

    def _announce_reaction(self, kind: str, message: Message, user: str, name: str) -> None:
        if self.is_member(self.channels[message.channel]):
            event = events.reaction(kind, message, user, name, self.timestamps.new())
            self._announce(kind, event)
        self.touched(message.channel)
