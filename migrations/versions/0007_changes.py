"""Whether codes changed is asked in one statement of the application's login.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

GRANTS = """
grant select (xid, classification) on code_change to portcullis_app;
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(GRANTS)
