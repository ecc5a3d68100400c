"""A copy of the database that does not know yet what a scope's subject holds refuses the scope.

Revision ID: 0003_replica
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003_replica"
down_revision = "0002"
branch_labels = None
depends_on = None

SEAL = """
-- The verified payload, or null: no scope, an unknown or retired key, a changed byte, expired,
-- another connection's, from before a membership changed, or ahead of this copy of the database.
-- A set of principals is kept without a new revision, so a copy may have the revision and not the
-- set: that would read as if its subject might read nothing.
create or replace function verified_scope() returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  sealed text := coalesce(current_setting('portcullis.scope', true), '');
  key_id text := split_part(sealed, '.', 1);
  seal text := split_part(sealed, '.', 2);
  payload text := substr(sealed, length(key_id) + length(seal) + 3);
  scope jsonb;
begin
  if sealed = '' or key_id !~ '^[0-9]{1,9}$' then return null; end if;
  perform 1 from public.seal_key k
    where k.id = key_id::integer
      and (k.retired_at is null or k.retired_at > clock_timestamp())
      and encode(sha256(k.outer_key || sha256(k.inner_key || convert_to(payload, 'UTF8'))), 'hex')
          = seal;
  if not found then return null; end if;
  scope := payload::jsonb;
  if coalesce((scope ->> 'expires')::double precision < extract(epoch from clock_timestamp()), true)
     or coalesce(scope ->> 'connection' <> public.this_connection(), true) then
    return null;
  end if;
  perform 1 from public.revision_counter c
    where c.value >= (scope ->> 'revision')::bigint
      and c.directory <= (scope ->> 'revision')::bigint
      and exists (select from public.principal_set s where s.id = (scope ->> 'set')::bigint);
  if not found then return null; end if;
  return scope;
end $$;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(SEAL)
