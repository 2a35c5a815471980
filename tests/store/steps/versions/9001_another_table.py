"""A new table, filled from an old one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "tags",
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
    )
    op.create_index("ix_tags_tag", "tags", ["tag"])
    op.execute("INSERT INTO tags SELECT id, 'old' FROM conversations")
