"""An approximate index holds one audience: others' chunks would shape what a walk finds."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection

# All that is neither a B-tree nor an inverted index, except those that are kept: with the name,
# on the table and over the slots that the audience has.
_SPANNING = text("""
select i.indexrelid::regclass::text as name, t.relname as "table", m.amname as kind,
       exists (select from public.audience a where c.relname = 'audience_' || a.id) as kept
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_class t on t.oid = i.indrelid
  join pg_am m on m.oid = c.relam
 where t.relnamespace = 'public'::regnamespace and t.relname = any (:names)
   and m.amname not in ('btree', 'gin')
   and not exists (
     select from public.audience a
      where c.relname = 'audience_' || a.id and t.relname = 'chunk_' || a.classification
        and pg_get_expr(i.indpred, i.indrelid) = format(
              '((slot_id < %s) AND (get_bit((''%s''::bit varying)::"bit", slot_id) = 1))',
              length(a.slots), a.slots))
 order by 1
""")


async def findings(connection: AppConnection, tables: list[str]) -> list[str]:
    """The indexes on tables of text that span audiences. The search path has to be pg_catalog
    alone."""
    return [
        f"the {row.kind} index {row.name} on {row.table} "
        + (
            "is not over the slots of its audience"
            if row.kept
            else "is not one that is kept for an audience"
        )
        + ", so what may not be read would shape what it finds; drop index concurrently"
        f" {row.name} (`portcullis index keep` makes what is missing)"
        for row in await connection.execute(_SPANNING, {"names": tables})
    ]
