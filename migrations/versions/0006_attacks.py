"""What somebody with the reader's login can no longer learn by any statement.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATISTICS = """
-- The planner's statistics are of all rows, and where an operator is leakproof they are used for
-- whoever asks: the estimates of EXPLAIN then tell, by bisection, titles and texts that row-level
-- security hides. So none are kept of what a document says; no query of ours needs them.
create function keep_no_values(level text) returns void language plpgsql as $$
declare
  kept text[] := array['id', 'rendition_id', 'document_id', 'slot_id', 'ordinal', 'page', 'terms'];
  a record;
begin
  for a in
    select c.relname as name, t.attname as column, format_type(t.atttypid, t.atttypmod) as type
      from pg_attribute t join pg_class c on c.oid = t.attrelid
     where c.relnamespace = 'public'::regnamespace
       and c.relname in ('chunk_' || level, 'rendition_' || level)
       and t.attnum > 0 and not t.attisdropped and t.attname <> all (kept)
       and t.attstattarget is distinct from 0
  loop
    execute format('alter table %I alter column %I set statistics 0', a.name, a.column);
    -- The same type again forgets what is kept already, and rewrites nothing. No operator of
    -- vectors is leakproof, and a column that another is made from may not be altered.
    if a.column <> 'embedding' then
      execute format('alter table %I alter column %I type %s', a.name, a.column, a.type);
    end if;
  end loop;
end $$;
revoke all on function keep_no_values(text) from public;

select keep_no_values(substring(c.relname from '_(.*)$'))
  from pg_class c
 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname ~ '^chunk_';
"""

WORDS = """
-- Without a scope for the classification the index is not looked at: pages read and time would
-- tell what words there are. And all matches are looked at, whatever the caller has set: with a
-- limit, how many of the forbidden match would decide which of the readable are found.
grant create on schema public to portcullis_search;
set local role portcullis_search;
create or replace function matching_chunks(level text, words tsquery, most integer)
returns table (id uuid, value real)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_custom_plan set gin_fuzzy_search_limit = 0 as $$
declare
  bits bit varying := public.readable_bits(level);
begin
  if bit_count(bits) = 0 then return; end if;
  return query execute format($query$
    select c.id, ts_rank_cd(c.terms, $1, 1) as value from public.%I c
     where c.terms @@ $1 and get_bit($2, c.slot_id) = 1
     order by 2 desc, 1 limit $3$query$, 'chunk_' || level) using words, bits, most;
end $$;
reset role;
revoke create on schema public from portcullis_search;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (STATISTICS, WORDS):
        driver.execute(part)
