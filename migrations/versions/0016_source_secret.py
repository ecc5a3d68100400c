"""The secret with which a source is read, sealed.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table source add secret bytea")


def downgrade() -> None:
    op.execute("alter table source drop secret")
