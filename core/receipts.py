"""What a delivery's end means for the conversation: threads learned, fates shown, agents told."""

from __future__ import annotations

from collections.abc import Callable

from core.cases import Fate
from core.casework import Casework
from core.clean import shown_name
from core.handover import Cause, HandOver
from core.messages import AuthorKind, CaseId, CaseRef, Mode, Receipt
from core.notices import Seen
from core.policy import Policy
from core.records import Case, Conversation, Delivery, DeliveryKind, DeliveryState, Target
from core.store import Transaction

_AFTER_ALL = CaseId(2**62)
_CUSTOMERS_LINES = frozenset({DeliveryKind.TRANSCRIPT, DeliveryKind.RELAY})


class Receipts:
    """Runs inside the transaction that ends the delivery."""

    def __init__(
        self,
        casework: Casework,
        policy: Callable[[], Policy],
        announce: Callable[[str], None],
    ) -> None:
        """`announce` tells the desk's channel what belongs into no thread."""
        self._casework = casework
        self._policy = policy
        self._announce = announce

    def sent(self, tx: Transaction, row: Delivery, receipt: Receipt | CaseRef | None) -> None:
        if row.kind is DeliveryKind.OPEN and isinstance(receipt, CaseRef) and row.case:
            tx.case(row.case).ref = receipt
        elif row.kind is DeliveryKind.RELAY:
            _seen(tx, row)
        elif row.kind is DeliveryKind.REPLY:
            if row.uncertain:
                self._tell_desk(tx, row, "The customer may have got the last message twice.")
            if _whole(tx, row):
                conversation = tx.conversation_by_id(row.conversation)
                self._casework.show_fate(tx, conversation, row.seq, Fate.DELIVERED)

    def refused(
        self, tx: Transaction, row: Delivery, reason: str, *, in_doubt: bool = False
    ) -> None:
        """The rest of a message whose part was refused would make no sense: it is given up too.

        `in_doubt`: it may have arrived, and was to arrive rather twice than never; since it must
        not be sent again, a person is called to look after it.
        """
        if row.target is Target.DESK:
            if row.kind in _CUSTOMERS_LINES:
                self._tell_desk(tx, row, f"A line of the customer cannot be shown here: {reason}")
            return
        if row.kind is not DeliveryKind.REPLY:
            self._tell_desk(tx, row, f"A change did not reach the customer: {reason}")
            return
        for part in tx.deliveries_of(row.conversation, row.seq, (DeliveryKind.REPLY,)):
            if not part.finished:
                part.state, part.error = DeliveryState.DEAD, "an earlier part was refused"
        conversation = tx.conversation_by_id(row.conversation)
        message = tx.message(row.conversation, row.seq)
        if message is not None and message.author.kind is AuthorKind.AGENT:
            self._casework.show_fate(tx, conversation, row.seq, Fate.FAILED, why=reason)
        elif in_doubt and message is not None and self._is_the_bots(conversation):
            why = HandOver(Cause.IN_DOUBT, message.text)
            self._casework.hand_over(tx, self._policy(), conversation, why)
        else:
            self._tell_desk(tx, row, f"The bot's answer is not known to have arrived: {reason}")

    def deleted_in_doubt(self, tx: Transaction, row: Delivery) -> None:
        """It may have arrived before it was deleted, and nobody knows its id there."""
        told = "The message that was deleted may have reached the customer before."
        self._tell_desk(tx, row, told)

    def _is_the_bots(self, conversation: Conversation) -> bool:
        alone = conversation.case is None and conversation.mode is Mode.BOT
        return alone and self._casework.has_desk

    def thread_gone(self, tx: Transaction, row: Delivery) -> None:
        """Whatever the customer has written must be in some thread."""
        case = tx.case(row.case) if row.case is not None else None
        if case is not None and case.closed_at is None:
            self._casework.reopen_thread(tx, tx.conversation_by_id(row.conversation), case)

    def _tell_desk(self, tx: Transaction, row: Delivery, text: str) -> None:
        if not self._casework.has_desk:
            return
        conversation = tx.conversation_by_id(row.conversation)
        case = _latest_case(tx, conversation)
        if case is not None:
            self._casework.note(tx, conversation, case, text, seq=row.seq)
            return
        who = shown_name(conversation.sender.name) or "a customer without a name"
        where = conversation.address.channel
        tx.afterwards(lambda: self._announce(f"{text} ({who}, {where}, message {row.seq})"))


def _latest_case(tx: Transaction, conversation: Conversation) -> Case | None:
    """The open one, or the last that has a thread: what is told there outlives us, as what is
    told in the channel does not."""
    if conversation.case is not None:
        return tx.case(conversation.case)
    refs = tx.earlier_refs(conversation.id, _AFTER_ALL)
    return tx.case_by_ref(refs[-1]) if refs else None


def _seen(tx: Transaction, row: Delivery) -> None:
    conversation = tx.conversation_by_id(row.conversation)
    if conversation.seen_seq < row.seq:
        conversation.seen_seq = row.seq
        tx.notify(Seen(conversation.address, row.seq))


def _whole(tx: Transaction, row: Delivery) -> bool:
    parts = tx.deliveries_of(row.conversation, row.seq, (DeliveryKind.REPLY,))
    return all(part.state is DeliveryState.SENT for part in parts)
