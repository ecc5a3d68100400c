"""Whether chunks changed is told along with what opens a reading.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHANGED = """
-- The classifications of whose chunks some were written, moved or deleted since a snapshot.
create function levels_changed_since(seen pg_snapshot) returns text[]
language sql stable set search_path = pg_catalog, public, pg_temp as $$
  select array(
    select distinct classification from public.code_change
     where xid >= pg_snapshot_xmin(seen) and not pg_visible_in_snapshot(xid, seen))
$$;
revoke all on function levels_changed_since(pg_snapshot) from public;
grant execute on function levels_changed_since(pg_snapshot)
  to portcullis_app, portcullis_codes;
grant select (xid, classification) on code_change to portcullis_app;
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(CHANGED)
