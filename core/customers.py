"""What a customer's event leads to, decided and written inside one transaction.

A rule's answer is stored together with the message it answers, so that both are durable before
the platform is acknowledged. Whatever needs GPT is left pending for the conversation's worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import offers
from core.casework import Casework, change_mode
from core.clean import is_blank
from core.handover import Cause, HandOver
from core.language import guess_language
from core.messages import (
    Accepted,
    Attachment,
    Author,
    AuthorKind,
    Button,
    ButtonPressed,
    CustomerDeleted,
    CustomerEdited,
    CustomerWrote,
    Message,
    Mode,
    Outcome,
    Sender,
)
from core.policy import Decision, Later, PersonAsked, Policy
from core.quick_replies import Close, Hit, Then
from core.records import Conversation
from core.rendering import choice
from core.replies import Replies
from core.store import Transaction

ESCALATE = "escalate"
_TELEGRAM_START = "/start"  # what Telegram sends when a customer opens the chat
_KEPT_FOR_US = timedelta(minutes=2)
_SAME_BREATH, _ALBUM = timedelta(seconds=10), 11
_FILE_ONLY = "texts:file_only"
_LONGEST_CHOICE = 80  # characters of a button's label or number


@dataclass(frozen=True, slots=True)
class Intake:
    """How an event came: under which policy and when. `too_fast` counts the event against its
    customer's limit when it is first called; it raises TooManyMessages where the customer can be
    refused, else it says whether the limit is passed."""

    policy: Policy
    at: datetime
    too_fast: Callable[[], bool]


class Customers:
    """Reacts to customers. `has_model` is False where nothing but the rules can answer."""

    def __init__(self, replies: Replies, casework: Casework, *, has_model: bool) -> None:
        self._replies = replies
        self._casework = casework
        self.has_model = has_model

    # --- events ----------------------------------------------------------------------------

    def wrote(self, tx: Transaction, intake: Intake, event: CustomerWrote) -> Accepted:
        conversation = tx.open_conversation(event.address)
        if known := tx.message_by_external(conversation.id, event.external_id):
            return Accepted(Outcome.REPEAT, conversation.id, known.seq)
        too_fast = intake.too_fast()
        _learn(intake.policy, conversation, event)
        button = _chosen(tx, conversation, event.text)
        at = self._written_at(intake, event)
        message = _append(tx, conversation, at, event.external_id, event.text, event.attachments)
        if too_fast:
            self._slow_down(tx, intake.policy, conversation, message)
        else:
            self.react(tx, intake.policy, conversation, message, button)
        return Accepted(Outcome.STORED, conversation.id, message.seq)

    def _written_at(self, intake: Intake, event: CustomerWrote) -> datetime:
        """What is seen again after a backup was put back keeps its time, however short that is
        ago: what follows from it is held, also when GPT is asked later."""
        if event.at is not None and self._replies.relives(event.at, event.address.channel):
            return event.at
        return written_at(intake.at, event.at)

    def pressed(self, tx: Transaction, intake: Intake, event: ButtonPressed) -> Accepted:
        conversation = tx.conversation(event.address)
        if conversation is None:
            return Accepted(Outcome.IGNORED)
        if known := tx.message_by_external(conversation.id, event.external_id):
            return Accepted(Outcome.REPEAT, conversation.id, known.seq)
        shown = tx.message(conversation.id, event.seq)
        if shown is None or not 0 <= event.index < len(shown.buttons):
            return Accepted(Outcome.IGNORED, conversation.id)
        too_fast = intake.too_fast()
        conversation.context = event.context or conversation.context
        button = shown.buttons[event.index]
        text = button.say or button.label
        message = _append(tx, conversation, intake.at, event.external_id, text)
        if too_fast:
            self._slow_down(tx, intake.policy, conversation, message)
        else:
            self.react(tx, intake.policy, conversation, message, button)
        return Accepted(Outcome.STORED, conversation.id, message.seq)

    def edited(self, tx: Transaction, intake: Intake, event: CustomerEdited) -> Accepted:
        conversation = tx.conversation(event.address)
        if conversation is None:
            return Accepted(Outcome.IGNORED)
        before = tx.message_by_external(conversation.id, event.external_id)
        accepted = self._changed(tx, event)
        if before is None or accepted.outcome is not Outcome.STORED:
            return accepted
        if conversation.mode in (Mode.BOT, Mode.CLOSED) and conversation.case is None:
            self._listen_again(tx, intake.policy, conversation, before, event)
        return accepted

    def _listen_again(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        before: Message,
        event: CustomerEdited,
    ) -> None:
        """Who asks for a person by an edit of what they said last is heard. Nothing else is
        answered twice."""
        later = tx.messages(conversation.id, after=before.seq)
        if any(message.author.kind is AuthorKind.CUSTOMER for message in later):
            return
        asked = policy.decide(event.text, conversation, tx.now)
        had_asked = policy.decide(before.text, conversation, tx.now)
        if isinstance(asked, PersonAsked) and not isinstance(had_asked, PersonAsked):
            with self._replies.following(tx, event.at, conversation.address.channel):
                if conversation.mode is Mode.CLOSED:
                    change_mode(tx, conversation, Mode.BOT)
                why = HandOver(Cause.ASKED, asked.words)
                self._casework.hand_over(tx, policy, conversation, why)

    def deleted(self, tx: Transaction, event: CustomerDeleted) -> Accepted:
        return self._changed(tx, event)

    def _changed(self, tx: Transaction, event: CustomerEdited | CustomerDeleted) -> Accepted:
        conversation = tx.conversation(event.address)
        if conversation is None:
            return Accepted(Outcome.IGNORED)
        known = tx.message_by_external(conversation.id, event.external_id)
        if known is None:
            return Accepted(Outcome.IGNORED, conversation.id)
        if isinstance(event, CustomerDeleted):
            changed = tx.delete(conversation, known.seq)
        else:
            changed = tx.edit(conversation, known.seq, event.text, event.at)
        if changed is None:
            return Accepted(Outcome.REPEAT, conversation.id, known.seq)
        self._casework.customer_changed(tx, conversation, known)
        return Accepted(Outcome.STORED, conversation.id, known.seq)

    # --- reactions -------------------------------------------------------------------------

    def react(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        message: Message,
        button: Button | None = None,
    ) -> None:
        """What follows from a message that nobody has looked at yet."""
        with self._replies.following(tx, message.at, conversation.address.channel):
            self._react(tx, policy, conversation, message, button)

    def _react(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        message: Message,
        button: Button | None,
    ) -> None:
        if conversation.mode is Mode.CLOSED:
            change_mode(tx, conversation, Mode.BOT)
        self._casework.relay(tx, policy, conversation, message)
        if conversation.mode is not Mode.BOT:
            return
        if button is not None and button.do == ESCALATE:
            why = HandOver(Cause.BUTTON, button.label)
            self._casework.hand_over(tx, policy, conversation, why)
            return
        decision = _decide(tx, policy, conversation, message, button)
        if isinstance(decision, PersonAsked):
            why = HandOver(Cause.ASKED, decision.words)
            self._casework.hand_over(tx, policy, conversation, why)
        elif conversation.pending_seq is None:
            self.answer(tx, policy, conversation, message, decision)

    def _slow_down(
        self, tx: Transaction, policy: Policy, conversation: Conversation, message: Message
    ) -> None:
        """Keep the message and pass it to the agents; say once a minute that it was too much."""
        self._casework.relay(tx, policy, conversation, message)
        since = tx.now - timedelta(minutes=1)
        recent = tx.latest(conversation.id, policy.settings.limits.customer_per_minute)
        if not any(m.answered_by == "texts:too_fast" and m.at > since for m in recent):
            self._casework.tell(tx, policy, conversation, "too_fast", seconds=60)

    def answer(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        message: Message,
        decision: Decision,
    ) -> None:
        """Answer `message` by its rule, or see to it that GPT or a person does."""
        with self._replies.following(tx, message.at, conversation.address.channel):
            self._answer(tx, policy, conversation, message, decision)

    def _answer(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        message: Message,
        decision: Decision,
    ) -> None:
        match decision:
            case Hit():
                self._answer_by_rule(tx, policy, conversation, message, decision)
            case PersonAsked(words):
                why = HandOver(Cause.ASKED, words)
                self._casework.hand_over(tx, policy, conversation, why)
            case Close() if self._asks_back(tx, policy, conversation, message):
                self._ask_which(tx, policy, conversation, decision)
            case None | Later() if message.text.partition(" ")[0] == _TELEGRAM_START:
                self._casework.tell(tx, policy, conversation, "welcome")
            case None | Later() if is_blank(message.text):
                self._tell_once(tx, policy, conversation, message)
            case Later():
                conversation.pending_seq = conversation.pending_seq or message.seq
            case None | Close():
                self._ask_gpt(tx, policy, conversation, message)

    def _tell_once(
        self, tx: Transaction, policy: Policy, conversation: Conversation, message: Message
    ) -> None:
        """What to do with a message without words; of several photos, once."""
        if not message.attachments:
            self._casework.tell(tx, policy, conversation, "unsupported")
            return
        since, recent = tx.now - _SAME_BREATH, tx.latest(conversation.id, _ALBUM)
        if not any(m.answered_by == _FILE_ONLY and m.at > since for m in recent):
            self._casework.tell(tx, policy, conversation, "file_only")

    def is_for_gpt(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        message: Message,
        decision: Decision,
    ) -> bool:
        """Whether `answer` would leave it to GPT, as long as there is a model."""
        match decision:
            case Hit() | PersonAsked():
                return False
            case Close():
                return not self._asks_back(tx, policy, conversation, message)
            case Later() | None:
                return True

    def _asks_back(
        self, tx: Transaction, policy: Policy, conversation: Conversation, message: Message
    ) -> bool:
        wanted = policy.asks_back(has_model=self.has_model)
        return wanted and not offers.offered_before(tx, conversation, message)

    def _ask_which(
        self, tx: Transaction, policy: Policy, conversation: Conversation, close: Close
    ) -> None:
        language = conversation.language
        self._replies.say(
            tx,
            conversation,
            policy.bot,
            policy.text("did_you_mean", language),
            buttons=offers.buttons(policy, close, language),
            answered_by=offers.OFFERED,
        )

    def _answer_by_rule(
        self,
        tx: Transaction,
        policy: Policy,
        conversation: Conversation,
        message: Message,
        hit: Hit,
    ) -> None:
        by = f"rule:{hit.rule.id}"
        if hit.text:
            self._replies.say(
                tx, conversation, policy.bot, hit.text, buttons=hit.buttons, answered_by=by
            )
        if hit.rule.then is Then.ESCALATE:
            self._casework.hand_over(tx, policy, conversation, HandOver(Cause.RULE, hit.rule.id))
        elif hit.rule.then is Then.GPT:
            self._ask_gpt(tx, policy, conversation, message)

    def _ask_gpt(
        self, tx: Transaction, policy: Policy, conversation: Conversation, message: Message
    ) -> None:
        if self.has_model:
            conversation.pending_seq = conversation.pending_seq or message.seq
            return
        self._casework.hand_over(tx, policy, conversation, HandOver(Cause.NOTHING_ANSWERS))


def _decide(
    tx: Transaction,
    policy: Policy,
    conversation: Conversation,
    message: Message,
    button: Button | None,
) -> Decision:
    if button is not None and button.do == offers.NONE_OF_THESE:
        return None
    if button is not None and (hit := offers.chosen(policy, button, conversation, tx.now)):
        return hit
    text = button.say if button is not None and button.say else message.text
    return policy.decide(text, conversation, tx.now)


def learned(
    policy: Policy,
    conversation: Conversation,
    event: CustomerWrote,
    tokens: Sequence[str] | None = None,
) -> tuple[Sender, str, str, str]:
    """What the conversation knows of its customer with this message: sender, context, page and
    language. `tokens` are the message's `words`, where somebody has cut them already."""
    sender = event.sender if event.sender.name or event.sender.username else conversation.sender
    language = guess_language(
        event.text,
        known=conversation.language or event.sender.language,
        spoken=policy.settings.business.languages,
        tokens=tokens,
    )
    context, page = event.context or conversation.context, event.page or conversation.page
    return sender, context, page, language


def _learn(policy: Policy, conversation: Conversation, event: CustomerWrote) -> None:
    found = learned(policy, conversation, event)
    conversation.sender, conversation.context, conversation.page, conversation.language = found


def written_at(now: datetime, told: datetime | None) -> datetime:
    """What the platform tells counts only for what it has kept for us: its clock is not ours."""
    return told if told is not None and now - told > _KEPT_FOR_US else now


def _append(
    tx: Transaction,
    conversation: Conversation,
    at: datetime,
    external_id: str,
    text: str,
    attachments: tuple[Attachment, ...] = (),
) -> Message:
    return tx.append(
        conversation,
        Author(AuthorKind.CUSTOMER, conversation.sender.name),
        text,
        attachments=attachments,
        external_id=external_id,
        at=at,
    )


def _chosen(tx: Transaction, conversation: Conversation, text: str) -> Button | None:
    if len(text) > _LONGEST_CHOICE or not conversation.last_seq:
        return None
    shown = tx.message(conversation.id, conversation.last_seq)
    return None if shown is None else chosen(text, shown)


def chosen(text: str, shown: Message) -> Button | None:
    """The button a customer means by "2", where `shown` has its buttons as a numbered list."""
    if not shown.buttons or shown.author.kind is AuthorKind.CUSTOMER:
        return None
    index = choice(text, shown.buttons) if len(text) <= _LONGEST_CHOICE else None
    return None if index is None else shown.buttons[index]
