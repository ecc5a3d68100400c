"""The spine: principals, grants, sources, documents, jobs, accounts, records, the scope seal.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PRINCIPALS = """
-- Every change of grants, memberships or slots raises the one counter; its row lock makes the
-- order of revisions the order of commits.
create table revision_counter (
  single boolean primary key default true check (single),
  value bigint not null
);
insert into revision_counter (value) values (0);

create table revision (
  value bigint primary key,
  at timestamptz not null default clock_timestamp(),
  cause text not null
);

create function raise_revision(cause text) returns bigint language sql as $$
  with raised as (update revision_counter set value = value + 1 returning value)
  insert into revision (value, cause) select value, cause from raised returning value
$$;

-- `known` is false for a principal that so far is only named by some ACL: its grants and, more
-- important, its denies are kept, and nobody can be it until the directory or an admin adds it.
create table principal (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('user', 'group', 'service', 'everyone', 'public')),
  key text not null default '',
  name text not null default '',
  known boolean not null default false,
  from_directory boolean not null default false,
  created_at timestamptz not null default now(),
  unique (kind, key),
  check ((kind in ('everyone', 'public')) = (key = '')),
  check (kind <> 'user' or key = lower(key))
);
insert into principal (kind, known) values ('everyone', true), ('public', true);

create table membership (
  id bigint generated always as identity primary key,
  group_id bigint not null references principal,
  member_id bigint not null references principal,
  since timestamptz not null default now(),
  since_revision bigint not null,
  until timestamptz,
  until_revision bigint,
  check ((until is null) = (until_revision is null))
);
create unique index membership_current on membership (member_id, group_id) where until is null;
create index membership_group on membership (group_id);

create table account (
  principal_id bigint primary key references principal,
  role text not null check (role in ('employee', 'owner', 'compliance', 'admin')),
  password_hash text,
  -- added by an admin rather than by the directory, so the directory does not take it away
  local boolean not null default false,
  disabled_at timestamptz,
  created_at timestamptz not null default now()
);

create table token (
  id bigint generated always as identity primary key,
  principal_id bigint not null references principal,
  digest bytea not null unique,
  purpose text not null check (purpose in ('api', 'session')),
  label text not null default '',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index token_principal on token (principal_id);
"""

SOURCES = """
create table source (
  id bigint generated always as identity primary key,
  key text not null unique,
  kind text not null,
  config jsonb not null default '{}',
  classification_floor text not null,
  owner_id bigint references principal,
  created_at timestamptz not null default now(),
  synced_at timestamptz
);

-- One row that says who may read. A container's documents that inherit share its slot; documents
-- with an ACL of their own share a slot where source, container and ACL are equal.
create table acl_slot (
  id integer generated always as identity primary key,
  source_id bigint not null references source on delete cascade,
  digest bytea,
  created_at timestamptz not null default now()
);

create table container (
  id bigint generated always as identity primary key,
  source_id bigint not null references source on delete cascade,
  external_id text not null,
  slot_id integer not null references acl_slot,
  unique (source_id, external_id)
);
alter table acl_slot add column container_id bigint references container on delete cascade;
create unique index acl_slot_explicit on acl_slot (source_id, coalesce(container_id, 0), digest)
  where digest is not null;

create table slot_grant (
  id bigint generated always as identity primary key,
  slot_id integer not null references acl_slot on delete cascade,
  principal_id bigint not null references principal,
  effect text not null check (effect in ('allow', 'deny')),
  -- a deny that an explicit ACL takes over from its container
  inherited boolean not null default false,
  since timestamptz not null default now(),
  since_revision bigint not null,
  until timestamptz,
  until_revision bigint,
  check ((until is null) = (until_revision is null))
);
create unique index slot_grant_current
  on slot_grant (principal_id, slot_id, effect, inherited) where until is null;
create index slot_grant_slot on slot_grant (slot_id) where until is null;

create table document (
  id uuid primary key default gen_random_uuid(),
  source_id bigint not null references source on delete cascade,
  external_id text not null,
  container_id bigint references container,
  slot_id integer references acl_slot,
  -- raised by each ACL change, so that content accepted before it cannot bring an old ACL back
  acl_sequence bigint not null default 0,
  state text not null default 'pending' check (state in ('pending', 'indexed', 'failed')),
  classification text,
  fingerprint text,
  chunks integer not null default 0,
  created_at timestamptz not null default now(),
  indexed_at timestamptz,
  unique (source_id, external_id)
);
create index document_container on document (container_id);
create index document_slot on document (slot_id);

create table job (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('ingest', 'sync')),
  source_id bigint references source on delete cascade,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
  total integer not null default 0,
  done integer not null default 0,
  failed integer not null default 0,
  message text not null default '',
  detail jsonb not null default '{}',
  requested_by bigint references principal,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  heartbeat_at timestamptz,
  finished_at timestamptz
);
create index job_open on job (created_at) where state in ('queued', 'running');

-- What was pushed and not yet indexed. The content is dropped when its item ends.
create table intake (
  id bigint generated always as identity primary key,
  job_id uuid not null references job on delete cascade,
  document_id uuid not null,
  source_id bigint not null references source on delete cascade,
  external_id text not null,
  item jsonb not null,
  content bytea,
  acl_sequence bigint not null,
  state text not null default 'waiting'
    check (state in ('waiting', 'done', 'failed', 'superseded')),
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index intake_waiting on intake (job_id, id) where state = 'waiting';
create index intake_document on intake (document_id) where state = 'waiting';

-- What an owner has to know: a document that could not be indexed, a sidecar that cannot be read.
create table problem (
  id bigint generated always as identity primary key,
  source_id bigint not null references source on delete cascade,
  job_id uuid references job on delete set null,
  external_id text not null,
  stage text not null,
  reason text not null,
  advice text not null,
  at timestamptz not null default now(),
  resolved_at timestamptz
);
create unique index problem_open on problem (source_id, external_id) where resolved_at is null;
"""

RECORDS = """
create table audit_record (
  id uuid primary key,
  at timestamptz not null default clock_timestamp(),
  action text not null,
  subject_id bigint,
  subject text not null,
  role text not null default '',
  purpose text not null default '',
  revision bigint,
  release text not null default '',
  classifications text[] not null default '{}',
  question_sha256 text,
  passages jsonb not null default '[]',
  detail jsonb not null default '{}'
);
create index audit_record_at on audit_record (at desc);
create index audit_record_subject on audit_record (subject, at desc);

create table audit_outcome (
  record_id uuid primary key references audit_record,
  at timestamptz not null default clock_timestamp(),
  outcome text not null,
  answer_sha256 text,
  detail jsonb not null default '{}'
);

create table conversation (
  id uuid primary key default gen_random_uuid(),
  principal_id bigint not null references principal,
  title text not null default '',
  created_at timestamptz not null default now()
);
create index conversation_principal on conversation (principal_id, created_at desc);

-- The words of a question and its answer belong to the person who asked; records hold hashes.
create table exchange (
  audit_id uuid primary key,
  conversation_id uuid not null references conversation on delete cascade,
  question text not null,
  answer text not null default '',
  outcome text not null default '',
  revision bigint not null default 0,
  citations jsonb not null default '[]',
  created_at timestamptz not null default clock_timestamp()
);
create index exchange_conversation on exchange (conversation_id, created_at);
"""

SEAL = """
-- HMAC-SHA256 (RFC 2104) over the built-in sha256; the padded keys are computed once.
create table seal_key (
  id integer generated always as identity primary key,
  inner_key bytea not null,
  outer_key bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

create function new_seal_key() returns integer language plpgsql as $$
declare
  secret bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                         || uuid_send(gen_random_uuid()));
  inner_key bytea := secret || decode(repeat('00', 32), 'hex');
  outer_key bytea := secret || decode(repeat('00', 32), 'hex');
  made integer;
begin
  for i in 0..63 loop
    inner_key := set_byte(inner_key, i, get_byte(inner_key, i) # 54);
    outer_key := set_byte(outer_key, i, get_byte(outer_key, i) # 92);
  end loop;
  insert into seal_key (inner_key, outer_key) values (inner_key, outer_key)
    returning id into made;
  return made;
end $$;
select new_seal_key();

-- The key never leaves the database. Only the login that authorises may seal; the login that
-- reads chunk text can only have a seal verified.
create function seal_scope(payload text) returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select k.id || '.' ||
         encode(sha256(k.outer_key || sha256(k.inner_key || convert_to(payload, 'UTF8'))), 'hex')
         || '.' || payload
    from public.seal_key k where k.retired_at is null order by k.id desc limit 1
$$;

-- The verified payload, or null: no scope, another key, a changed byte, or expired.
create function verified_scope() returns jsonb
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
    where k.id = key_id::integer and k.retired_at is null
      and encode(sha256(k.outer_key || sha256(k.inner_key || convert_to(payload, 'UTF8'))), 'hex')
          = seal;
  if not found then return null; end if;
  scope := payload::jsonb;
  if (scope ->> 'expires')::double precision < extract(epoch from clock_timestamp()) then
    return null;
  end if;
  return scope;
end $$;

-- The slots that a set of principals may read: an allow, and no deny.
create function slots_readable_by(principals bigint[]) returns integer[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select coalesce(array_agg(slot_id order by slot_id), '{}') from (
    select g.slot_id from public.slot_grant g
     where g.principal_id = any (principals) and g.until is null
     group by g.slot_id
    having bool_or(g.effect = 'allow') and not bool_or(g.effect = 'deny')) readable
$$;

create function readable_slots() returns integer[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select public.slots_readable_by(
    array(select jsonb_array_elements_text(public.verified_scope() -> 'principals')::bigint))
$$;

create function readable_levels() returns text[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select array(select jsonb_array_elements_text(public.verified_scope() -> 'classifications'))
$$;
"""

LEVELS = """
-- The tables of one classification, with grants and policies of their own.
create function create_level(level text, dimensions integer) returns void
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
    execute format($ddl$
      create policy reader on %I for select to portcullis_reader using (
        slot_id = any ((select readable_slots())::integer[])
        and %L = any ((select readable_levels())::text[]))$ddl$, name, level);
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
revoke all on function create_level(text, integer) from public;
"""

GRANTS = """
revoke all on function raise_revision(text), new_seal_key(), seal_scope(text), verified_scope(),
  slots_readable_by(bigint[]), readable_slots(), readable_levels() from public;

grant usage on schema public
  to portcullis_app, portcullis_reader, portcullis_ingest, portcullis_auditor;

grant execute on function seal_scope(text), slots_readable_by(bigint[]) to portcullis_app;
grant execute on function raise_revision(text) to portcullis_app, portcullis_ingest;
grant execute on function verified_scope(), readable_slots(), readable_levels()
  to portcullis_reader;

grant select, insert, update on revision_counter, revision, principal, membership, account, token,
  source, acl_slot, container, slot_grant, document, job, intake, problem, conversation, exchange
  to portcullis_app;
grant delete on source, document, container, acl_slot, conversation, exchange to portcullis_app;
grant insert on audit_record, audit_outcome to portcullis_app;

grant select on principal, source, acl_slot, container, slot_grant, document, job, intake,
  problem, revision, revision_counter to portcullis_ingest;
grant insert, update on acl_slot, container, slot_grant, document, job, intake, problem,
  revision, revision_counter to portcullis_ingest;
grant insert on principal, audit_record to portcullis_ingest;
grant update (synced_at) on source to portcullis_ingest;
grant delete on document to portcullis_ingest;

grant select on audit_record, audit_outcome to portcullis_auditor;
"""


def upgrade() -> None:
    # The driver itself takes several statements at once; SQLAlchemy would prepare them.
    driver = op.get_bind().connection.driver_connection
    for part in (PRINCIPALS, SOURCES, RECORDS, SEAL, LEVELS, GRANTS):
        driver.execute(part)
