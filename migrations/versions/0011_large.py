"""Codes say which components are large, besides their signs.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CODES = """
-- Whether a component is further from zero than .9816 of what components of a unit vector measure
-- on average: the threshold of two bits a number that lose least of a Gaussian (Max, "Quantizing
-- for minimum distortion", 1960). It knows nothing of the corpus, so no text shapes another's code.
create function large_components(embedding halfvec, dimensions integer) returns bit varying
language sql immutable strict parallel safe
return binary_quantize(embedding - array_fill((.9816 / sqrt(dimensions))::real,
                                              array[dimensions])::halfvec)
     | ~ binary_quantize(embedding + array_fill((.9816 / sqrt(dimensions))::real,
                                                array[dimensions])::halfvec);

-- Two bits a component, its sign and whether it is large, tell near from far at an eighth of the
-- space of a vector and a hundredth of the time.
create or replace function keep_codes(level text) returns void language plpgsql as $$
declare
  chunks text := 'chunk_' || level;
  dimensions integer;
  verb text;
begin
  select atttypmod into dimensions from pg_attribute
   where attrelid = ('public.' || quote_ident(chunks))::regclass and attname = 'embedding';
  execute format('drop policy if exists codes on %I', chunks);
  execute format('create policy codes on %I for select to portcullis_codes using (true)', chunks);
  execute format($ddl$
    alter table %I
      add column if not exists code bit(%2$s) generated always as
        (binary_quantize(embedding)::bit(%2$s)) stored,
      add column if not exists large bit(%2$s) generated always as
        (large_components(embedding, %2$s)::bit(%2$s)) stored$ddl$, chunks, dimensions);
  foreach verb in array array['insert', 'update', 'delete'] loop
    execute format($ddl$
      create or replace trigger log_%s after %s on %I referencing %s table as changed
        for each statement execute function log_code_change(%L)$ddl$,
      verb, verb, chunks, case verb when 'delete' then 'old' else 'new' end, level);
  end loop;
  execute format('grant select (id, slot_id, code, large) on %I to portcullis_codes', chunks);
end $$;

select keep_codes(substring(c.relname from '_(.*)$'))
  from pg_class c
 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname ~ '^chunk_';

revoke all on function large_components(halfvec, integer) from public;
grant execute on function large_components(halfvec, integer) to portcullis_ingest;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(CODES)
