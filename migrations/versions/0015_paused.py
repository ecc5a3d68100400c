"""A sync can be paused and cancelled, ACLs are synced by themselves, a source is shown before it is
indexed, and a file that stops its parser is not tried again as it is.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STATES = "'queued', 'running', 'done', 'failed'"


def upgrade() -> None:
    op.execute("alter table job drop constraint job_state_check")
    op.execute(
        "alter table job add constraint job_state_check"
        f" check (state in ({_STATES}, 'paused', 'cancelled'))"
    )
    op.execute("alter table job drop constraint job_kind_check")
    op.execute(
        "alter table job add constraint job_kind_check"
        " check (kind in ('ingest', 'sync', 'permissions', 'preview'))"
    )
    # the fingerprint of what is quarantined
    op.execute("alter table problem add quarantined text")


def downgrade() -> None:
    op.execute("update job set state = 'failed' where state in ('paused', 'cancelled')")
    op.execute("alter table job drop constraint job_state_check")
    op.execute(f"alter table job add constraint job_state_check check (state in ({_STATES}))")
    op.execute("delete from job where kind in ('permissions', 'preview')")
    op.execute("alter table job drop constraint job_kind_check")
    op.execute("alter table job add constraint job_kind_check check (kind in ('ingest', 'sync'))")
    op.execute("alter table problem drop quarantined")
