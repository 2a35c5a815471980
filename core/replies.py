"""Put a line into a transcript and on its way to the customer, in one transaction.

A channel that replays the transcript needs nothing sent. For any other, every part of the line
gets a delivery row of its own, so that a restart goes on with the part that was next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from core.messages import (
    Attachment,
    Author,
    Button,
    Capabilities,
    ChannelName,
    Message,
)
from core.records import Conversation, Delivery, DeliveryKind, DeliveryState, Target
from core.rendering import Part, fit
from core.store import Transaction

log = logging.getLogger(__name__)

# For a channel that is switched off at the moment: its rows wait until it is back.
_ANY_CHANNEL = Capabilities(max_text=4_000, max_buttons=0, max_label=40)


BUTTONS = "buttons"
"""A delivery's `detail` when its part carries the message's buttons."""
FILE = "file:"
"""A delivery's `detail` begins so, an attachment's id after it, when its part is that file."""


class Replies:
    """Knows what each channel can carry."""

    def __init__(
        self,
        capabilities: Mapping[ChannelName, Capabilities],
        *,
        relived: Callable[[], datetime | None] = lambda: None,
        read_again: Collection[ChannelName] = (),
    ) -> None:
        """`relived` is `Store.relived`; `read_again` are the channels that show us once more what
        was written then."""
        self._capabilities = capabilities
        self._relived = relived
        self._read_again = read_again

    def of(self, conversation: Conversation) -> Capabilities:
        return self._capabilities.get(conversation.address.channel, _ANY_CHANNEL)

    def can_refuse(self, channel: ChannelName) -> bool:
        """Whether a customer of this channel is shown a refusal and can send again."""
        return self._capabilities.get(channel, _ANY_CHANNEL).replays

    @contextmanager
    def following(
        self, tx: Transaction, at: datetime | None, channel: ChannelName | None = None
    ) -> Iterator[None]:
        """Around what follows from something that a customer of `channel`, or an agent, wrote
        `at`: what a run that a backup has undone may have said before is held."""
        before, tx.relives = tx.relives, self.relives(at, channel)
        try:
            yield
        finally:
            tx.relives = before

    def relives(self, at: datetime | None, channel: ChannelName | None) -> bool:
        """Whether a run that a backup has undone may have seen what was written `at`."""
        until = self._relived()
        if until is None or at is None:
            return False
        return at <= until and (channel is None or channel in self._read_again)

    def say(
        self,
        tx: Transaction,
        conversation: Conversation,
        author: Author,
        text: str,
        *,
        buttons: tuple[Button, ...] = (),
        attachments: tuple[Attachment, ...] = (),
        external_id: str = "",
        answered_by: str = "",
        links: tuple[Button, ...] = (),
    ) -> Message:
        """Append the line and queue whatever its channel needs to have sent. `links` are shown
        only where an address in a text cannot be followed."""
        if not self.of(conversation).links:
            buttons = (*buttons, *links)
        message = tx.append(
            conversation,
            author,
            text,
            buttons=buttons,
            attachments=attachments,
            external_id=external_id,
            answered_by=answered_by,
        )
        if not self.of(conversation).replays:
            self._queue_parts(tx, conversation, message)
        return message

    def _queue_parts(self, tx: Transaction, conversation: Conversation, message: Message) -> None:
        for number, (text, detail) in enumerate(self._parts(conversation, message)):
            self._queue(tx, conversation, DeliveryKind.REPLY, message.seq, number, text, detail)
        if tx.relives:
            tx.hold_reply(conversation, message.seq)
            log.warning("a message that may have been sent before a backup was put back is held")

    def change(
        self, tx: Transaction, conversation: Conversation, message: Message, kind: DeliveryKind
    ) -> None:
        """Edit or delete a line that was said before: in the queue what has not gone out yet, by
        a row of its own what has."""
        if self.of(conversation).replays:
            return
        queued = tx.deliveries_of(conversation.id, message.seq, (DeliveryKind.REPLY,))
        if kind is DeliveryKind.DELETE:
            settled = _withdraw(queued)
        else:
            settled = self._correct(tx, conversation, message, queued)
        if not settled:
            self._queue(tx, conversation, kind, message.seq, None, message.text)

    def _correct(
        self,
        tx: Transaction,
        conversation: Conversation,
        message: Message,
        queued: Sequence[Delivery],
    ) -> bool:
        """Whether `queued` says now what `message` says. It does not if anything of it has gone
        out, or if it needs a further part and other lines wait behind it."""
        if not queued or not all(_waits(row) for row in queued):
            return False
        parts = self._parts(conversation, message)
        last = queued[-1]
        if len(parts) > len(queued) and any(row.id > last.id for row in tx.lane(last.lane)):
            return False
        for row, (text, detail) in zip(queued, parts, strict=False):
            row.text, row.detail = text, detail
        for row in queued[len(parts) :]:
            row.state, row.text, row.error = DeliveryState.SENT, "", "an edit has left nothing"
        for number, (text, detail) in list(enumerate(parts))[len(queued) :]:
            self._queue(tx, conversation, DeliveryKind.REPLY, message.seq, number, text, detail)
        if last.state is DeliveryState.HELD:
            tx.hold_reply(conversation, message.seq)
        return True

    def _parts(self, conversation: Conversation, message: Message) -> list[tuple[str, str]]:
        """Text and detail of each row."""
        parts = fit(message.text, message.buttons, message.attachments, self.of(conversation))
        return [row for part in parts for row in _rows(part)]

    def _queue(
        self,
        tx: Transaction,
        conversation: Conversation,
        kind: DeliveryKind,
        seq: int,
        part: int | None,
        text: str,
        detail: str = "",
    ) -> None:
        tx.add_delivery(
            conversation=conversation,
            target=Target.CUSTOMER,
            kind=kind,
            seq=seq,
            part=part,
            text=text,
            detail=detail,
        )


def _waits(row: Delivery) -> bool:
    """Whether it can still be changed before it goes out, as long as this transaction lasts."""
    return row.state in (DeliveryState.PENDING, DeliveryState.HELD) and not row.uncertain


def _withdraw(queued: Sequence[Delivery]) -> bool:
    """Whether nothing of what was `queued` has gone out, or ever will."""
    for row in queued:
        if _waits(row):
            row.state, row.error = DeliveryState.DEAD, "it was deleted before it was sent"
    return all(row.state is DeliveryState.DEAD and not row.uncertain for row in queued)


def _rows(part: Part) -> list[tuple[str, str]]:
    """Text and detail of a row for each message that the platform will be sent."""
    words = [(part.text, BUTTONS if part.buttons else "")] if part.text or part.buttons else []
    return [*words, *(("", f"{FILE}{file.id}") for file in part.attachments)]
