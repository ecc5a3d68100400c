"""What a removed source said outlives it, the past is looked up by indexes, ended tokens are told.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FORMER = """
-- What a source that was removed said: who could read its documents, until it went. Nothing that
-- decides looks here; it is there to explain the past. Deleting a former source deletes the rest.
create table former_source (
  id bigint primary key,
  key text not null,
  created_at timestamptz not null,
  removed_at timestamptz not null default clock_timestamp()
);
create index former_source_key on former_source (key, removed_at);

create table former_container (
  id bigint primary key,
  source_id bigint not null references former_source on delete cascade,
  external_id text not null
);
create index former_container_source on former_container (source_id);

create table former_slot (
  id integer primary key,
  source_id bigint not null references former_source on delete cascade,
  container_id bigint references former_container on delete cascade,
  -- of documents with an ACL of their own, rather than of a container
  own boolean not null
);
create index former_slot_source on former_slot (source_id);
create index former_slot_container on former_slot (container_id);

-- A grant without an end held until the source was removed.
create table former_grant (
  slot_id integer not null references former_slot on delete cascade,
  principal_id bigint not null references principal,
  effect text not null,
  inherited boolean not null,
  since timestamptz not null,
  since_revision bigint not null,
  until timestamptz,
  until_revision bigint
);
create index former_grant_slot on former_grant (slot_id);

-- Whoever removes a source cannot forget it: the row is locked here, so nothing is added any more.
create function keep_former_source() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into public.former_source (id, key, created_at) values (old.id, old.key, old.created_at);
  insert into public.former_container (id, source_id, external_id)
    select id, source_id, external_id from public.container where source_id = old.id;
  insert into public.former_slot (id, source_id, container_id, own)
    select id, source_id, container_id, digest is not null from public.acl_slot
     where source_id = old.id;
  insert into public.former_grant
    (slot_id, principal_id, effect, inherited, since, since_revision, until, until_revision)
  select g.slot_id, g.principal_id, g.effect, g.inherited, g.since, g.since_revision, g.until,
         g.until_revision
    from public.slot_grant g join public.acl_slot s on s.id = g.slot_id
   where s.source_id = old.id;
  return old;
end $$;
create trigger former_source before delete on source
  for each row execute function keep_former_source();

-- Containers go with their slots, and so with their source, after they were kept.
alter table container drop constraint container_slot_id_fkey,
  add constraint container_slot_id_fkey foreign key (slot_id) references acl_slot
    on delete cascade;
"""

INDEXES = """
-- What has ended: who belonged to what, and who could read a slot, at a revision.
create index membership_past on membership (member_id, until_revision)
  where until_revision is not null;
-- Also for removing a source, which takes the grants of each of its slots along.
create index slot_grant_past on slot_grant (slot_id, until_revision);
create index account_history_principal on account_history (principal_id);
-- By a hash: names are longer than what fits into an entry of a B-tree.
create index document_history_named on document_history using hash (external_id);
create index container_slot on container (slot_id);
create index acl_slot_container on acl_slot (container_id);
"""

TOKENS = """
-- Whoever listens for revisions hears of this too: what was opened with the token is closed.
create function tell_of_ended_tokens() returns trigger language plpgsql as $$
begin
  perform pg_notify('portcullis_revision', value::text) from public.revision_counter;
  return null;
end $$;
create trigger token_ended after update of revoked_at on token
  for each statement execute function tell_of_ended_tokens();
"""

GRANTS = """
revoke all on function keep_former_source(), tell_of_ended_tokens() from public;
grant select on former_source, former_container, former_slot, former_grant to portcullis_app;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (FORMER, INDEXES, TOKENS, GRANTS):
        driver.execute(part)
