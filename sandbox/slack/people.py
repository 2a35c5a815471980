"""What people do in the workspace: they write, correct, delete, react, and attach files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sandbox.slack.channel import Channel, ChannelKind
from sandbox.slack.errors import NotACommand
from sandbox.slack.file import File, Upload
from sandbox.slack.message import Message
from sandbox.slack.mrkdwn import as_typed
from sandbox.slack.user import User
from sandbox.slack.workspace import Workspace


class People:
    """The part of the stand-in that plays the people. Unknown ids raise KeyError."""

    workspace: Workspace

    def add_user(
        self,
        name: str,
        *,
        real_name: str = "",
        display_name: str = "",
        image_url: str | None = None,
        guest: bool = False,
        bot: bool = False,
        team_id: str | None = None,
    ) -> str:
        """A new member; without `image_url` the stand-in draws a face. Returns the user id."""
        workspace = self.workspace
        if not workspace.base_url:
            raise RuntimeError("start the stand-in first: a face needs an address")
        user_id = workspace.ids.new("U")
        drawn = f"{workspace.base_url}/avatars/{user_id}_{{size}}.png"
        workspace.users[user_id] = User(
            user_id,
            team_id or workspace.identity.team_id,
            name,
            real_name or name,
            display_name,
            image_url or drawn,
            is_bot=bot,
            is_guest=guest,
        )
        return user_id

    def add_channel(self, name: str, *, private: bool = False, bot_is_member: bool = True) -> str:
        """A new channel. People become members when they first act in it; returns its id."""
        kind = ChannelKind.PRIVATE if private else ChannelKind.PUBLIC
        members = {self.workspace.identity.bot_user_id} if bot_is_member else set()
        return self.workspace.add_channel(kind, name, members).id

    def open_dm(self, user: str) -> str:
        """The direct conversation of a user with the app; returns its channel id."""
        return self.workspace.direct_channel(self.workspace.users[user].id).id

    def archive(self, channel: str, *, archived: bool = True) -> None:
        self.workspace.channels[channel].archived = archived

    def remove_bot(self, channel: str) -> None:
        """Take the app out of the channel, as `/remove` does."""
        self.workspace.channels[channel].members.discard(self.workspace.identity.bot_user_id)

    async def join(self, channel: str, user: str) -> str:
        """Let a user, or the app, join; returns the timestamp of the notice."""
        return self.workspace.join(self.workspace.channels[channel], user).ts

    async def say(
        self,
        channel: str,
        user: str,
        text: str,
        *,
        thread_ts: str | None = None,
        files: Sequence[Upload] = (),
        broadcast: bool = False,
        verbatim: bool = False,
    ) -> str:
        """Send what `user` typed, and return its timestamp.

        A person or channel picked from the composer's list is written `<@U…>` or `<#C…>`;
        `verbatim` stores the text as it is instead of as typed. Raises NotACommand for a text
        that begins with `/`, which the composer does not send.
        """
        place = self.workspace.channels[channel]
        if text.startswith("/") and not files:
            raise NotACommand(f"{text.split()[0]} is not a valid command")
        self._enter(place, user)
        stored = text if verbatim else as_typed(text, self.workspace.users, self._named())
        subtype = "file_share" if files else "thread_broadcast" if broadcast else None
        message = Message(
            channel,
            self.workspace.timestamps.new(),
            stored,
            user=user,
            team=self.workspace.users[user].team_id,
            subtype=subtype,
            thread_ts=place.root(thread_ts).ts if thread_ts else None,
            files=[self._uploaded(user, upload) for upload in files],
            client_msg_id=str(uuid.uuid4()),
        )
        return self.workspace.post(message).ts

    async def upload(
        self,
        channel: str,
        user: str,
        name: str,
        data: bytes,
        mimetype: str = "application/octet-stream",
        *,
        text: str = "",
        thread_ts: str | None = None,
    ) -> str:
        """Send one file, perhaps with a line of text; returns the message's timestamp."""
        file = Upload(name, data, mimetype)
        return await self.say(channel, user, text, thread_ts=thread_ts, files=[file])

    def hold_shares(self) -> None:
        """Keep the messages with the app's files from showing up, until `release_shares`: the
        files are there, and nobody sees them."""
        workspace = self.workspace
        workspace.held_shares = workspace.held_shares or []

    def release_shares(self) -> None:
        held, self.workspace.held_shares = self.workspace.held_shares, None
        for share in held or ():
            share()

    async def edit(self, channel: str, ts: str, text: str) -> None:
        """Let the author correct a message."""
        message = self._message(channel, ts)
        stored = as_typed(text, self.workspace.users, self._named())
        edited = {"user": message.user or "", "ts": self.workspace.timestamps.new()}
        self.workspace.change(message, text=stored, edited=edited)

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message: the author, or for the app's messages an admin."""
        self.workspace.remove(self._message(channel, ts))

    async def react(self, channel: str, ts: str, user: str, emoji: str) -> None:
        self._enter(self.workspace.channels[channel], user)
        self.workspace.react(self._message(channel, ts), user, emoji)

    async def unreact(self, channel: str, ts: str, user: str, emoji: str) -> None:
        self.workspace.unreact(self._message(channel, ts), user, emoji)

    async def unfurl(self, channel: str, ts: str, url: str = "https://example.com/") -> None:
        """Let Slack add a link preview, which the app sees as a change of the message."""
        message = self._message(channel, ts)
        preview = {"id": 1, "from_url": url, "title": "Example", "text": "A page."}
        self.workspace.change(message, attachments=[*message.attachments, preview])

    async def other_app_says(
        self, channel: str, text: str, *, thread_ts: str | None = None, username: str = "Workflow"
    ) -> str:
        """A message of another app or of a workflow; returns its timestamp."""
        workspace = self.workspace
        message = Message(
            channel,
            workspace.timestamps.new(),
            text,
            bot_id=workspace.ids.new("B"),
            app_id=workspace.ids.new("A"),
            username=username,
            subtype="bot_message",
            thread_ts=thread_ts,
        )
        return workspace.post(message).ts

    def messages(self, channel: str) -> list[Message]:
        """The messages of the channel that are not replies, oldest first."""
        return [m for m in self.workspace.channels[channel].messages.values() if not m.is_reply]

    def thread(self, channel: str, root_ts: str) -> list[Message]:
        """The replies in a thread, oldest first, without the root."""
        return self.workspace.channels[channel].replies(root_ts)

    def message(self, channel: str, ts: str) -> Message:
        """One message by its timestamp."""
        return self._message(channel, ts)

    def _message(self, channel: str, ts: str) -> Message:
        return self.workspace.channels[channel].messages[ts]

    def _enter(self, channel: Channel, user: str) -> None:
        if user not in self.workspace.users:
            raise KeyError(user)
        if channel.kind is ChannelKind.DIRECT and user not in channel.members:
            raise PermissionError(f"{user} is no part of {channel.id}")
        channel.members.add(user)

    def _named(self) -> dict[str, Any]:
        return {c.id: c for c in self.workspace.channels.values() if c.name}

    def _uploaded(self, user: str, upload: Upload) -> str:
        workspace = self.workspace
        file = File(
            workspace.ids.new("F"),
            workspace.identity.team_id,
            user,
            upload.name,
            int(workspace.timestamps.now()),
            workspace.base_url,
            len(upload.data),
            upload.mimetype,
            upload.title or upload.name,
            upload.data,
            upload.overrides,
            completed=True,
        )
        workspace.files[file.id] = file
        return file.id
