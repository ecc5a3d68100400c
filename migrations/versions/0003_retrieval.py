"""Codes of vectors with a log of their changes, and full text that its index serves.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CODES = """
-- What happened to chunks, for the copies of their codes in memory. `xid` says which transaction
-- did it, so that whoever has read up to a snapshot reads just what was not in it.
create table code_change (
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default now(),
  classification text not null,
  chunk_id uuid not null
);
create index code_change_xid on code_change using btree (xid);
create index code_change_at on code_change (at);

create function log_code_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into public.code_change (classification, chunk_id)
    select tg_argv[0], c.id from changed c;
  return null;
end $$;

-- The signs of a vector's components, one bit each: what tells near from far at a tenth of the
-- space and a hundredth of the time.
create function keep_codes(level text) returns void language plpgsql as $$
declare
  chunks text := 'chunk_' || level;
  dimensions integer := (
    select atttypmod from pg_attribute
     where attrelid = ('public.' || quote_ident(chunks))::regclass and attname = 'embedding');
  verb text;
begin
  execute format('drop policy if exists codes on %I', chunks);
  execute format('create policy codes on %I for select to portcullis_codes using (true)', chunks);
  if exists (select from pg_attribute
              where attrelid = ('public.' || quote_ident(chunks))::regclass
                and attname = 'code') then
    return;
  end if;
  execute format('alter table %I add column code bit(%s) generated always as'
                 ' (binary_quantize(embedding)::bit(%s)) stored', chunks, dimensions, dimensions);
  foreach verb in array array['insert', 'update', 'delete'] loop
    execute format($ddl$
      create trigger log_%s after %s on %I referencing %s table as changed
        for each statement execute function log_code_change(%L)$ddl$,
      verb, verb, chunks, case verb when 'delete' then 'old' else 'new' end, level);
  end loop;
  execute format('grant select (id, slot_id, code) on %I to portcullis_codes', chunks);
end $$;

select keep_codes(substring(c.relname from '_(.*)$'))
  from pg_class c
 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname ~ '^chunk_';
"""

WORDS = """
-- `@@` is not leakproof, so under row-level security its index would not be used: every readable
-- row would be looked at. This function looks words up in the index and applies the verified scope
-- itself; it gives ids and ranks, never text. Its owner is a role that nobody can log in as, and
-- that owns nothing else.
do $$ begin
  if not exists (select from pg_roles where rolname = 'portcullis_search') then
    create role portcullis_search nologin;
  end if;
end $$;
grant portcullis_search to current_user with inherit false, set true;

create function matching_chunks(level text, words tsquery, most integer)
returns table (id uuid, value real)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_custom_plan as $$
declare
  bits bit varying := public.readable_bits(level);
begin
  return query execute format($query$
    select c.id, ts_rank_cd(c.terms, $1, 1) as value from public.%I c
     where c.terms @@ $1 and get_bit($2, c.slot_id) = 1
     order by 2 desc, 1 limit $3$query$, 'chunk_' || level) using words, bits, most;
end $$;

create function search_words_in(level text) returns void language plpgsql as $$
begin
  execute format('drop policy if exists words on %I', 'chunk_' || level);
  execute format(
    'create policy words on %I for select to portcullis_search using (true)', 'chunk_' || level);
  execute format('grant select (id, slot_id, terms) on %I to portcullis_search', 'chunk_' || level);
end $$;

select search_words_in(substring(c.relname from '_(.*)$'))
  from pg_class c
 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname ~ '^chunk_';
"""

GRANTS = """
revoke all on function log_code_change(), keep_codes(text), search_words_in(text),
  matching_chunks(text, tsquery, integer) from public;
grant usage on schema public to portcullis_codes, portcullis_search;
grant select on code_change to portcullis_codes;
grant delete, select (at) on code_change to portcullis_app;
grant execute on function readable_bits(text) to portcullis_search;
grant execute on function matching_chunks(text, tsquery, integer) to portcullis_reader;
grant create on schema public to portcullis_search;
alter function matching_chunks(text, tsquery, integer) owner to portcullis_search;
revoke create on schema public from portcullis_search;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (CODES, WORDS, GRANTS):
        driver.execute(part)
