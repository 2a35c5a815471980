"""What the units of one commit share, so that each row is asked for once and written in one go.

This is the path of every message. A conversation that is known is not read; the lines of all units
are inserted by one statement for each kind, and so are the changes of their conversations. A query
that could see the difference has everything written first.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection

from core.messages import Address, CaseRef, ConversationId, Message
from core.notices import Notice
from core.records import Case, Conversation
from core.store import lines, rows
from core.store import statements as sql
from core.store.driver import finder, insert, writer, written
from core.store.known import Claim, Kept, Known
from core.store.queued import Queued
from core.tables import clean, instant


class Work:
    """Lives from BEGIN to COMMIT on `connection`. `found` is what its units have read and made,
    `queued` the deliveries they add, `notices` what is told after the commit. Unless it is `wary`,
    messages on the short way are trusted to be news, see `is_repeat`."""

    def __init__(self, connection: Connection, known: Known, *, wary: bool = True) -> None:
        self.connection = connection
        self.found: dict[ConversationId, Kept] = {}
        self._many = writer(connection)
        self.queued = Queued(self._many, connection.dialect)
        self.notices: list[Notice] = []
        self._known = known
        self._wary = wary
        self._at: dict[Address, Kept] = {}
        self._threads: dict[CaseRef, ConversationId] = {}
        self._questions: list[tuple[Any, ...]] = []
        self._answers: list[tuple[Any, ...]] = []
        self._replies: list[tuple[Any, ...]] = []
        self._messages: list[tuple[Any, ...]] = []
        self._keys: dict[tuple[ConversationId, int], str] = {}
        self._advanced: set[ConversationId] = set()
        self._changes: dict[ConversationId, rows.Values] = {}
        self._find = finder(connection)

    # --- conversations ---

    def at(self, address: Address) -> Kept | None:
        return self._at.get(address) or self._known.at(address)

    def get(self, id: ConversationId) -> Kept | None:
        return self.found.get(id) or self._known.get(id)

    def in_thread(self, ref: CaseRef) -> Kept | None:
        """The conversation with an open case in this thread that an agent has taken."""
        id = self._threads.get(ref) or self._known.in_thread(ref)
        kept = None if id is None else self.get(id)
        has_it = kept is not None and kept.claim is not None and kept.claim.ref == ref
        return kept if has_it else None

    def keep(self, record: Conversation, newest: Message | None = None) -> Kept:
        """Note how a conversation stands after what this work has written."""
        before = self.get(record.id)
        claim = None if before is None else before.claim
        kept = Kept(rows.copied(record), newest, claim)
        self.found[record.id] = self._at[record.address] = kept
        return kept

    def look_at(self, case: Case) -> None:
        """Note how a case stands after what this work has written."""
        kept = self.get(case.conversation)
        if kept is None:
            return
        kept.look_at(case)
        self.found[case.conversation] = kept
        if kept.claim is not None:
            self._threads[kept.claim.ref] = case.conversation

    def advance(self, kept: Kept, newest: Message, language: str) -> None:
        """`newest` is the last message of a conversation whose customer speaks `language`, and
        nothing else has changed in it.

        In place, because the record is read for the next message at once; should the commit fail,
        everything that is known is forgotten.
        """
        record = kept.record
        record.last_seq, record.updated_at, kept.newest = newest.seq, newest.at, newest
        self.found[record.id] = kept
        record.language = language
        self._advanced.add(record.id)

    def saw(self, kept: Kept, seq: int) -> None:
        """The agents have the customer's lines up to `seq`; as `advance`, beside which it is
        called."""
        kept.record.seen_seq = seq

    def change(self, id: ConversationId, columns: rows.Values) -> None:
        """Write these columns with the next `flush`."""
        self._changes.setdefault(id, {}).update(columns)

    # --- messages ---

    def add(self, message: Message, key: int | None) -> None:
        """Insert `message` with the next `flush`."""
        self._messages.append(lines.message_row(message, key))
        if key is not None:
            self._keys[message.conversation, key] = message.external_id

    def exchange(
        self, kept: Kept, question: Message, key: int, answer: Message, language: str
    ) -> None:
        """Insert a customer's line without files and the bot's answer with the next `flush`; for
        the rest, see `advance`."""
        id, at = question.conversation, instant(answer.at)
        asked_at = at if question.at is answer.at else instant(question.at)
        self._questions.append(lines.question_row(question, key, asked_at))
        self._answers.append(lines.answer_row(answer, at))
        self._keys[id, key] = question.external_id
        self.advance(kept, answer, language)

    def reply(self, kept: Kept, claim: Claim, message: Message, key: int) -> None:
        """Insert an agent's line without files with the next `flush`, and the mark that it was
        delivered; for the rest, see `advance`."""
        at = instant(message.at)
        self._replies.append(lines.reply_row(message, key, at))
        self._keys[message.conversation, key] = message.external_id
        self.queued.add_mark(claim.case, message, at)
        self.advance(kept, message, kept.record.language)

    def external_id(self, conversation: ConversationId, key: int) -> str | None:
        """The id that the platform gave to the message with this key; None for no message."""
        waiting = self._keys.get((conversation, key))
        return self._find(conversation, key) if waiting is None else waiting

    def is_repeat(self, conversation: ConversationId, key: int) -> bool:
        """Whether there is a message with this key already. A work that is not wary knows only
        those of its own commit and spares the others a question: the index of keys refuses what
        is no news, and then the commit is made again by a wary one."""
        if (conversation, key) in self._keys:
            return True
        return self._wary and self._find(conversation, key) is not None

    # --- writing ---

    def write_for(self, tables: frozenset[str]) -> None:
        """Write what a statement about these `tables` could tell to be missing. Where it names
        none, that is anything; cases lie apart from all this, so that a look at them spoils no
        batch."""
        if not tables or "deliveries" in tables:
            self.queued.write()
        if not tables or tables & _LINES:
            self.flush()

    def flush(self) -> None:
        """Write whatever waits."""
        many, dialect = self._many, self.connection.dialect
        insert(many, dialect, sql.ADD_QUESTION, lines.QUESTION_COLUMNS, self._questions)
        insert(many, dialect, sql.ADD_RULES_ANSWER, lines.ANSWER_COLUMNS, self._answers)
        insert(many, dialect, sql.ADD_REPLY, lines.REPLY_COLUMNS, self._replies)
        insert(many, dialect, sql.ADD_MESSAGE, lines.MESSAGE_COLUMNS, self._messages)
        self.queued.write()
        if self._advanced or self._changes:
            self._update()

    def _update(self) -> None:
        changes, self._changes = self._changes, {}
        advanced, self._advanced = self._advanced, set()
        alike: dict[tuple[str, ...], list[rows.Values]] = defaultdict(list)
        for id, columns in changes.items():
            alike[tuple(columns)].append({"row_id": id, **columns})
        usual = alike.pop(_USUAL, ())
        for values in alike.values():
            self.connection.execute(sql.SET_CONVERSATION, values)
        dialect = self.connection.dialect
        if usual:
            steps = [(v["last_seq"], instant(v["updated_at"]), v["row_id"]) for v in usual]
            self._many(written(sql.ADVANCE, (), dialect), steps)
        if advanced:
            # After all others, for it is how these conversations stand now.
            standing = [_as_it_stands(self.found[id].record) for id in advanced]
            self._many(written(sql.STAND, (), dialect), standing)


def _as_it_stands(record: Conversation) -> tuple[Any, ...]:
    """What STAND takes, in the order of its columns in the table."""
    at = instant(record.updated_at)
    return record.last_seq, record.seen_seq, clean(record.language), at, record.id


_LINES = frozenset({"messages", "conversations"})
_USUAL = ("last_seq", "updated_at")
"""The columns that a message changes where nothing else happens."""
