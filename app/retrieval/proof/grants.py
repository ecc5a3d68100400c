"""Who may do what with the tables: exactly what the migrations grant."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection, Login
from app.retrieval.proof.functions import SEARCH

# Grants on tables and columns to others than the owner; the grants of extensions are their own.
_GRANTS = text("""
with item as (
  select c.oid, c.relname, c.relowner, null::name as attname, a.grantee, a.privilege_type,
         a.is_grantable
    from pg_class c cross join lateral aclexplode(c.relacl) a
   where c.relnamespace = 'public'::regnamespace
  union all
  select c.oid, c.relname, c.relowner, t.attname, a.grantee, a.privilege_type, a.is_grantable
    from pg_attribute t join pg_class c on c.oid = t.attrelid
   cross join lateral aclexplode(t.attacl) a
   where c.relnamespace = 'public'::regnamespace and not t.attisdropped)
select i.relname as name, i.attname as column, i.privilege_type as privilege,
       case when i.grantee = 0 then 'public' else pg_get_userbyid(i.grantee)::text end as grantee,
       i.is_grantable as passes_on
  from item i
 where i.grantee <> i.relowner
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass
                      and d.objid = i.oid and d.deptype = 'e')
 order by 1, 2, 3, 4
""")

NOBODY = ("seal_key", "principal_set")
"""Tables that are read by the functions of the schema alone: with the one a seal can be made,
with the other a scope can be widened."""

Grant = tuple[str | None, str, str, bool]
"""Column or None for the whole table, privilege, grantee, may pass it on."""

READER, APP, INGEST = Login.READER.value, Login.APP.value, Login.INGEST.value
OF_TEXT: frozenset[Grant] = frozenset(
    {
        (None, "SELECT", READER, False),
        (None, "DELETE", APP, False),
        (None, "DELETE", INGEST, False),
        (None, "INSERT", INGEST, False),
        *((column, "SELECT", login, False) for login in (APP, INGEST)
          for column in ("id", "document_id", "slot_id")),
        *(("slot_id", "UPDATE", login, False) for login in (APP, INGEST)),
    }
)  # fmt: skip
"""Who writes or moves rows never reads what they say."""
CODED = ("id", "slot_id", "code", "large")
OF_CHUNKS: frozenset[Grant] = OF_TEXT | {
    *((column, "SELECT", Login.CODES.value, False) for column in CODED),
    *((column, "SELECT", SEARCH, False) for column in ("id", "slot_id", "terms", "marks")),
}
"""Those who search see what they search by, and no text."""
OF_AUDIENCES: frozenset[Grant] = frozenset({(None, "SELECT", APP, False)})
"""What it says of an index is believed, so only the owner writes it."""


async def findings(connection: AppConnection, tables: list[str]) -> list[str]:
    """What is wrong with the grants. `tables` are those that hold text."""
    granted: dict[str, set[Grant]] = {name: set() for name in (*tables, "audience")}
    said = []
    for row in await connection.execute(_GRANTS):
        grant = (row.column, row.privilege, row.grantee, row.passes_on)
        if row.name in granted:
            granted[row.name].add(grant)
        elif row.name in NOBODY or row.grantee in ("public", READER):
            said.append(_too_much(row.name, grant))
    for name, grants in granted.items():
        ours = _ours(name)
        said += [_too_much(name, grant) for grant in sorted(grants - ours, key=str)]
        said += [_missing(name, grant) for grant in sorted(ours - grants, key=str)]
    return said


def _ours(table: str) -> frozenset[Grant]:
    if table == "audience":
        return OF_AUDIENCES
    return OF_CHUNKS if table.startswith("chunk_") else OF_TEXT


def _too_much(table: str, grant: Grant) -> str:
    column, privilege, grantee, passes_on = grant
    what = f"{privilege.lower()} ({column})" if column else privilege.lower()
    more = " and pass that on" if passes_on else ""
    return (
        f"{grantee} may {privilege.lower()} {f'{column} of ' if column else ''}{table}{more};"
        f" revoke {what} on {table} from {grantee}"
    )


def _missing(table: str, grant: Grant) -> str:
    column, privilege, grantee, _ = grant
    what = f"{privilege.lower()} ({column})" if column else privilege.lower()
    return f"{grantee} lacks a grant of ours; grant {what} on {table} to {grantee}"
