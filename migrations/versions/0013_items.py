"""What an item said is dropped when it has ended: it held the title as it was before redaction.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("update intake set item = '{}' where state <> 'waiting' and item <> '{}'")


def downgrade() -> None:
    """What was dropped stays dropped."""
