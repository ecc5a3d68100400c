"""Nothing else touches the tables of text: no view, rule, key, child, publication or trigger."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection

# One row for each thing: what it is, its name, what it touches, and how it is taken away. Views
# that a session has made for itself are not seen by others.
_THINGS = text("""
with held as (
  select c.oid, c.relname from pg_class c
   where c.relnamespace = 'public'::regnamespace and c.relname = any (:names))
select distinct case v.relkind when 'v' then 'view' when 'm' then 'materialised view'
                     else 'rule' end as kind,
       case when v.relkind in ('v', 'm') then v.oid::regclass::text
            else quote_ident(r.rulename) end as thing, h.relname as name
  from held h join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = h.oid
                              and d.classid = 'pg_rewrite'::regclass
  join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class
 where not pg_is_other_temp_schema(v.relnamespace)
union all
select 'foreign key', c.conrelid::regclass || '.' || quote_ident(c.conname), h.relname
  from held h join pg_constraint c on c.contype = 'f' and c.confrelid = h.oid
  join pg_class f on f.oid = c.conrelid
 where not (h.relname ~ '^rendition_' and f.relnamespace = 'public'::regnamespace
            and f.relname = regexp_replace(h.relname, '^rendition_', 'chunk_'))
union all
select 'foreign key', c.conrelid::regclass || '.' || quote_ident(c.conname), h.relname
  from held h join pg_constraint c on c.contype = 'f' and c.conrelid = h.oid
  join pg_class f on f.oid = c.confrelid
 where f.relnamespace <> 'public'::regnamespace
    or f.relname <> regexp_replace(h.relname, '^chunk_', 'rendition_')
union all
select 'child', i.inhrelid::regclass::text, h.relname
  from held h join pg_inherits i on i.inhparent = h.oid
union all
select 'parent', i.inhparent::regclass::text, h.relname
  from held h join pg_inherits i on i.inhrelid = h.oid
union all
select 'publication', quote_ident(p.pubname), h.relname
  from held h join pg_publication_rel r on r.prrelid = h.oid
  join pg_publication p on p.oid = r.prpubid
union all
select 'publication', quote_ident(p.pubname), 'every table'
  from pg_publication p
 where p.puballtables or exists (select from pg_publication_namespace n
         where n.pnpubid = p.oid and n.pnnspid = 'public'::regnamespace)
union all
select 'trigger', quote_ident(t.tgname), h.relname
  from held h join pg_trigger t on t.tgrelid = h.oid and not t.tgisinternal
 where not (h.relname ~ '^chunk_' and t.tgfoid = to_regproc('public.log_code_change'))
 order by 1, 2, 3
""")
_ADVICE = {
    "view": "drop view {thing}",
    "materialised view": "drop materialized view {thing}",
    "rule": "drop rule {thing} on {name}",
    "foreign key": "drop that constraint",
    "child": "alter table {thing} no inherit {name}, or drop it",
    "parent": "alter table {name} no inherit {thing}",
    "publication": "drop publication {thing}: a subscriber gets text without a scope",
    "trigger": "drop trigger {thing} on {name}",
}


async def findings(connection: AppConnection, tables: list[str]) -> list[str]:
    """What touches the tables of text that we did not make."""
    return [
        f"the {row.kind} {row.thing} touches {row.name} and is not one of ours; "
        + _ADVICE[row.kind].format(thing=row.thing, name=row.name)
        for row in await connection.execute(_THINGS, {"names": tables})
    ]
