"""Scopes bound to the connection that reads, slots as bits, leases, rotating keys, history.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REVISIONS = """
-- The last revision that changed who belongs to what. A scope that is older than it may hold
-- groups that its subject has left, and a grant made since to such a group must not reach it.
alter table revision_counter add column directory bigint not null default 0;
update revision_counter set directory = value;

create function raise_directory_revision(cause text) returns bigint language sql as $$
  with raised as (
    update revision_counter set value = value + 1, directory = value + 1 returning value)
  insert into revision (value, cause) select value, cause from raised returning value
$$;

create index slot_grant_since on slot_grant (since_revision);
create index slot_grant_until on slot_grant (until_revision) where until_revision is not null;
"""

LEASES = """
-- How long an ACL may go unconfirmed by its source; a classification without a row: for ever.
create table lease (
  classification text primary key,
  lasts interval not null
);

-- A source confirms all its ACLs at once, or one of them by sending it again.
alter table source add column confirmed_at timestamptz not null default now();
alter table acl_slot add column confirmed_at timestamptz not null default now();
create index acl_slot_confirmed on acl_slot (source_id, confirmed_at);
"""

HISTORY = """
-- Where a document stood and when, so that the past can be explained; it outlives the document.
create table document_history (
  id bigint generated always as identity primary key,
  document_id uuid not null,
  source text not null,
  external_id text not null,
  container_id bigint,
  slot_id integer,
  classification text,
  state text not null,
  since timestamptz not null default clock_timestamp(),
  until timestamptz
);
create unique index document_history_current on document_history (document_id)
  where until is null;
create index document_history_document on document_history (document_id, since);

create function keep_document_history() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op = 'UPDATE'
     and (old.container_id, old.slot_id, old.classification, old.state)
         is not distinct from (new.container_id, new.slot_id, new.classification, new.state) then
    return null;
  end if;
  if tg_op <> 'INSERT' then
    update public.document_history set until = clock_timestamp()
     where document_id = old.id and until is null;
  end if;
  if tg_op <> 'DELETE' then
    insert into public.document_history
      (document_id, source, external_id, container_id, slot_id, classification, state)
    select new.id, s.key, new.external_id, new.container_id, new.slot_id, new.classification,
           new.state
      from public.source s where s.id = new.source_id;
  end if;
  return null;
end $$;
create trigger document_history after insert or update or delete on document
  for each row execute function keep_document_history();
insert into document_history
  (document_id, source, external_id, container_id, slot_id, classification, state, since)
select d.id, s.key, d.external_id, d.container_id, d.slot_id, d.classification, d.state,
       d.created_at
  from document d join source s on s.id = d.source_id;

-- When an account could be used.
create table account_history (
  id bigint generated always as identity primary key,
  principal_id bigint not null references principal,
  since timestamptz not null default clock_timestamp(),
  until timestamptz
);
create unique index account_history_current on account_history (principal_id)
  where until is null;

create function keep_account_history() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  person bigint := case when tg_table_name = 'account' then to_jsonb(new) ->> 'principal_id'
                        else to_jsonb(new) ->> 'id' end;
  usable boolean := exists (
    select from public.account a join public.principal p on p.id = a.principal_id
     where a.principal_id = person and a.disabled_at is null and p.known);
begin
  if usable then
    insert into public.account_history (principal_id) values (person) on conflict do nothing;
  else
    update public.account_history set until = clock_timestamp()
     where principal_id = person and until is null;
  end if;
  return null;
end $$;
create trigger account_history after insert or update of disabled_at on account
  for each row execute function keep_account_history();
create trigger account_history after update of known on principal
  for each row when (new.kind = 'user') execute function keep_account_history();
insert into account_history (principal_id, since)
select a.principal_id, a.created_at from account a join principal p on p.id = a.principal_id
 where a.disabled_at is null and p.known;
"""

SETS = """
-- The principals that a subject holds, kept once for all who hold the same; `slots` are those
-- that they may read at `revision`, one bit a slot. A cache that nobody has to keep in step:
-- whoever reads it takes the grants that changed since into account.
create table principal_set (
  id bigint generated always as identity primary key,
  digest bytea not null unique,
  principals bigint[] not null,
  slots bit varying not null default '',
  revision bigint not null default 0,
  used_at timestamptz not null default now()
);
alter table principal_set alter column slots set storage external;

-- One bit for each id, of those listed set; `size` bits, in words of 64.
create function bits_of(ids integer[], size integer) returns bit varying
language sql immutable strict parallel safe set search_path = pg_catalog, public, pg_temp as $$
  select coalesce(string_agg(coalesce(w.word, 0)::bit(64)::text, '' order by n.n), '')::bit varying
    from generate_series(0, (size - 1) / 64) n
    left join (select id / 64 as n, bit_or(1::bigint << (63 - id % 64)) as word
                 from unnest(ids) id where id between 0 and size - 1 group by 1) w on w.n = n.n
$$;

-- More bits than any slot that was ever made, and a multiple of 64, so that no slot is past the
-- end, whatever a transaction sees.
create function slot_space() returns integer
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
  select ((last_value + 64) / 64 * 64)::integer from public.acl_slot_id_seq
$$;

-- The slots that a set may read in the snapshot of whoever asks.
create function slots_of_set(wanted bigint) returns bit varying
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  size integer := public.slot_space();
  kept record;
  now_at bigint;
  changed integer[];
  allowed integer[];
  bits bit varying;
  slot integer;
begin
  select principals, slots, revision into kept
    from public.principal_set where id = wanted;
  if not found then return repeat('0', size)::bit varying; end if;
  select value into now_at from public.revision_counter;
  if kept.revision > now_at or length(kept.slots) = 0 then
    return public.bits_of(public.slots_readable_by(kept.principals), size);
  end if;
  -- the concatenation also takes the value out of line storage, once instead of once a row
  bits := kept.slots || repeat('0', greatest(size - length(kept.slots), 0))::bit varying;
  if kept.revision < now_at then
    changed := array(
      select slot_id from public.slot_grant where since_revision > kept.revision
      union select slot_id from public.slot_grant where until_revision > kept.revision);
    if cardinality(changed) > 256 then
      return public.bits_of(public.slots_readable_by(kept.principals), size);
    end if;
    allowed := array(
      select g.slot_id from public.slot_grant g
       where g.slot_id = any (changed) and g.principal_id = any (kept.principals)
         and g.until is null
       group by g.slot_id
      having bool_or(g.effect = 'allow') and not bool_or(g.effect = 'deny'));
    foreach slot in array changed loop
      bits := set_bit(bits, slot, (slot = any (allowed))::integer);
    end loop;
  end if;
  return bits;
end $$;

-- The id of a set, its slots brought up to date for those who read them after this.
create function hold_set(held bigint[])
returns table (id bigint, revision bigint, directory bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  mark bytea := sha256(convert_to(array_to_string(held, ','), 'UTF8'));
  found_id bigint;
  at bigint;
begin
  select s.id, s.revision into found_id, at from public.principal_set s where s.digest = mark;
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
"""

SEAL = """
-- Who seals names the connection that is going to read, and no other can use the seal. Null where
-- the owner may not see when the connection began (`app.db.migrate` sees to it that it may): then
-- every scope is refused.
create function this_connection() returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select a.pid || '@' || extract(epoch from a.backend_start)
    from pg_stat_get_activity(pg_backend_pid()) a
$$;

-- A new key seals from now on; seals of the ones before hold for as long as `grace` says.
create function rotate_seal_key(grace interval) returns integer
language sql as $$
  update seal_key set retired_at = clock_timestamp() + grace
   where retired_at is null or retired_at > clock_timestamp() + grace;
  select new_seal_key();
$$;

-- The verified payload, or null: no scope, an unknown or retired key, a changed byte, expired,
-- another connection's, from before a membership changed, or ahead of this copy of the database.
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
      and c.directory <= (scope ->> 'revision')::bigint;
  if not found then return null; end if;
  return scope;
end $$;

-- The revision of the reading transaction's snapshot, null unless its scope is verified.
create function reading_revision() returns bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select value from public.revision_counter where public.verified_scope() is not null
$$;

-- One bit a slot: what the verified scope may read of a classification. All zero without one.
create function readable_bits(level text) returns bit varying
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  scope jsonb := public.verified_scope();
  bits bit varying;
  oldest timestamptz;
  stale integer[];
begin
  if scope is null or not (scope -> 'classifications') ? level then
    return repeat('0', public.slot_space())::bit varying;
  end if;
  bits := public.slots_of_set((scope ->> 'set')::bigint);
  select clock_timestamp() - l.lasts into oldest from public.lease l where l.classification = level;
  if oldest is not null then
    stale := array(
      select s.id from public.acl_slot s join public.source o on o.id = s.source_id
       where o.confirmed_at < oldest and s.confirmed_at < oldest);
    if cardinality(stale) > 0 then
      bits := bits & ~ public.bits_of(stale, length(bits));
    end if;
  end if;
  return bits;
end $$;
"""

POLICIES = """
create or replace function create_level(level text, dimensions integer) returns void
language plpgsql as $$
declare
  renditions text := 'rendition_' || level;
  chunks text := 'chunk_' || level;
  name text;
begin
  if level !~ '^[a-z][a-z0-9_]{0,30}$' then
    raise exception 'a classification is named in a-z, 0-9 and _: %', level;
  end if;
  if to_regclass('public.' || chunks) is not null then return; end if;

  execute format($ddl$
    create table %I (
      id uuid primary key,
      document_id uuid not null,
      slot_id integer not null,
      title text not null,
      uri text not null,
      mime_type text not null,
      source text not null,
      external_id text not null,
      redactions jsonb not null default '{}',
      evidence jsonb not null default '[]',
      created_at timestamptz not null default now()
    )$ddl$, renditions);
  execute format($ddl$
    create table %I (
      id uuid primary key,
      rendition_id uuid not null references %I on delete cascade,
      document_id uuid not null,
      slot_id integer not null,
      ordinal integer not null,
      heading text not null,
      page integer,
      text text not null,
      embedding halfvec(%s) not null,
      terms tsvector not null
    )$ddl$, chunks, renditions, dimensions);
  execute format('create index on %I (document_id)', renditions);
  execute format('create index on %I (document_id, ordinal)', chunks);
  execute format('create index on %I (slot_id)', chunks);
  execute format('create index on %I using gin (terms)', chunks);

  foreach name in array array[renditions, chunks] loop
    execute format('alter table %I enable row level security, force row level security', name);
    perform read_by_bits(name, level);
    execute format(
      'create policy ingest on %I to portcullis_ingest using (true) with check (true)', name);
    execute format(
      'create policy moving on %I to portcullis_app using (true) with check (true)', name);
    execute format('grant select on %I to portcullis_reader', name);
    -- Who writes or moves rows never reads what they say.
    execute format('grant insert, delete on %I to portcullis_ingest', name);
    execute format('grant select (id, document_id, slot_id), update (slot_id) on %I'
                   ' to portcullis_ingest, portcullis_app', name);
    execute format('grant delete on %I to portcullis_app', name);
  end loop;
end $$;

-- The function is called once a statement; what is left of the policy is one bit a row.
create function read_by_bits(name text, level text) returns void language plpgsql as $$
begin
  execute format('drop policy if exists reader on %I', name);
  execute format($ddl$
    create policy reader on %I for select to portcullis_reader using (
      get_bit((select readable_bits(%L)), slot_id) = 1)$ddl$, name, level);
end $$;

select read_by_bits(c.relname::text, substring(c.relname from '_(.*)$'))
  from pg_class c
 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
   and c.relname ~ '^(chunk|rendition)_';
drop function readable_slots();
drop function readable_levels();
"""

GRANTS = """
revoke all on function raise_directory_revision(text), keep_document_history(),
  keep_account_history(), bits_of(integer[], integer), slot_space(), slots_of_set(bigint),
  hold_set(bigint[]), this_connection(), rotate_seal_key(interval), reading_revision(),
  readable_bits(text), read_by_bits(text, text) from public;

grant execute on function hold_set(bigint[]), slots_of_set(bigint),
  raise_directory_revision(text) to portcullis_app;
revoke execute on function slots_readable_by(bigint[]) from portcullis_app;
grant execute on function this_connection(), reading_revision(), readable_bits(text)
  to portcullis_reader;
grant select on lease, document_history, account_history to portcullis_app;
grant update (confirmed_at) on source to portcullis_ingest;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (REVISIONS, LEASES, HISTORY, SETS, SEAL, POLICIES, GRANTS):
        driver.execute(part)
