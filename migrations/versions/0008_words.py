"""Words are looked for among the readable chunks alone where these are few.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MARKS = """
-- Three of 1024 places for each word (Bloom, "Space/time trade-offs in hash coding with allowable
-- errors", 1970): a chunk that holds the word has all three marked, and few others have.
create function word_marks(terms tsvector) returns bit(1024)
language sql immutable strict parallel safe
begin atomic
  select coalesce(bit_or(set_bit(set_bit(set_bit(b'0'::bit(1024),
           (w.h & 1023)::integer, 1), (w.h >> 10 & 1023)::integer, 1),
           (w.h >> 20 & 1023)::integer, 1)), b'0'::bit(1024))
    from (select hashtextextended(t.word, 0) as h
            from unnest(tsvector_to_array(terms)) t(word)) w;
end;

-- The places of one word. (Written out twice: a call for each word would take longer than all
-- else that writing a chunk does.)
create function word_places(word text) returns integer[]
language sql immutable strict parallel safe
return (select array[(h & 1023)::integer, (h >> 10 & 1023)::integer, (h >> 20 & 1023)::integer]
          from hashtextextended(word, 0) h);

-- The words that a query names, as the text of a query writes them: in quotes, with quotes doubled.
-- (A word of the parser's, such as an address, may hold a quote and never a backslash.)
create function words_of(query tsquery) returns text[]
language sql immutable strict parallel safe
return array(
  select distinct replace(m.found[1], $$''$$, $$'$$)
    from regexp_matches(query::text, $$'((?:[^']|'')*)'$$, 'g') m(found));

-- The places of the bits that are set. Their number is a multiple of 64.
create function places_of(bits bit varying) returns integer[]
language sql immutable strict parallel safe
return array(
  select 64 * n + b
    from generate_series(0, length(bits) / 64 - 1) n
   cross join lateral (select substring(bits from 64 * n + 1 for 64) as word offset 0) w
   cross join generate_series(0, 63) b
   where bit_count(w.word) > 0 and get_bit(w.word, b) = 1
   order by 1);

-- The index keeps the chunks of a slot together with their marks, so that words are looked for
-- by reading it alone, and of it the readable slots alone.
create function keep_marks(level text) returns void language plpgsql as $body$
declare
  chunks text := 'chunk_' || level;
begin
  if not exists (select from pg_attribute
                  where attrelid = ('public.' || quote_ident(chunks))::regclass
                    and attname = 'marks') then
    execute format('alter table %I add column marks bit(1024) not null'
                   ' generated always as (word_marks(terms)) stored', chunks);
    execute format('alter table %I alter column marks set storage plain', chunks);
    execute format('create index %I on %I (slot_id) include (marks, id)',
                   chunks || '_marks', chunks);
  end if;
  execute format('grant select (marks) on %I to portcullis_search', chunks);
end $body$;
"""

LEVELS = """
select keep_marks(substring(c.relname from '_(.*)$')),
       keep_no_values(substring(c.relname from '_(.*)$'))
  from pg_class c
 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname ~ '^chunk_';
"""

WORDS = """
-- Up to so many chunks of a classification, a scope's words are looked for among them alone.
create function most_looked_through() returns integer language sql immutable parallel safe
return 10000;

grant create on schema public to portcullis_search;
set local role portcullis_search;
-- The chunks that the verified scope may read, hold one of the words and match, best rank first.
--
-- For a scope that reads little of the classification, entries of the readable slots are read in
-- one index, and of these the chunks whose marks say that they may hold a word: neither pages nor
-- time depend on what the others say. Who reads much would wait for that, so the words are looked
-- up in the index of all, which meets the forbidden chunks that hold them; who asks hides what that
-- takes below a step of time. Readable chunks alone decide between the two.
--
-- The settings leave the planner no other way, and no limit of matches, whatever the caller set.
create or replace function matching_chunks(level text, words tsquery, most integer)
returns table (id uuid, value real)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_custom_plan set gin_fuzzy_search_limit = 0
set enable_seqscan = off set enable_bitmapscan = on set enable_indexscan = on
set enable_indexonlyscan = on set enable_nestloop = on as $body$
declare
  most_near integer := public.most_looked_through();
  bits bit varying := public.readable_bits(level);
  little boolean := bit_count(bits) <= most_near;
  marked text := 'true';
  places integer[];
  near uuid[];
begin
  if bit_count(bits) = 0 or numnode(words) = 0 then return; end if;
  if little then
    -- what matches a query with one of these need not hold a word that the query writes out
    if words::text !~ '!|:' then
      select array_agg(p.place order by w.n, p.n) into places
        from unnest(public.words_of(words)) with ordinality w(word, n)
       cross join unnest(public.word_places(w.word)) with ordinality p(place, n);
      -- how many words there are decides what the statement is; the places are values of it
      select string_agg(format('get_bit(m.marks, $2[%s]) = 1 and get_bit(m.marks, $2[%s]) = 1'
                               ' and get_bit(m.marks, $2[%s]) = 1', n, n + 1, n + 2), ' or ')
        into marked from generate_series(1, cardinality(places), 3) n;
    end if;
    execute format($query$
      select count(*) <= $3, array_agg(m.id) filter (where %2$s)
        from (select m.id, m.marks from public.%1$I m
               where m.slot_id = any ($1) limit $3 + 1) m$query$, 'chunk_' || level, marked)
      into little, near using public.places_of(bits), places, most_near;
  end if;
  if little then
    return query execute format($query$
      select c.id, ts_rank_cd(c.terms, $1, 1) as value
        from unnest($2) near(id)
       cross join lateral (
         select c.id, c.terms from public.%I c where c.id = near.id and c.terms @@ $1 offset 0) c
       order by 2 desc, 1 limit $3$query$, 'chunk_' || level) using words, near, most;
  else
    return query execute format($query$
      select c.id, ts_rank_cd(c.terms, $1, 1) as value from public.%I c
       where c.terms @@ $1 and get_bit($2, c.slot_id) = 1
       order by 2 desc, 1 limit $3$query$, 'chunk_' || level) using words, bits, most;
  end if;
end $body$;
reset role;
revoke create on schema public from portcullis_search;
"""

GRANTS = """
revoke all on function word_places(text), word_marks(tsvector), words_of(tsquery),
  places_of(bit varying), most_looked_through(), keep_marks(text) from public;
grant execute on function word_places(text), words_of(tsquery), places_of(bit varying),
  most_looked_through() to portcullis_search;
grant execute on function word_marks(tsvector) to portcullis_ingest;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (MARKS, LEVELS, WORDS, GRANTS):
        driver.execute(part)
