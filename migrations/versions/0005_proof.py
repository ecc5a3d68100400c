"""The canary of the start-up proof, sets that are forgotten, keys that end.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CANARY = """
-- The one slot without a source: of the canary, which only a service that nobody can be may read.
-- It has no document either, so nothing that lists, counts or explains documents meets it.
alter table acl_slot alter column source_id drop not null;
alter table acl_slot add column canary boolean not null default false;
alter table acl_slot add check ((source_id is null) = canary);
create unique index acl_slot_canary on acl_slot (canary) where canary;

with canary as (insert into principal (kind, key) values ('service', '_canary') returning id),
     slot as (insert into acl_slot (canary) values (true) returning id),
     raised as (select raise_revision('canary of the proof') as value)
insert into slot_grant (slot_id, principal_id, effect, since_revision)
select slot.id, canary.id, 'allow', raised.value from slot, canary, raised;
"""

SETS = """
-- The id of a set, its slots brought up to date for those who read them after this. What is held
-- now and then stays: it is marked as used once an hour.
create or replace function hold_set(held bigint[])
returns table (id bigint, revision bigint, directory bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  mark bytea := sha256(convert_to(array_to_string(held, ','), 'UTF8'));
  found_id bigint;
  at bigint;
  used timestamptz;
begin
  select s.id, s.revision, s.used_at into found_id, at, used
    from public.principal_set s where s.digest = mark;
  if used < now() - interval '1 hour' then
    update public.principal_set s set used_at = now() where s.id = found_id;
    if not found then found_id := null; end if; -- forgotten at this moment
  end if;
  if found_id is null then
    insert into public.principal_set as s (digest, principals) values (mark, held)
      on conflict (digest) do update set used_at = now() returning s.id, 0 into found_id, at;
  end if;
  if at < (select c.value from public.revision_counter c) then
    perform from public.principal_set s where s.id = found_id for update skip locked;
    if found then
      -- one statement, one snapshot: these slots are those of this revision
      update public.principal_set s
         set slots = fresh.slots, revision = fresh.value, used_at = now()
        from (select c.value, public.slots_of_set(found_id) as slots
                from public.revision_counter c) fresh
       where s.id = found_id and fresh.value >= s.revision;
    end if;
  end if;
  return query select found_id, c.value, c.directory from public.revision_counter c;
end $$;

-- Forget the sets that nobody has held for a day; how many there were.
create function forget_sets() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with gone as (
    delete from public.principal_set where used_at < now() - interval '1 day' returning 1)
  select count(*) from gone
$$;
"""

SEAL = """
-- The revision of the reading transaction's snapshot, null unless its scope is verified and names
-- a set that is there. It is asked once a transaction; to read under a set that was forgotten, or
-- that has not reached this copy of the database, would show nothing, silently.
create or replace function reading_revision() returns bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with verified as materialized (select public.verified_scope() as scope)
  select c.value from public.revision_counter c, verified v
   where exists (select from public.principal_set s where s.id = (v.scope ->> 'set')::bigint)
$$;

-- A new key seals from now on; seals of the ones before hold for as long as `grace` says. A key
-- that ended a day ago is of no use to anybody and is deleted.
create or replace function rotate_seal_key(grace interval) returns integer
language plpgsql as $$
begin
  lock table seal_key in share row exclusive mode; -- one rotation at a time leaves one key
  delete from seal_key where retired_at < clock_timestamp() - interval '1 day';
  update seal_key set retired_at = clock_timestamp() + grace
   where retired_at is null or retired_at > clock_timestamp() + grace;
  return new_seal_key();
end $$;
"""

GRANTS = """
revoke all on function forget_sets() from public;
grant execute on function forget_sets() to portcullis_app;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (CANARY, SETS, SEAL, GRANTS):
        driver.execute(part)
