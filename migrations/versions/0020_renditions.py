"""Redacted renditions: a document that is in more than one index, for different people.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SLOTS = """
-- Redacted renditions stand in a slot of their own, which has the grants of the full one's slot
-- (`redacts`) and is hidden from whoever may query one of the classifications `below` which it is:
-- they read a fuller one. So no two renditions of a document are ever in one result.
alter table acl_slot
  add column redacts integer references acl_slot on delete cascade,
  add column below text[],
  add constraint acl_slot_redacted check ((redacts is null) = (below is null));
create unique index acl_slot_redacts on acl_slot (redacts, below) where redacts is not null;

-- The classifications of the redacted renditions that there are besides the full one.
alter table document add column redacted_at text[] not null default '{}';
alter table document_history add column redacted_at text[] not null default '{}';

create or replace function readable_bits(level text) returns bit varying
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  scope jsonb := public.verified_scope();
  bits bit varying;
  oldest timestamptz;
  hidden integer[];
begin
  if scope is null or not (scope -> 'classifications') ? level then
    return repeat('0', public.slot_space())::bit varying;
  end if;
  bits := public.slots_of_set((scope ->> 'set')::bigint);
  hidden := array(
    select s.id from public.acl_slot s
     where s.redacts is not null
       and s.below && array(select jsonb_array_elements_text(scope -> 'classifications')));
  select clock_timestamp() - l.lasts into oldest from public.lease l where l.classification = level;
  if oldest is not null then
    hidden := hidden || array(
      select s.id from public.acl_slot s join public.source o on o.id = s.source_id
       where o.confirmed_at < oldest and s.confirmed_at < oldest);
  end if;
  if cardinality(hidden) > 0 then
    bits := bits & ~ public.bits_of(hidden, length(bits));
  end if;
  return bits;
end $$;
"""

HISTORY = """
create or replace function keep_document_history() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op = 'UPDATE'
     and (old.container_id, old.slot_id, old.classification, old.redacted_at, old.state)
         is not distinct from
         (new.container_id, new.slot_id, new.classification, new.redacted_at, new.state) then
    return null;
  end if;
  if tg_op <> 'INSERT' then
    update public.document_history set until = clock_timestamp()
     where document_id = old.id and until is null;
  end if;
  if tg_op <> 'DELETE' then
    insert into public.document_history
      (document_id, source, external_id, container_id, slot_id, classification, redacted_at, state)
    select new.id, s.key, new.external_id, new.container_id, new.slot_id, new.classification,
           new.redacted_at, new.state
      from public.source s where s.id = new.source_id;
  end if;
  return null;
end $$;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (SLOTS, HISTORY):
        driver.execute(part)
