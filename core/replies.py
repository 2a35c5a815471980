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
from core.rendering import CUT_NOTICE, Part, fit
from core.store import Transaction

log = logging.getLogger(__name__)

# For a channel that is switched off at the moment: its rows wait until it is back.
_ANY_CHANNEL = Capabilities(max_text=4_000, max_buttons=0, max_label=40)


BUTTONS = "buttons"
"""A delivery's `detail` when its part carries the message's buttons."""
FILE = "file:"
"""A delivery's `detail` begins so, an attachment's id after it, when its part is that file."""


_EMPTY = "an edit has left nothing of it"
_HELD_CHANGED = (
    "What was changed here had been held since a backup was put back: the customer may have got "
    "it before, as it was."
)


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
    ) -> str:
        """Edit or delete a line that was said before: in the queue what has not gone out yet, by
        a row of its own what may have. What its author has to know, "" for nothing."""
        if self.of(conversation).replays:
            return ""
        kinds = (DeliveryKind.REPLY, DeliveryKind.EDIT)
        rows = tx.deliveries_of(conversation.id, message.seq, kinds)
        queued = [row for row in rows if row.kind is DeliveryKind.REPLY]
        _drop_edits(rows)
        held = any(row.state is DeliveryState.HELD for row in queued)
        if kind is DeliveryKind.DELETE:
            settled = _withdraw(queued)
        else:
            settled = self._correct(tx, conversation, message, queued)
        if not settled and (not held or any(row.remote_id for row in queued)):
            self._queue(tx, conversation, kind, message.seq, None, message.text)
        return _HELD_CHANGED if held else ""

    def _correct(
        self,
        tx: Transaction,
        conversation: Conversation,
        message: Message,
        queued: Sequence[Delivery],
    ) -> bool:
        """Whether `queued` says now what `message` says. It does not if anything of it may have
        gone out, or if it needs a further part and other lines wait behind it."""
        if not queued or not all(_waits(row) or _is_empty(row) for row in queued):
            _correct_doubtful(queued, parts=self._parts(conversation, message))
            return False
        parts, first, last = self._parts(conversation, message), queued[0], queued[-1]
        if len(parts) > len(queued) and _is_followed(tx, conversation, last):
            if first.state is not DeliveryState.HELD:
                return False
            parts = _cut(parts, len(queued))
        for row, (text, detail) in zip(queued, parts, strict=False):
            row.state = first.state if _is_empty(row) else row.state
            row.text, row.detail, row.error = text, detail, ""
        for row in queued[len(parts) :]:
            row.state, row.text, row.error = DeliveryState.SENT, "", _EMPTY
        for number, (text, detail) in list(enumerate(parts))[len(queued) :]:
            self._queue(tx, conversation, DeliveryKind.REPLY, message.seq, number, text, detail)
        if first.state is DeliveryState.HELD:
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
    """Whether it can still be changed before it goes out, as long as this transaction lasts. What
    is held is not sent again unless the admin wants it so."""
    if row.state is DeliveryState.HELD:
        return True
    return row.state is DeliveryState.PENDING and not row.uncertain


def _is_empty(row: Delivery) -> bool:
    return row.state is DeliveryState.SENT and row.error == _EMPTY


def _is_followed(tx: Transaction, conversation: Conversation, last: Delivery) -> bool:
    """Whether lines wait behind `last`; what is held is in no lane."""
    if last.state is DeliveryState.HELD:
        return bool(tx.messages(conversation.id, after=last.seq, limit=1))
    return any(row.id > last.id for row in tx.lane(last.lane))


def _cut(parts: Sequence[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """The first `most` of them, with a remark that there is more."""
    *kept, (text, detail) = parts[:most]
    return [*kept, (f"{text[: -len(CUT_NOTICE) - 1]} {CUT_NOTICE}", detail)]


def _drop_edits(rows: Sequence[Delivery]) -> None:
    """What was to be shown by an earlier change is not shown any more."""
    for row in rows:
        if row.kind is DeliveryKind.EDIT and row.state is DeliveryState.PENDING:
            row.state, row.error = DeliveryState.DEAD, "it was changed again"


def _correct_doubtful(queued: Sequence[Delivery], parts: Sequence[tuple[str, str]]) -> None:
    """If it has to be sent once more, then as it is by now."""
    if len(queued) == len(parts) == 1:
        row, (text, detail) = queued[0], parts[0]
        if row.state in (DeliveryState.PENDING, DeliveryState.UNCERTAIN):
            row.text, row.detail = text, detail


def _withdraw(queued: Sequence[Delivery]) -> bool:
    """Whether nothing of what was `queued` has gone out in this run, or ever will."""
    for row in queued:
        if _waits(row):
            row.state, row.error = DeliveryState.DEAD, "it was deleted before it was sent"
            row.uncertain = False
    gone = (row.state is DeliveryState.DEAD and not row.uncertain for row in queued)
    return all(is_gone or _is_empty(row) for is_gone, row in zip(gone, queued, strict=True))


def _rows(part: Part) -> list[tuple[str, str]]:
    """Text and detail of a row for each message that the platform will be sent."""
    words = [(part.text, BUTTONS if part.buttons else "")] if part.text or part.buttons else []
    return [*words, *(("", f"{FILE}{file.id}") for file in part.attachments)]
