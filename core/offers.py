"""Let the customer say which of several close rules is meant, rather than guess or call a person.

A guess that is wrong costs the customer's trust, a person costs somebody's time; a press of a
button costs next to nothing. The way out is always there: none of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from core.messages import Button, Message
from core.policy import Policy
from core.quick_replies import Close, Hit
from core.records import Conversation
from core.store import Transaction

OFFERED = "texts:did_you_mean"
NONE_OF_THESE = "none"
_RULE = "rule:"
_LONGEST_LABEL = 80


def buttons(policy: Policy, close: Close, language: str) -> tuple[Button, ...]:
    """One for each rule, and one for none of them."""
    none = policy.text("none_of_these", language)
    return (*_choices(close, language), Button(_short(none), do=NONE_OF_THESE))


def _choices(close: Close, language: str) -> Iterator[Button]:
    for one in close.likely:
        yield Button(_short(one.label(language)), do=f"{_RULE}{one.hit.rule.id}")


def chosen(
    policy: Policy, button: Button, conversation: Conversation, now: datetime
) -> Hit | None:
    """The answer that a pressed button stands for; None when it is no choice, or not any more."""
    if not button.do.startswith(_RULE):
        return None
    question = policy.question(button.label, conversation, now)
    return policy.rules.chosen(button.do.removeprefix(_RULE), question)


def offered_before(tx: Transaction, conversation: Conversation, message: Message) -> bool:
    """Whether `message` is what the customer wrote in the place of a choice: who has not found it
    there will not find it in the next one either."""
    before = tx.message(conversation.id, message.seq - 1)
    return before is not None and before.answered_by == OFFERED


def _short(label: str) -> str:
    line = " ".join(label.split())
    return line if len(line) <= _LONGEST_LABEL else f"{line[: _LONGEST_LABEL - 1].rstrip()}…"
