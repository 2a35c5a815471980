"""An answer's time is the wait of the customer whose line it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.messages import Address, Author, AuthorKind, ChannelName, ConversationId, Message
from core.metrics import Metrics
from core.notices import MessageStored
from core.telemetry import Telemetry
from tests.test_metrics import value

WEB = ChannelName("web")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def line(second: int, by: str = "") -> MessageStored:
    """A customer's line, or one that was said `by` somebody, some seconds after noon."""
    kinds = {"": AuthorKind.CUSTOMER, "texts": AuthorKind.SYSTEM, "agent": AuthorKind.AGENT}
    author = Author(kinds.get(by.partition(":")[0], AuthorKind.BOT))
    at = NOON + timedelta(seconds=second)
    message = Message(ConversationId(1), second + 1, author, "x", at, answered_by=by)
    return MessageStored(Address(WEB, "web", "ann"), message)


@pytest.mark.parametrize(
    ("lines", "by", "seconds"),
    [
        ([line(0), line(2, "rule:hello")], "rule", 2),
        ([line(0), line(30), line(31, "rule:hello")], "rule", 1),
        ([line(0), line(1), line(5, "gpt")], "gpt", 5),
        ([line(0), line(1, "texts:handover"), line(9), line(20, "agent")], "agent", 20),
        ([line(0), line(1, "texts:welcome"), line(30), line(32, "gpt")], "gpt", 2),
        ([line(0), line(1, "texts:handed_back"), line(30), line(34, "gpt")], "gpt", 4),
    ],
)
def test_the_clock_starts_with_the_line_that_is_answered(
    lines: list[MessageStored], by: str, seconds: int
) -> None:
    metrics = Metrics()
    Telemetry(metrics, lambda: lines[-1].message.at).committed(lines)
    assert value(metrics, "frontdesk_answer_seconds_sum", by=by) == seconds
