"""Turn commits into metrics, so that nothing on a message's path has to count."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime

from core.messages import AuthorKind, ChannelName, ConversationId, Message
from core.metrics import Metrics
from core.notices import MessageStored, Notice

_REMEMBERED = 20_000  # conversations whose last question is kept to time the answer


class Telemetry:
    """Listens to the store. An answer is timed from the arrival of the oldest message it answers
    to the end of the commit that made the answer durable."""

    def __init__(self, metrics: Metrics, now: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._now = now
        self._asked: OrderedDict[ConversationId, datetime] = OrderedDict()

    def committed(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            if isinstance(notice, MessageStored):
                self._count(notice.address.channel, notice.message)

    def _count(self, channel: ChannelName, message: Message) -> None:
        self._metrics.message(channel, message.author.kind)
        if message.author.kind is AuthorKind.CUSTOMER:
            self._asked.setdefault(message.conversation, message.at)
            if len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
            return
        if message.author.kind is not AuthorKind.SYSTEM:
            asked = self._asked.pop(message.conversation, None)
            seconds = None if asked is None else (self._now() - asked).total_seconds()
            self._metrics.answered(message.answered_by, seconds)
