"""Every source has a schedule of its own, and what its connector noted at earlier scans.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # null: as the installation says; 0: never by itself
    op.execute(
        "alter table source add sync_minutes integer check (sync_minutes >= 0),"
        " add permission_minutes integer check (permission_minutes >= 0)"
    )
    op.execute(
        "create table source_note (source_id bigint not null references source on delete cascade,"
        " name text not null, value text not null, primary key (source_id, name))"
    )
    op.execute("grant select, insert, update, delete on source_note to portcullis_ingest")


def downgrade() -> None:
    op.execute("drop table source_note")
    op.execute("alter table source drop sync_minutes, drop permission_minutes")
