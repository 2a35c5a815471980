"""What GPT's answers cost, and what was paid without one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _answers()
    _expenses()


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("conversation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("question_seq", sa.BigInteger(), nullable=False),
        sa.Column("question_upto", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        *_paid(),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_answers_conversation_id"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name="pk_answers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_answers_at", "answers", ["at", "cost_micro_usd"])


def _expenses() -> None:
    op.create_table(
        "expenses",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", sa.BigInteger()),
        sa.Column("reason", sa.String(16), nullable=False),
        *_paid(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_expenses_conversation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_expenses"),
    )
    op.create_index("ix_expenses_at", "expenses", ["at", "cost_micro_usd"])
    op.create_index("ix_expenses_conversation_id", "expenses", ["conversation_id"])


def _paid() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
    )
