"""Turn commits into metrics, so that nothing on a message's path has to count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from core.messages import AuthorKind, ChannelName
from core.metrics import Metrics
from core.notices import MessageStored, Notice
from core.questions import Questions, ends_the_wait

_CUSTOMER = AuthorKind.CUSTOMER


class Telemetry:
    """Listens to the store. An answer is timed from the arrival of the message it answers to the
    end of the commit that made the answer durable."""

    def __init__(self, metrics: Metrics, now: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._now = now
        self._questions = Questions()

    def committed(self, notices: Sequence[Notice]) -> None:
        """All is counted once a commit, for a counter is a lock and a look-up each time."""
        now, questions = self._now(), self._questions
        lines: dict[tuple[ChannelName, AuthorKind], int] = defaultdict(int)
        answers: dict[str, list[float | None]] = defaultdict(list)
        for notice in notices:
            if type(notice) is MessageStored:
                message = notice.message
                kind = message.author.kind
                lines[notice.address.channel, kind] += 1
                if kind is _CUSTOMER:
                    questions.asked(message)
                elif ends_the_wait(message):
                    asked = questions.answered(message)
                    seconds = None if asked is None else (now - asked.at).total_seconds()
                    answers[message.answered_by.partition(":")[0]].append(seconds)
        for (channel, kind), count in lines.items():
            self._metrics.messages(channel, kind, count)
        for by, waits in answers.items():
            self._metrics.answered(by, waits)
