"""How long customers wait after the service was killed, on a database that has a past."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.faults.process import Frontdesk, Nursery
from tests.scenarios.visitor import Visitor

CONVERSATIONS, EACH = 5_000, 20
WAITING = 2_000
SETTINGS = """\
server:
  port: ${PORT}
store: {url: "sqlite:///%s"}
quick_replies: [{id: hello, when: {any: [hello]}, reply: Hello there}]
"""


def _fill(path: Path) -> None:
    """100,000 messages, and what was sent of them, in a database that has its tables."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(
            "INSERT INTO conversations (id, channel, account, peer, mode, version, last_seq, "
            "attempts, seen_seq, sender_name, sender_username, sender_language, language, page, "
            "context, created_at, updated_at) VALUES "
            "(?, 'telegram', 'bot', ?, 'bot', 0, ?, 0, 0, '', '', '', 'en', '', '', 0, 0)",
            ((number, str(number), EACH) for number in range(1, CONVERSATIONS + 1)),
        )
        connection.executemany(
            "INSERT INTO messages (conversation_id, seq, author_kind, author_name, text, "
            "external_key, external_id, answered_by, at) "
            "VALUES (?, ?, 'customer', '', ?, ?, '', '', 0)",
            _messages(),
        )
        connection.executemany(
            "INSERT INTO deliveries (key, lane, open_lane, target, kind, conversation_id, seq, "
            "part, text, detail, state, attempts, next_at, remote_id, error, uncertain) VALUES "
            "(?, ?, ?, 'customer', 'reply', ?, ?, 0, '', '', ?, 0, 0, '', '', 0)",
            _deliveries(),
        )
        connection.commit()


def _messages() -> Iterator[tuple[int, int, str, int]]:
    for conversation in range(1, CONVERSATIONS + 1):
        for seq in range(1, EACH + 1):
            yield conversation, seq, f"Where is my order number {seq}, please?", seq


def _deliveries() -> Iterator[tuple[str, str, str | None, int, int, str]]:
    for number in range(1, CONVERSATIONS + 1):
        lane = f"customer:{number}"
        waits = number <= WAITING
        yield f"a{number}", lane, None, number, 1, "sent"
        yield (
            f"b{number}",
            lane,
            lane if waits else None,
            number,
            2,
            ("pending" if waits else "sent"),
        )


async def test_the_first_answer_after_a_kill_comes_soon_on_a_large_database(
    nursery: Nursery, tmp_path: Path
) -> None:
    """O07: 100,000 messages, 2,000 deliveries that wait; from the start of the process to the
    answer in the customer's browser."""
    database = tmp_path / "frontdesk.db"
    await nursery.empty_database(database)
    await asyncio.to_thread(_fill, database)
    settings = tmp_path / "settings.yaml"
    settings.write_text(SETTINGS % database)
    first, second = Frontdesk(nursery, settings, {}), Frontdesk(None, settings, {})
    try:
        await first.start()
        await _answer(first.url)
        first.kill()
        await first.ended()
        began = time.monotonic()
        await second.start()
        await _answer(second.url)
        took = time.monotonic() - began
    finally:
        for service in (first, second):
            service.kill()
            await service.ended()
    assert took < 5


async def _answer(url: str) -> None:
    visitor = Visitor(url)
    await visitor.arrive()
    try:
        await visitor.say("hello")
        await visitor.hears("Hello there")
    finally:
        await visitor.leave()
