"""Messages lie in the order in which they came, and only those with a key are in its index.

On SQLite they lay side by side by conversation, so that a commit for a hundred customers changed
a hundred pages of the table and as many of the index. Now it adds a few pages at the end.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEYS = "uq_messages_conversation_id"
_HAS_KEY = sa.text("external_key IS NOT NULL")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        op.drop_constraint(_KEYS, "messages", type_="unique")
    op.create_index(
        _KEYS,
        "messages",
        ["conversation_id", "external_key"],
        unique=True,
        sqlite_where=_HAS_KEY,
        postgresql_where=_HAS_KEY,
    )


def _make_anew() -> None:
    op.rename_table("messages", "former_messages")
    op.create_table(
        "messages",
        sa.Column("conversation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("author_kind", sa.String(16), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_avatar", sa.String(64)),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("buttons", sa.Text()),
        sa.Column("attachments", sa.Text()),
        sa.Column("external_key", sa.BigInteger()),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger()),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_messages_conversation_id"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name="pk_messages"),
    )
    op.execute("INSERT INTO messages SELECT * FROM former_messages ORDER BY at, seq")
    op.drop_table("former_messages")
