"""Which line an answer answers, so that its time is the customer's wait and nothing else.

A rule answers the newest line, in the same commit. GPT and agents answer everything since the
last answer, so their time counts from the oldest of these lines.
"""

from __future__ import annotations

from collections import OrderedDict

from core.messages import AuthorKind, ConversationId, Message

_REMEMBERED = 20_000  # conversations
_ENDS = frozenset({"texts:welcome", "texts:handed_back", "texts:closed"})


class Questions:
    """The customers' lines without an answer: the oldest and the newest of each conversation."""

    def __init__(self) -> None:
        self._open: OrderedDict[ConversationId, tuple[Message, Message]] = OrderedDict()

    def asked(self, message: Message) -> None:
        oldest, _ = self._open.get(message.conversation, (message, message))
        self._open[message.conversation] = (oldest, message)
        if len(self._open) > _REMEMBERED:
            self._open.popitem(last=False)

    def answered(self, answer: Message) -> Message | None:
        """The line whose customer has waited for `answer`; None when nothing was open."""
        oldest, newest = self._open.pop(answer.conversation, (None, None))
        return newest if answer.answered_by.startswith("rule:") else oldest


def ends_the_wait(line: Message) -> bool:
    """Whether nobody waits any more after this line. "A colleague was called" is no such line."""
    return line.author.kind is not AuthorKind.SYSTEM or line.answered_by in _ENDS
