"""A column more, and every row changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9002"
down_revision = "9001"


def upgrade() -> None:
    op.add_column("messages", sa.Column("words", sa.Integer()))
    op.execute("UPDATE messages SET words = length(text)")
    op.drop_index("ix_tags_tag", "tags")
