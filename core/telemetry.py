"""Turn commits into metrics, so that nothing on a message's path has to count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from core.messages import AuthorKind, ChannelName, Message
from core.metrics import Metrics
from core.notices import MessageStored, Notice
from core.questions import Questions, ends_the_wait


class Telemetry:
    """Listens to the store. An answer is timed from the arrival of the message it answers to the
    end of the commit that made the answer durable."""

    def __init__(self, metrics: Metrics, now: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._now = now
        self._questions = Questions()

    def committed(self, notices: Sequence[Notice]) -> None:
        """Lines are counted once a commit, for a counter is a lock and a look-up each time."""
        now = self._now()
        lines: Counter[tuple[ChannelName, AuthorKind]] = Counter()
        for notice in notices:
            if isinstance(notice, MessageStored):
                message = notice.message
                lines[notice.address.channel, message.author.kind] += 1
                if message.author.kind is AuthorKind.CUSTOMER:
                    self._questions.asked(message)
                elif ends_the_wait(message):
                    self._answered(message, now)
        for (channel, kind), count in lines.items():
            self._metrics.messages(channel, kind, count)

    def _answered(self, message: Message, now: datetime) -> None:
        asked = self._questions.answered(message)
        seconds = None if asked is None else (now - asked.at).total_seconds()
        self._metrics.answered(message.answered_by, seconds)
