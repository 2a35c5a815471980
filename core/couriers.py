"""Carry one delivery to its platform: rebuild what to send from the store and hand it over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate, takewhile

from core.cases import CaseCard, CaseLine, Fate
from core.casework import LINES_BEFORE, thread_message
from core.errors import SendLater, Undeliverable
from core.messages import (
    Attachment,
    AuthorKind,
    Button,
    CaseRef,
    ChannelName,
    DeliveryKey,
    Message,
    Receipt,
    Reply,
)
from core.ports import AgentDesk, Connector, SupportsEdits, SupportsReadBack, SupportsTurns
from core.records import Case, Conversation, Delivery, DeliveryKind, DeliveryState, Target
from core.replies import BUTTONS, FILE
from core.store import Reader, Store

_CHANNEL_OFF = 60.0  # seconds until a channel that is switched off is asked for again

_REFUSALS_OF_A_LINE = 10
_LETTERS_TOGETHER = 2000
_POSTS = frozenset(
    {
        DeliveryKind.REPLY,
        DeliveryKind.OPEN,
        DeliveryKind.TRANSCRIPT,
        DeliveryKind.RELAY,
        DeliveryKind.NOTE,
        DeliveryKind.REMIND,
    }
)


class Couriers:
    """Knows the channels and the desk; raises what they raise."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[ChannelName, Connector],
        desk: AgentDesk | None,
    ) -> None:
        self._store = store
        self._channels = channels
        self._desk = desk

    async def turn(self, row: Delivery) -> bool:
        """Returns when the platform has room for `row`: whether others wait for the next. Raises
        SendLater."""
        if row.kind not in _POSTS:
            return False
        if row.target is Target.DESK:
            return await self._the_desk().turn(await self._place(row), row.key)
        conversation = await self._store.read(lambda tx: tx.conversation_by_id(row.conversation))
        channel = self._channel(conversation)
        if isinstance(channel, SupportsTurns):
            await channel.turn(conversation.address, row.key)
        return False

    @staticmethod
    def together(tx: Reader, rows: Sequence[Delivery]) -> list[Delivery]:
        """Which of `rows`, the first of a lane, go out as one post: a customer's lines, or notes,
        one after the other, none of them in doubt."""
        first = rows[0]
        if not _goes_with_others(tx, first):
            return [first]
        like = takewhile(lambda r: r.kind is first.kind and _goes_with_others(tx, r), rows)
        same = list(like)
        letters = accumulate(len(_words(tx, row)) for row in same)
        fitting = sum(1 for _ in takewhile(lambda used: used <= _LETTERS_TOGETHER, letters))
        return same[: max(fitting, 1)]

    async def deliver(self, rows: Sequence[Delivery]) -> Receipt | CaseRef | None:
        """One attempt at what goes out as one. Raises SendLater, Undeliverable or
        OutcomeUnknown."""
        if rows[0].target is Target.CUSTOMER:
            return await self._to_customer(rows[0])
        return await self._to_desk(rows)

    @staticmethod
    def asked_together(rows: Sequence[Delivery]) -> list[Delivery]:
        """Which of `rows`, the first of a lane and all in doubt, one question settles."""
        first = rows[0]
        if first.target is Target.DESK and first.kind in _POSTS - {DeliveryKind.OPEN}:
            return [row for row in rows if row.kind in _POSTS]
        return [first]

    async def find(
        self, rows: Sequence[Delivery], since: datetime
    ) -> Mapping[DeliveryKey, Receipt | CaseRef]:
        """What became of `rows`, which were `asked_together`; what never landed is missing, and
        so is everything where nobody can be asked."""
        row = rows[0]
        if row.kind not in _POSTS:
            return {}
        if row.target is Target.DESK:
            keys = [each.key for each in rows]
            return await self._the_desk().find(await self._place(row), keys, since)
        conversation, reply = await self._store.read(lambda tx: _reply(tx, row))
        channel = self._channel(conversation)
        if not isinstance(channel, SupportsReadBack):
            return {}
        found = await channel.find(conversation.address, reply, since)
        return {} if found is None else {row.key: found}

    def can_find(self, row: Delivery, channel: ChannelName) -> bool:
        """Whether a repeat cannot double: the platform can be asked, or repeating is harmless."""
        if row.kind not in _POSTS or row.target is Target.DESK:
            return True
        return isinstance(self._channels.get(channel), SupportsReadBack)

    def resends(self, channel: ChannelName) -> bool:
        """Whether a part in doubt is sent once more where nobody can be asked."""
        found = self._channels.get(channel)
        return found is None or found.capabilities.resend_unknown

    @staticmethod
    def may_repeat(row: Delivery) -> bool:
        """Whether it does the same however often, and however late, it is done."""
        return row.kind is DeliveryKind.MARK

    @staticmethod
    def must_arrive(row: Delivery, refusals: int) -> bool:
        """Whether one more refusal is worth trying again: what is wrong at the desk can be
        mended. A line is given up in the end, so that it does not hold what follows for ever."""
        if row.kind in (DeliveryKind.TRANSCRIPT, DeliveryKind.RELAY):
            return refusals < _REFUSALS_OF_A_LINE
        return row.kind is DeliveryKind.OPEN

    # --- customers -------------------------------------------------------------------------

    async def _to_customer(self, row: Delivery) -> Receipt | None:
        conversation, reply = await self._store.read(lambda tx: _reply(tx, row))
        channel = self._channel(conversation)
        if channel.capabilities.replays:
            return None  # queued while it was off; the transcript that it reads has it all
        if row.kind is DeliveryKind.REPLY:
            return await channel.send(conversation.address, reply)
        await self._change_sent(row, conversation, channel, reply)
        return None

    async def _change_sent(
        self, row: Delivery, conversation: Conversation, channel: Connector, reply: Reply
    ) -> None:
        if not isinstance(channel, SupportsEdits):
            raise Undeliverable("this channel cannot change a message that was sent")
        kinds = (DeliveryKind.REPLY,)
        parts = await self._store.read(
            lambda tx: tx.deliveries_of(conversation.id, row.seq, kinds)
        )
        sent = [part for part in parts if part.remote_id]
        if row.kind is DeliveryKind.DELETE:
            for part in sent:
                await channel.delete(conversation.address, part.remote_id)
            return
        words = [part for part in sent if not part.detail.startswith(FILE)]
        if len(words) != 1:
            raise Undeliverable(
                "a message that was sent in several parts cannot be edited"
                if words
                else "the message itself is not known to have arrived"
            )
        await channel.edit(conversation.address, words[0].remote_id, reply)

    def _channel(self, conversation: Conversation) -> Connector:
        name = conversation.address.channel
        channel = self._channels.get(name)
        if channel is None:
            raise SendLater(f"the channel {name} is off", _CHANNEL_OFF)
        return channel

    # --- the desk --------------------------------------------------------------------------

    async def _to_desk(self, rows: Sequence[Delivery]) -> Receipt | CaseRef | None:
        desk, row = self._the_desk(), rows[0]
        if row.kind is DeliveryKind.OPEN:
            card = await self._store.read(lambda tx: _card(tx, _case(tx, row)))
            return await desk.open_case(card, row.key)
        if row.kind is DeliveryKind.MARK:
            # Agents' lines are many: `text` says which it is, so that nothing need be read.
            thread, external_id = thread_message(row.text or await self._id_of(row))
            await desk.mark(thread, external_id, Fate(row.detail))
            return None
        case = await self._store.read(lambda tx: _case(tx, row))
        ref, keys = _thread(case), [each.key for each in rows]
        match row.kind:
            case DeliveryKind.TRANSCRIPT:
                lines = await self._store.read(lambda tx: _transcript(tx, case))
                return await desk.relay(ref, lines, keys) if lines else None
            case DeliveryKind.RELAY:
                lines = await self._store.read(lambda tx: _lines(tx, rows))
                return await desk.relay(ref, lines, keys)
            case DeliveryKind.RELAY_EDIT:
                await self._show_edit(desk, ref, row)
            case DeliveryKind.CARD:
                card = await self._store.read(lambda tx: _card(tx, case))
                await desk.show_card(ref, card)
            case DeliveryKind.NOTE:
                text = "\n".join(dict.fromkeys(row.text for row in rows))
                return await desk.note(ref, text, keys, code=row.detail)
            case DeliveryKind.REMIND:
                return await desk.note(ref, row.text, keys, broadcast=True)
            case _:
                raise Undeliverable(f"a {row.kind} is nothing for the desk")
        return None

    async def _id_of(self, row: Delivery) -> str:
        """Of the message of a row that an earlier version has queued."""
        message = await self._store.read(lambda tx: _message(tx, row))
        return message.external_id

    async def _show_edit(self, desk: AgentDesk, ref: CaseRef, row: Delivery) -> None:
        def look(tx: Reader) -> list[tuple[str, list[CaseLine]]]:
            kind = DeliveryKind.RELAY if row.seq else DeliveryKind.TRANSCRIPT
            posted = tx.deliveries_of(row.conversation, row.seq, (kind,))
            ids = [r.remote_id for r in posted if r.remote_id and r.lane == row.lane]
            if not row.seq:  # only the newest is in the case's thread
                return [(id, _transcript(tx, _case(tx, row))) for id in ids[-1:]]
            return [(id, _lines(tx, tx.posted_as(row.conversation, row.lane, id))) for id in ids]

        for id, lines in await self._store.read(look):
            await desk.edit(ref, id, lines)

    async def _place(self, row: Delivery) -> CaseRef | None:
        """The thread that `row` is posted in; None for its root."""
        if row.kind is DeliveryKind.OPEN:
            return None
        return _thread(await self._store.read(lambda tx: _case(tx, row)))

    def _the_desk(self) -> AgentDesk:
        if self._desk is None:
            raise SendLater("no desk is connected", _CHANNEL_OFF)
        return self._desk


# --- reading what a row stands for -------------------------------------------------------------


def _message(tx: Reader, row: Delivery) -> Message:
    message = tx.message(row.conversation, row.seq)
    if message is None:
        raise Undeliverable("the message is gone")
    return message


def _reply(tx: Reader, row: Delivery) -> tuple[Conversation, Reply]:
    conversation = tx.conversation_by_id(row.conversation)
    message = _message(tx, row)
    reply = Reply(
        key=row.key,
        seq=row.seq,
        author=message.author,
        text=row.text,
        buttons=_buttons(row, message),
        attachments=_files(row, message),
        context=conversation.context,
    )
    return conversation, reply


def _buttons(row: Delivery, message: Message) -> tuple[Button, ...]:
    return message.buttons if row.detail == BUTTONS else ()


def _files(row: Delivery, message: Message) -> tuple[Attachment, ...]:
    wanted = row.detail.removeprefix(FILE) if row.detail.startswith(FILE) else None
    return tuple(file for file in message.attachments if file.id == wanted)


def _case(tx: Reader, row: Delivery) -> Case:
    if row.case is None:
        raise Undeliverable("the delivery belongs to no case")
    return tx.case(row.case)


def _thread(case: Case) -> CaseRef:
    if case.ref is None:
        raise SendLater("the case has no thread yet")
    return case.ref


def _card(tx: Reader, case: Case) -> CaseCard:
    conversation = tx.conversation_by_id(case.conversation)
    return CaseCard(
        case=case.id,
        channel=conversation.address.channel,
        customer=conversation.sender,
        language=conversation.language,
        page=conversation.page,
        reason=case.reason,
        state=case.state,
        opened_at=case.opened_at,
        agent=case.agent,
        earlier=tuple(tx.earlier_refs(conversation.id, case.id)),
    )


def _transcript(tx: Reader, case: Case) -> list[CaseLine]:
    """With what was deleted since the case was opened: agents may have read it."""
    past = tx.latest(case.conversation, LINES_BEFORE, before=case.first_seq)
    opened = case.opened_at
    return [_line(line) for line in past if line.deleted_at is None or line.deleted_at >= opened]


def _goes_with_others(tx: Reader, row: Delivery) -> bool:
    """A line that is no more than words: files, and what is to be copied, have their own post;
    and nobody knows yet whether what is in doubt needs one at all."""
    if row.state is not DeliveryState.PENDING:
        return False
    if row.kind is DeliveryKind.RELAY:
        message = tx.message(row.conversation, row.seq)
        return message is not None and not message.attachments
    return row.kind is DeliveryKind.NOTE and not row.detail


def _words(tx: Reader, row: Delivery) -> str:
    return _message(tx, row).text if row.kind is DeliveryKind.RELAY else row.text


def _lines(tx: Reader, rows: Sequence[Delivery]) -> list[CaseLine]:
    return [_line(_message(tx, row)) for row in rows]


def _line(message: Message) -> CaseLine:
    return CaseLine(
        author=message.author,
        text=message.text,
        at=message.at,
        attachments=message.attachments if message.author.kind is AuthorKind.CUSTOMER else (),
        edited=message.edited_at is not None,
        deleted=message.deleted_at is not None,
    )
