"""Classifications that somebody should look at, and what people decided documents are.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # kept after it ended; by name, since the document may go and come back
    op.execute("""
    create table decision (
      id bigint generated always as identity primary key,
      source_id bigint not null references source on delete cascade,
      external_id text not null,
      classification text not null,
      reason text not null check (length(reason) between 1 and 500),
      decided_by text not null,
      decided_at timestamptz not null default now(),
      seconded_by text check (seconded_by <> decided_by),
      seconded_at timestamptz,
      ended_at timestamptz,
      ended_by text)
    """)
    op.execute(
        "create unique index decision_in_force on decision (source_id, external_id)"
        " where ended_at is null"
    )
    op.execute("grant select, insert on decision to portcullis_app")
    op.execute(
        "grant update (seconded_by, seconded_at, ended_at, ended_by) on decision to portcullis_app"
    )
    op.execute("grant select on decision to portcullis_ingest")
    # `otherwise` is what the document would be without the reasons, which hold nothing of its text
    op.execute("""
    create table doubt (
      document_id uuid primary key references document on delete cascade,
      otherwise text not null,
      reasons text[] not null,
      at timestamptz not null default now())
    """)
    op.execute("grant select on doubt to portcullis_app")
    op.execute("grant select, insert, update, delete on doubt to portcullis_ingest")


def downgrade() -> None:
    op.execute("drop table doubt, decision")
