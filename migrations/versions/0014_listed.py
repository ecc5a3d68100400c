"""How a source listed a document last: what is listed alike is not read again.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table document add listed_as text, add placed_as text")


def downgrade() -> None:
    op.execute("alter table document drop listed_as, drop placed_as")
