"""Indexes of audiences: which are kept, and whether one may be searched now.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

AUDIENCES = """
-- An approximate index of the chunks in slots that everybody who holds one principal may read. Its
-- name is audience_<id>. `slots` never change: the index is over exactly these, and other slots are
-- another row. `counts` says how many chunks were in each, in their order, when they were counted.
create table audience (
  id bigint generated always as identity primary key,
  principal_id bigint not null references principal,
  classification text not null,
  slots bit varying not null,
  counts integer[] not null,
  -- ready: may be searched; building: is being made; ending: is about to be dropped
  state text not null default 'building' check (state in ('building', 'ready', 'ending')),
  made_at timestamptz not null default clock_timestamp(),
  counted_at timestamptz not null default clock_timestamp()
);

-- Whether the verified scope may read, in the snapshot of whoever asks, all that the index of an
-- audience holds; leases count. False, too, where the index is not there (yet, or on this copy).
create function audience_open(wanted bigint) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  kept record;
  bits bit varying;
begin
  select a.classification, a.slots into kept
    from public.audience a
    join pg_index i on i.indexrelid = to_regclass('public.audience_' || a.id) and i.indisvalid
   where a.id = wanted and a.state = 'ready';
  if not found then return false; end if;
  bits := public.readable_bits(kept.classification);
  -- a copy of the database that lags may not know of the newest slots
  if length(bits) < length(kept.slots) then return false; end if;
  return (substring(bits for length(kept.slots)) & kept.slots) = kept.slots;
end $$;
"""

GRANTS = """
revoke all on function audience_open(bigint) from public;
grant execute on function audience_open(bigint) to portcullis_reader;
grant select on audience to portcullis_app;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (AUDIENCES, GRANTS):
        driver.execute(part)
