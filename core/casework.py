"""Hand a conversation over to the agents, and take it back: everything a case does to the store.

Each method runs inside a transaction and only queues: the outbox talks to the desk.
"""

from __future__ import annotations

import re
from datetime import datetime

from core.cases import CaseState, Fate
from core.clean import shown_name
from core.conversation import move
from core.handover import Cause, HandOver
from core.messages import Author, AuthorKind, CaseRef, Message, Mode
from core.notices import ModeChanged
from core.policy import Policy
from core.records import Case, Conversation, DeliveryKind, DeliveryState, Target
from core.replies import Replies
from core.store import Transaction

LINES_BEFORE = 200
"""How many lines of the past a case's thread begins with, at most."""

_ADDRESS = re.compile(r"\S@\S|(?:\d[\s().\-/]{0,3}){6}")  # an e-mail address, a telephone number
_PROMISES = {
    Cause.NOTHING_ANSWERS: "cannot_answer",
    Cause.BUDGET_USED: "cannot_answer",
    Cause.GPT_FAILED: "gpt_failed",
    Cause.TOO_MANY_FAILURES: "gpt_failed",
}
_ASK_FOR_CONTACT = frozenset(
    f"texts:{name}" for name in ("handover_closed", "handover_nobody", "still_waiting")
)


def agent_message_id(ref: CaseRef, external_id: str) -> str:
    """The id under which an agent's message is kept: unique over all threads of all desks."""
    return " ".join((ref.workspace, ref.channel, ref.thread, external_id))


def thread_message(message_id: str) -> tuple[CaseRef, str]:
    """The thread, and the message's id in it, behind an `agent_message_id`."""
    workspace, channel, thread, external_id = message_id.split(" ", 3)
    return CaseRef(workspace, channel, thread), external_id


def change_mode(tx: Transaction, conversation: Conversation, then: Mode) -> None:
    """Move to `then`, tell whoever shows the conversation, and outdate answers in the making."""
    conversation.mode = move(conversation.mode, then)
    conversation.version += 1
    conversation.agent = conversation.agent if then is Mode.HUMAN else None
    tx.notify(ModeChanged(conversation.address, then, conversation.agent))


class Casework:
    """Opens, feeds and ends cases. `has_desk` is False where no agents can be reached."""

    def __init__(self, replies: Replies, *, has_desk: bool) -> None:
        self._replies = replies
        self.has_desk = has_desk

    # --- handing over ----------------------------------------------------------------------

    def hand_over(
        self, tx: Transaction, policy: Policy, conversation: Conversation, why: HandOver
    ) -> None:
        """Give the conversation to the agents and tell the customer what happens now."""
        conversation.pending_seq = None
        conversation.attempts = 0
        conversation.version += 1  # whatever GPT is still writing comes too late
        known = conversation.case is not None
        if not self.has_desk:
            # The bot goes on answering; the case waits until a desk is connected.
            noted = known and self._can_be_reached(tx, conversation)
            self.tell(tx, policy, conversation, "contact_noted" if noted else "handover_nobody")
        else:
            if conversation.mode is Mode.BOT:
                change_mode(tx, conversation, Mode.WAITING)
            self.tell(tx, policy, conversation, _promise(policy, why, tx.now))
        if not known:
            self._open(tx, policy, conversation, why)

    def _can_be_reached(self, tx: Transaction, conversation: Conversation) -> bool:
        """Whether somebody who reads this later knows where to answer: there, on a platform that
        brings it to the customer; where they have said, if they wait in a browser."""
        if not self._replies.of(conversation).replays or "@" in conversation.sender.username:
            return True
        said = tx.latest(conversation.id, LINES_BEFORE)
        return any(
            line.author.kind is AuthorKind.CUSTOMER and _ADDRESS.search(line.text) for line in said
        )

    def _open(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        why: HandOver,
    ) -> None:
        case = tx.open_case(conversation, why.sentence, conversation.last_seq + 1)
        if self.has_desk and policy.is_open(tx.now):
            case.due_at = _next_due(policy, case)
        else:
            case.gave_up_at = tx.now  # the customer was asked at once how to be reached
        if self.has_desk:
            self._open_thread(tx, conversation, case)

    def _open_thread(self, tx: Transaction, conversation: Conversation, case: Case) -> None:
        self.queue(tx, conversation, case, DeliveryKind.OPEN)
        self.queue(tx, conversation, case, DeliveryKind.TRANSCRIPT)

    def reopen_thread(self, tx: Transaction, conversation: Conversation, case: Case) -> None:
        """The case's thread is gone: a new one takes its place, with everything so far."""
        waiting = tx.lane(f"case:{case.id}")
        for row in waiting:
            row.state, row.error = DeliveryState.DEAD, "its thread is gone"
        case.ref = None
        case.first_seq = conversation.last_seq + 1
        self._open_thread(tx, conversation, case)
        for row in waiting:
            if row.kind in (DeliveryKind.NOTE, DeliveryKind.MARK):
                self.queue(
                    tx, conversation, case, row.kind, seq=row.seq, text=row.text, detail=row.detail
                )

    def open_kept_requests(self, tx: Transaction) -> int:
        """Give every case from the time without a desk its thread; how many there were."""
        kept = [
            case
            for case in tx.open_cases()
            if case.ref is None and not tx.unfinished(f"case:{case.id}")
        ]
        for case in kept:
            self._open_thread(tx, tx.conversation_by_id(case.conversation), case)
        return len(kept)

    def relay(
        self, tx: Transaction, policy: Policy, conversation: Conversation, message: Message
    ) -> None:
        """Pass a customer's message on to the open case, if there is one."""
        if conversation.case is None:
            return
        case = tx.case(conversation.case)
        if conversation.mode is Mode.WAITING and self.asked_for_contact(tx, conversation):
            self.tell(tx, policy, conversation, "contact_noted")
        if not self.has_desk and case.ref is None and not tx.unfinished(f"case:{case.id}"):
            case.first_seq = conversation.last_seq + 1  # its thread will begin with this line
            return
        # Without a desk it waits for one: a case that has a thread gets no other transcript.
        self.queue(tx, conversation, case, DeliveryKind.RELAY, seq=message.seq)

    @staticmethod
    def asked_for_contact(tx: Transaction, conversation: Conversation) -> bool:
        """Whether the customer's newest message follows our question how to be reached."""
        before = tx.latest(conversation.id, 2)[0]
        return before.answered_by in _ASK_FOR_CONTACT

    def customer_changed(
        self, tx: Transaction, conversation: Conversation, message: Message
    ) -> None:
        """Show agents that a message they have was edited or deleted, in every thread that has
        it. What has not been posted yet will be posted as it is by then, and so will a change."""
        edit = DeliveryKind.RELAY_EDIT
        rows = tx.deliveries_of(conversation.id, message.seq, (DeliveryKind.RELAY, edit))
        rows += tx.deliveries_of(conversation.id, 0, (DeliveryKind.TRANSCRIPT, edit))
        for id in sorted({row.case for row in rows if row.case is not None}):
            case = tx.case(id)
            seq = message.seq if message.seq >= case.first_seq else 0
            here = [row for row in rows if row.case == id and row.seq == seq]
            posted = any(r.kind is not edit and r.state is not DeliveryState.PENDING for r in here)
            waits = any(r.kind is edit and r.state is DeliveryState.PENDING for r in here)
            if posted and not waits and case.first_seq - message.seq <= LINES_BEFORE:
                self.queue(tx, conversation, case, edit, seq=seq)

    # --- what agents do --------------------------------------------------------------------

    def take(self, tx: Transaction, conversation: Conversation, case: Case, agent: Author) -> None:
        """An agent answers or claims: from now on the bot is silent."""
        newcomer = conversation.mode is not Mode.HUMAN or conversation.agent != agent
        conversation.agent = agent
        conversation.pending_seq = None
        if conversation.mode is Mode.BOT:
            change_mode(tx, conversation, Mode.WAITING)
        conversation.agent = agent
        if conversation.mode is Mode.WAITING:
            change_mode(tx, conversation, Mode.HUMAN)
        elif newcomer:
            tx.notify(ModeChanged(conversation.address, Mode.HUMAN, agent))
        case.due_at = None

    def end(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        case: Case,
        state: CaseState,
    ) -> None:
        """Hand the conversation back to the bot, or close it; the customer is told."""
        tx.end_case(case, state)
        back = state is CaseState.HANDED_BACK
        if conversation.mode is not Mode.BOT or not back:
            change_mode(tx, conversation, Mode.BOT if back else Mode.CLOSED)
        conversation.pending_seq = None
        self.tell(tx, policy, conversation, "handed_back" if back else "closed")
        self.queue(tx, conversation, case, DeliveryKind.CARD)

    @staticmethod
    def unseen(tx: Transaction, case: Case) -> list[Message]:
        """What the customer has written and no agent can have read, because it is still on its
        way to the thread; oldest first, without what was deleted since."""
        rows = [row for row in tx.lane(f"case:{case.id}") if row.kind is DeliveryKind.RELAY]
        lines = (tx.message(row.conversation, row.seq) for row in rows)
        return [line for line in lines if line is not None and line.deleted_at is None]

    def show_fate(
        self, tx: Transaction, conversation: Conversation, seq: int, fate: Fate, why: str = ""
    ) -> None:
        """Mark an agent's own message in its thread, with a note when it did not arrive."""
        message = tx.message(conversation.id, seq)
        if message is None or message.author.kind is not AuthorKind.AGENT:
            return
        ref, _ = thread_message(message.external_id)
        case = tx.case_by_ref(ref)
        if case is None and conversation.case is not None:
            case = tx.case(conversation.case)  # it has another thread by now
        if case is None or tx.deliveries_of(conversation.id, seq, (DeliveryKind.MARK,)):
            return
        self.queue(
            tx,
            conversation,
            case,
            DeliveryKind.MARK,
            seq=seq,
            text=message.external_id,
            detail=fate,
        )
        if why:
            self.note(tx, conversation, case, f"Not delivered: {why}", seq=seq)

    def mark_new(
        self, tx: Transaction, conversation: Conversation, case: Case, message: Message, fate: Fate
    ) -> None:
        """As `show_fate` for a message of this case that was stored just now, so that nothing can
        have been queued for it: nothing needs to be asked."""
        self.queue(
            tx,
            conversation,
            case,
            DeliveryKind.MARK,
            seq=message.seq,
            text=message.external_id,
            detail=fate,
            part=0,
        )

    def note(
        self,
        tx: Transaction,
        conversation: Conversation,
        case: Case,
        text: str,
        *,
        seq: int = 0,
        code: str = "",
    ) -> None:
        """A line for agents in the thread; `code` is to be copied as it stands."""
        self.queue(tx, conversation, case, DeliveryKind.NOTE, seq=seq, text=text, detail=code)

    # --- time ------------------------------------------------------------------------------

    def look_after(self, tx: Transaction, policy: Policy, case: Case) -> None:
        """The case is due: remind the desk, and be honest with the customer when it is time."""
        conversation = tx.conversation_by_id(case.conversation)
        if _is_due(tx.now, case.reminded_at, policy.remind_at(case.opened_at)):
            case.reminded_at = tx.now
            who = shown_name(conversation.sender.name) or "A customer"
            since = policy.clock(case.opened_at)
            text = f"{who} has waited since {since}, and nobody has answered yet."
            self.queue(tx, conversation, case, DeliveryKind.REMIND, text=text)
        if _is_due(tx.now, case.gave_up_at, policy.give_up_at(case.opened_at)):
            case.gave_up_at = tx.now
            self.tell(tx, policy, conversation, "still_waiting")
            told = "The customer was asked how to be reached. The case stays open."
            self.note(tx, conversation, case, told)
        case.due_at = _next_due(policy, case)

    def reschedule(self, tx: Transaction, policy: Policy) -> None:
        """The waiting times have changed: they hold for whoever waits already, too."""
        for case in tx.open_cases():
            if case.state is CaseState.WAITING:
                case.due_at = _next_due(policy, case)

    # --- rows ------------------------------------------------------------------------------

    def queue(
        self,
        tx: Transaction,
        conversation: Conversation,
        case: Case,
        kind: DeliveryKind,
        *,
        seq: int = 0,
        text: str = "",
        detail: str = "",
        part: int | None = None,
    ) -> None:
        """Add a row to the case's lane; rows of one kind and `seq` are numbered."""
        tx.add_delivery(
            conversation=conversation,
            target=Target.DESK,
            kind=kind,
            case=case,
            seq=seq,
            part=part,
            text=text,
            detail=detail,
        )

    def tell(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        name: str,
        **values: object,
    ) -> None:
        """Say one of the product's own sentences to the customer."""
        text = policy.text(name, conversation.language, **values)
        author = Author(AuthorKind.SYSTEM, policy.bot.name, policy.bot.avatar)
        self._replies.say(tx, conversation, author, text, answered_by=f"texts:{name}")


def _is_due(now: datetime, done: datetime | None, at: datetime | None) -> bool:
    return done is None and at is not None and at <= now


def _next_due(policy: Policy, case: Case) -> datetime | None:
    """When somebody must hear next that a case waits; nothing is left after the customer has."""
    if case.gave_up_at is not None:
        return None
    steps = [policy.give_up_at(case.opened_at)]
    if case.reminded_at is None:
        steps.append(policy.remind_at(case.opened_at))
    return min((step for step in steps if step is not None), default=None)


def _promise(policy: Policy, why: HandOver, now: datetime) -> str:
    """The name of the sentence that tells the customer honestly who will answer and when."""
    if not policy.is_open(now):
        return "handover_closed"
    return _PROMISES.get(why.cause, "handover")
