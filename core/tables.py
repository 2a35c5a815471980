"""The shape of the database, in types that SQLite, PostgreSQL and MySQL read alike.

Partial indexes are missing on MySQL, so "unique while open" is a nullable column with a unique
index: a finished row holds NULL there and weighs nothing in the index.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def clean(text: str) -> str:
    """`text` as every database can hold it: U+FFFD for NUL and for lone surrogates."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "\ufffd")


class Words(TypeDecorator[str]):
    """A bounded text. PostgreSQL refuses NUL, every driver refuses lone surrogates; a customer
    who sends them must not make a message that can never be stored."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else clean(value)


class LongWords(Words):
    impl = Text
    cache_ok = True


def instant(value: datetime) -> int:
    """As the databases keep a time, see Instant."""
    return (value - _EPOCH) // _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware UTC time as microseconds since 1970: the same number on every database, while
    their own types differ in precision and zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else instant(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def _id(name: str = "id") -> Column[Any]:
    # Only a column of exactly INTEGER numbers itself on SQLite.
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _conversation(nullable: bool = False) -> Column[Any]:
    target = ForeignKey("conversations.id")
    return Column("conversation_id", BigInteger, target, nullable=nullable)


def _paid() -> tuple[Column[Any], ...]:
    return (
        Column("model", LongWords, nullable=False),
        Column("input_tokens", BigInteger, nullable=False),
        Column("cached_tokens", BigInteger, nullable=False),
        Column("output_tokens", BigInteger, nullable=False),
        Column("cost_micro_usd", BigInteger, nullable=False),
    )


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

conversations = Table(
    "conversations",
    metadata,
    _id(),
    Column("channel", Words(32), nullable=False),
    Column("account", Words(255), nullable=False),
    Column("peer", Words(255), nullable=False),
    Column("mode", Words(16), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("pending_seq", BigInteger, index=True),
    Column("attempts", Integer, nullable=False),
    Column("seen_seq", BigInteger, nullable=False),
    Column("sender_name", LongWords, nullable=False),
    Column("sender_username", LongWords, nullable=False),
    Column("sender_language", LongWords, nullable=False),
    Column("language", LongWords, nullable=False),
    Column("page", LongWords, nullable=False),
    Column("context", LongWords, nullable=False),
    Column("case_id", BigInteger),
    Column("agent_kind", Words(16)),
    Column("agent_name", LongWords),
    Column("agent_avatar", Words(64)),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("channel", "account", "peer"),
    # A number never names two things, even after the newest row was deleted.
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    Column(
        "conversation_id",
        BigInteger,
        ForeignKey("conversations.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("author_kind", Words(16), nullable=False),
    Column("author_name", LongWords, nullable=False),
    Column("author_avatar", Words(64)),
    Column("text", LongWords, nullable=False),
    Column("buttons", LongWords),
    Column("attachments", LongWords),
    Column("external_key", BigInteger),
    Column("external_id", LongWords, nullable=False),
    Column("answered_by", LongWords, nullable=False),
    Column("at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("deleted_at", Instant),
    # Rows lie in the order in which they came, so that a commit for a hundred conversations adds
    # a few pages instead of changing a hundred; and what has no key is not in the index of keys.
)
_keyed = Index(
    "uq_messages_conversation_id",
    messages.c.conversation_id,
    messages.c.external_key,
    unique=True,
    sqlite_where=messages.c.external_key.is_not(None),
)


@event.listens_for(messages, "before_create")
def _leave_out_what_has_no_key(table: Table, connection: Connection, **_: Any) -> None:
    # Said only where the table is made, because the dialect's name alone would load the dialect.
    if connection.dialect.name == "postgresql":
        _keyed.dialect_options["postgresql"]["where"] = table.c.external_key.is_not(None)


cases = Table(
    "cases",
    metadata,
    _id(),
    _conversation(),
    Column("open_key", BigInteger, unique=True),  # the conversation while open, else NULL
    Column("state", Words(16), nullable=False),
    Column("reason", LongWords, nullable=False),
    Column("workspace", Words(64)),
    Column("channel", Words(64)),
    Column("thread", Words(64)),
    Column("agent_id", Words(64)),
    Column("agent_name", LongWords),
    Column("agent_avatar", Words(64)),
    Column("opened_at", Instant, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("due_at", Instant, index=True),
    Column("reminded_at", Instant),
    Column("gave_up_at", Instant),
    Column("closed_at", Instant),
    UniqueConstraint("workspace", "channel", "thread"),
    Index(None, "conversation_id"),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("key", Words(64), nullable=False, unique=True),
    Column("lane", Words(64), nullable=False),
    Column("open_lane", Words(64)),  # the lane until sent or dead, then NULL
    Column("target", Words(16), nullable=False),
    Column("kind", Words(16), nullable=False),
    _conversation(),
    Column("case_id", BigInteger),
    Column("seq", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("text", LongWords, nullable=False),
    Column("detail", LongWords, nullable=False),
    Column("state", Words(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("first_try_at", Instant),
    Column("remote_id", LongWords, nullable=False),
    Column("error", LongWords, nullable=False),
    Column("uncertain", Integer, nullable=False),
    # Led by the conversation, so that it also finds what became of one message.
    UniqueConstraint("conversation_id", "seq", "kind", "lane", "part"),
    Index(None, "open_lane", "id"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", Words(255), primary_key=True),
    Column("value", LongWords, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("id", Words(64), primary_key=True),
    _conversation(nullable=True),
    Column("owner_channel", Words(32)),
    Column("owner_account", Words(255)),
    Column("owner_peer", Words(255)),
    Column("kind", Words(16), nullable=False),
    Column("name", LongWords, nullable=False),
    Column("media_type", LongWords, nullable=False),
    Column("size", BigInteger),
    Column("source", LongWords, nullable=False),
    Column("remote", LongWords, nullable=False),
    Column("picture_key", Words(64), unique=True),
    Column("path", LongWords),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, index=True),
    Index(None, "conversation_id"),
)

answers = Table(
    "answers",
    metadata,
    Column(
        "conversation_id",
        BigInteger,
        ForeignKey("conversations.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("question_seq", BigInteger, nullable=False),
    Column("question_upto", BigInteger, nullable=False),
    Column("source", Words(16), nullable=False),
    *_paid(),
    Column("milliseconds", BigInteger, nullable=False),
    Column("version", Words(64)),
    Column("at", Instant, nullable=False),
    # With the cost in it, a day is added up without a look at the rows.
    Index(None, "at", "cost_micro_usd"),
    sqlite_with_rowid=False,
)

expenses = Table(
    "expenses",
    metadata,
    _id(),
    _conversation(nullable=True),
    Column("reason", Words(16), nullable=False),
    *_paid(),
    Column("at", Instant, nullable=False),
    Index(None, "at", "cost_micro_usd"),
    Index(None, "conversation_id"),
)

known_answers = Table(
    "known_answers",
    metadata,
    Column("key", Words(64), primary_key=True),
    Column("text", LongWords, nullable=False),
    Column("model", LongWords, nullable=False),
    Column("at", Instant, nullable=False, index=True),
)

vectors = Table(
    "vectors",
    metadata,
    Column("key", Words(64), primary_key=True),  # of a model and a text
    Column("value", LargeBinary, nullable=False),
)
