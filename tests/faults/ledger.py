"""What the service's database says, read from beside: a file, opened read-only.

Nothing of the product is used, so that a mistake there cannot hide itself.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = sqlite3.Row


@dataclass(slots=True)
class Talk:
    """One conversation with all that belongs to it, in order."""

    row: Row
    messages: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)

    def by(self, *kinds: str) -> list[Row]:
        return [message for message in self.messages if message["author_kind"] in kinds]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything, as it was at one moment."""

    talks: dict[int, Talk]
    cursors: dict[str, str]

    @property
    def deliveries(self) -> list[Row]:
        return [row for talk in self.talks.values() for row in talk.deliveries]

    @property
    def messages(self) -> list[Row]:
        return [row for talk in self.talks.values() for row in talk.messages]


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def ask(path: Path, question: str, *values: Any) -> Any:
    """The first column of the first row."""
    with opened(path) as connection:
        found = connection.execute(question, values).fetchone()
    return None if found is None else found[0]


def read(path: Path) -> Ledger:
    with opened(path) as connection:
        connection.execute("BEGIN")
        return _read(connection)


def _read(connection: sqlite3.Connection) -> Ledger:
    def rows(question: str) -> list[Row]:
        return connection.execute(question).fetchall()

    talks: dict[int, Talk] = {r["id"]: Talk(r) for r in rows("SELECT * FROM conversations")}
    for message in rows("SELECT * FROM messages ORDER BY conversation_id, seq"):
        talks[message["conversation_id"]].messages.append(message)
    for delivery in rows("SELECT * FROM deliveries ORDER BY id"):
        talks[delivery["conversation_id"]].deliveries.append(delivery)
    for case in rows("SELECT * FROM cases ORDER BY id"):
        talks[case["conversation_id"]].cases.append(case)
    cursors = {row["name"]: row["value"] for row in rows("SELECT * FROM cursors")}
    return Ledger(talks, cursors)


def unfinished(path: Path) -> dict[str, int]:
    """How much is still to be done, by what it is; empty when nothing is."""
    questions = {
        "deliveries": "SELECT count(*) FROM deliveries WHERE open_lane IS NOT NULL",
        "turns": "SELECT count(*) FROM conversations WHERE pending_seq IS NOT NULL",
    }
    with opened(path) as connection:
        counts = {n: connection.execute(q).fetchone()[0] for n, q in questions.items()}
    return {name: count for name, count in counts.items() if count}


def undelivered(path: Path) -> list[str]:
    """What is still to be delivered, one sentence each: to tell why something takes so long."""
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT * FROM deliveries WHERE open_lane IS NOT NULL ORDER BY lane, id"
        ).fetchall()
    return [
        f"{r['lane']}: {r['kind']} {r['key']} is {r['state']} after {r['attempts']} tries, "
        f"next at {r['next_at']}, first tried at {r['first_try_at']}: {r['error'] or 'no error'}"
        for r in rows
    ]


def queue_in_slack(path: Path) -> int:
    """How many posts wait for one place in Slack, the desk's channel or a customer's direct
    messages, at most: each place takes one a second."""
    question = """
        SELECT count(*) FROM deliveries
        JOIN conversations ON conversations.id = deliveries.conversation_id
        WHERE open_lane IS NOT NULL AND (target = 'desk' OR channel = 'slack')
          AND kind IN ('reply', 'open', 'transcript', 'relay', 'note', 'remind')
        GROUP BY CASE target WHEN 'desk' THEN 0 ELSE conversation_id END
        ORDER BY count(*) DESC LIMIT 1
    """
    return int(ask(path, question) or 0)


def stored_marks(path: Path) -> set[str]:
    """Of customers and agents: the last word of each of their lines."""
    texts: dict[str, set[str]] = defaultdict(set)
    with opened(path) as connection:
        for kind, text in connection.execute(
            "SELECT author_kind, text FROM messages WHERE author_kind IN ('customer', 'agent')"
        ):
            texts[kind].add(text.rsplit(" ", 1)[-1])
    return texts["customer"] | texts["agent"]


def talk_with(path: Path, mark: str) -> int:
    """The number of the conversation that a line with this mark is in; 0 without one."""
    question = "SELECT conversation_id FROM messages WHERE author_kind = ? AND text LIKE ? LIMIT 1"
    return int(ask(path, question, "customer", f"% {mark}") or 0)


def last_seq(path: Path, talk: int) -> int:
    return int(ask(path, "SELECT last_seq FROM conversations WHERE id = ?", talk) or 0)
