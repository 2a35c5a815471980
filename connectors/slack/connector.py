"""Customers who write to the bot in Slack, directly or by mentioning it in a channel.

A direct conversation is one customer, answered in the thread of what was said last. In a channel
each thread is one: it begins with a mention, and once it has begun, every line in it counts,
unless it begins with somebody else's name. The desk's own channel is never a customers' channel.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from connectors.slack import inbound, outbound
from connectors.slack.app import SlackApp
from connectors.slack.catchup import DirectMessages
from connectors.slack.inbound import Heard
from core.errors import (
    FileUnavailable,
    NotReady,
    NotUp,
    StoreUnavailable,
    TextTooLong,
    ThreadGone,
    TooManyMessages,
    Undeliverable,
)
from core.messages import (
    Address,
    ButtonPressed,
    ChannelName,
    CustomerEdited,
    CustomerWrote,
    DeliveryKey,
    Receipt,
    Reply,
    Sender,
)
from core.ports import Inbox, Route, Services, Status
from core.settings.texts import Texts

if TYPE_CHECKING:
    from connectors import Parts

log = logging.getLogger(__name__)

# What a doubtful or repeated change may find: that it has been made, or is no longer needed.
_GONE = ("message_not_found", "file_not_found", "thread_not_found")
# Not every app and workspace has the sign; whoever lacks it is asked only once.
_NO_STATUS = ("missing_scope", "method_not_supported_for_channel_type", "not_allowed_token_type")

# Messages that customers have deleted, after which the first is asked for again.
_MOST_DELETED = 200


class SlackConnector:
    """`desk_channel` is the id or #name of the agents' channel, "" when there is none."""

    name: ChannelName = inbound.SLACK
    capabilities = outbound.CAPABILITIES

    def __init__(
        self, slack: SlackApp, services: Services, texts: Texts, *, desk_channel: str = ""
    ) -> None:
        self._slack = slack
        self._services = services
        self._texts = texts
        self._desk_channel = desk_channel
        self._inbox: Inbox | None = None
        self._shows_typing = True
        self._deleted: deque[tuple[str, str]] = deque(maxlen=_MOST_DELETED)
        slack.expect(self._take)
        self._direct = DirectMessages(
            slack, services.cursors, services.transcript, self._take_missed
        )

    @property
    def status(self) -> Status:
        return self._slack.status if self._inbox is not None else Status(False, "not started")

    async def start(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._direct.forget()
        try:
            await self._slack.attach(self._take, self._direct.catch_up)
        except BaseException:
            self._inbox = None
            raise

    async def stop(self) -> None:
        await self._slack.detach(self._take)
        self._inbox = None

    def routes(self) -> tuple[Route, ...]:
        return self._slack.routes()

    # --- in ------------------------------------------------------------------------------

    async def _take(self, body: Mapping[str, Any]) -> bool:
        heard = self._heard(body)
        if heard is None or not await self._is_for_us(heard):
            return False
        place = heard.event.address.peer
        await self._direct.first(place)
        try:
            await self._accept(heard)
        except TooManyMessages as error:
            self._refuse(heard, "too_fast", seconds=f"{error.after:.0f}")
        except Exception:
            self._direct.missed(place)
            raise
        return True

    async def _take_missed(self, body: Mapping[str, Any]) -> None:
        """Raises TooManyMessages too: who wrote a lot while we were away was not too fast."""
        heard = self._heard(body)
        if heard is not None and await self._is_for_us(heard):
            await self._accept(heard)

    def _heard(self, body: Mapping[str, Any]) -> Heard | None:
        identity = self._slack.identity
        return inbound.parse(body, identity.team_id, identity.bot_user_id)

    async def _accept(self, heard: Heard) -> None:
        if self._inbox is None:
            raise StoreUnavailable("the channel has stopped")
        try:
            await self._inbox.accept(await self._told(heard))
        except TextTooLong as error:
            self._refuse(heard, "too_long", limit=error.limit)

    async def _is_for_us(self, heard: Heard) -> bool:
        if not heard.is_direct and await self._is_desk(heard.channel):
            return False
        if heard.called:
            return True
        return await self._services.transcript.view(heard.event.address) is not None

    async def _is_desk(self, channel: str) -> bool:
        """Also true of every channel while nobody can say which one the desk's is."""
        if not self._desk_channel:
            return False
        desk = await self._slack.channel_id(self._desk_channel)
        return desk is None or desk == channel

    async def _told(self, heard: Heard) -> Any:
        """The event in words that need no further look-up."""
        match heard.event:
            case CustomerWrote() as event:
                text, sender = await asyncio.gather(
                    self._slack.plain(event.text), self._sender(heard.user)
                )
                return structs.replace(event, text=text, sender=sender)
            case CustomerEdited() as event:
                return replace(event, text=await self._slack.plain(event.text))
            case ButtonPressed() as event:
                return replace(event, sender=await self._sender(heard.user))
            case event:
                return event

    async def _sender(self, user: str) -> Sender:
        person = await self._slack.person(user)
        return Sender(person.name, person.username, person.language)

    def _refuse(self, heard: Heard, sentence: str, **values: object) -> None:
        self._slack.soon(self._say(heard, sentence, **values), "telling a customer in Slack")

    async def _say(self, heard: Heard, sentence: str, **values: object) -> None:
        language = (await self._sender(heard.user)).language
        text = self._texts.say(sentence, language, **values)
        context = getattr(heard.event, "context", "")
        channel, thread = inbound.place_of(heard.event.address, context)
        await self._slack.tell(channel, heard.user, text, thread=thread)

    # --- out -----------------------------------------------------------------------------

    async def turn(self, to: Address, key: DeliveryKey) -> None:
        channel, _ = self._place(to, "")
        await self._slack.turn(channel, key)

    async def send(self, to: Address, reply: Reply) -> Receipt:
        """In a direct conversation also where the message that is answered was deleted."""
        channel, thread = self._place(to, reply.context)
        try:
            return await self._send(channel, thread, reply)
        except ThreadGone:
            if not thread or not inbound.is_direct(to.peer):
                raise
        self._deleted.append((channel, thread))
        return await self._send(channel, "", reply)

    async def _send(self, channel: str, thread: str, reply: Reply) -> Receipt:
        unshared = await self._share(channel, thread, reply)
        if reply.attachments and not reply.text and not unshared and not reply.buttons:
            return Receipt(f"file:{reply.key}")
        name = outbound.signature(reply)
        posts_as = name if self._may_customize() else ""
        prefix = "" if posts_as else name
        ts = await self._slack.post(
            channel,
            outbound.text_of(reply, prefix=prefix, unshared=unshared),
            outbound.blocks(reply, prefix=prefix, unshared=unshared),
            key=reply.key,
            thread=thread,
            username=posts_as,
        )
        return Receipt(ts)

    async def find(self, to: Address, reply: Reply, since: datetime) -> Receipt | None:
        channel, thread = self._place(to, reply.context)
        found = await self._slack.find(channel, [reply.key], since, thread=thread)
        ts = found.get(reply.key)
        return Receipt(ts) if ts else None

    async def edit(self, to: Address, remote_id: str, reply: Reply) -> None:
        if remote_id.startswith("file:"):
            return
        channel, _ = self._place(to, reply.context)
        name = outbound.signature(reply)
        prefix = "" if self._may_customize() else name
        text, blocks = (
            outbound.text_of(reply, prefix=prefix),
            outbound.blocks(reply, prefix=prefix),
        )
        await self._slack.update(channel, remote_id, text, blocks)

    async def delete(self, to: Address, remote_id: str) -> None:
        channel, _ = self._place(to, "")
        if remote_id.startswith("file:"):
            key = remote_id.removeprefix("file:")
            _, _, thread = to.peer.partition(":")
            for file in await self._slack.shared(channel, key=key, thread=thread):
                await self._slack.call("files.delete", file=file, allow=_GONE)
            return
        await self._slack.call("chat.delete", channel=channel, ts=remote_id, allow=_GONE)

    async def typing(self, to: Address, context: str) -> None:
        channel, thread = self._place(to, context)
        if not thread or not self._shows_typing:
            return
        answer = await self._slack.call(
            "assistant.threads.setStatus",
            channel_id=channel,
            thread_ts=thread,
            status="is typing…",
            allow=_NO_STATUS,
        )
        self._shows_typing = bool(answer.get("ok"))

    def fetch(self, remote: str) -> AsyncIterator[bytes]:
        return self._slack.fetch(remote)

    def _place(self, to: Address, context: str) -> tuple[str, str]:
        """An older conversation may be of a workspace that we have left; ids there mean nothing
        here."""
        try:
            team = self._slack.identity.team_id
        except NotReady as error:
            raise NotUp(str(error)) from None
        if to.account != team:
            raise Undeliverable("the conversation is in another Slack workspace")
        place = inbound.place_of(to, context)
        return (place[0], "") if place in self._deleted else place

    async def _share(self, channel: str, thread: str, reply: Reply) -> list[str]:
        """Send the files of `reply`; the names of those that cannot be sent."""
        ready: list[tuple[str, bytes | Path]] = []
        lost: list[str] = []
        for attachment in reply.attachments:
            try:
                if attachment.id is None:
                    raise FileUnavailable("the file was never stored")
                file = await self._services.files.open(attachment.id)
                ready.append((attachment.name, file.path))
            except FileUnavailable as error:
                log.warning("a file could not be sent to Slack: %s", error)
                lost.append(attachment.name)
        if ready:
            lost += await self._slack.share(channel, ready, key=reply.key, thread=thread)
        return lost

    def _may_customize(self) -> bool:
        return self._slack.may_customize


def build(parts: Parts) -> SlackConnector:
    """The connector as the settings want it."""
    if parts.slack is None:
        raise ValueError("the Slack channel needs the Slack app")
    settings = parts.settings
    return SlackConnector(
        parts.slack, parts.services, settings.texts, desk_channel=settings.desk.channel
    )
