"""Whether a source says at this moment that a document may be read: asked by who answers, answered
by the worker.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `said_at` is when the source was begun to be asked for what `stands` says
    op.execute(
        "create table live_check (document_id uuid primary key references document"
        " on delete cascade, asked_at timestamptz not null, claimed_at timestamptz,"
        " said_at timestamptz, stands boolean not null default false)"
    )
    op.execute("create index live_check_open on live_check (asked_at)")
    op.execute("grant select, insert on live_check to portcullis_app")
    op.execute("grant update (asked_at) on live_check to portcullis_app")
    op.execute("grant select on live_check to portcullis_ingest")
    op.execute("grant update (claimed_at, said_at, stands) on live_check to portcullis_ingest")


def downgrade() -> None:
    op.execute("drop table live_check")
