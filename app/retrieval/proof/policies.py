"""Each table of text has row-level security enabled and forced, and exactly our policies."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from app.db.engine import AppConnection, Login
from app.retrieval.proof.functions import SEARCH

_TABLES = text("""
select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced
  from pg_class c
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
   and c.relname ~ '^(chunk|rendition)_'
 order by 1
""")
_POLICIES = text("""
select c.relname as name, p.polname as policy, p.polcmd as command, p.polpermissive as permissive,
       array(select case when r = 0 then 'public' else pg_get_userbyid(r)::text end
               from unnest(p.polroles) r order by 1) as roles,
       pg_get_expr(p.polqual, p.polrelid) as rows,
       pg_get_expr(p.polwithcheck, p.polrelid) as new_rows
  from pg_policy p join pg_class c on c.oid = p.polrelid
 where c.relname = any (:names) and c.relnamespace = 'public'::regnamespace
""")

AGAIN = {"codes": "keep_codes", "words": "search_words_in"}
"""The functions that make these policies."""

Policy = tuple[str, bool, tuple[str, ...], str | None, str | None]
"""Command, permissive, roles, the rows it shows, the rows it lets in."""


async def text_tables(connection: AppConnection) -> list[str]:
    """Every table that holds text, of classifications that policy has and has had."""
    return [row.name for row in await connection.execute(_TABLES)]


def level_of(table: str) -> str:
    return table.partition("_")[2]


async def findings(connection: AppConnection, levels: Sequence[str]) -> list[str]:
    """What is wrong with row-level security. The search path has to be pg_catalog alone, so that
    an expression names every function with its schema."""
    tables = (await connection.execute(_TABLES)).all()
    names = [table.name for table in tables]
    wanted = [f"{kind}_{level}" for level in levels for kind in ("chunk", "rendition")]
    said = [f"the table {name} is missing; run `portcullis migrate`" for name in wanted
            if name not in names]  # fmt: skip
    for table in tables:
        if not table.enabled:
            said.append(
                f"row-level security is disabled on {table.name}; alter table {table.name} enable"
                " row level security"
            )
        if not table.forced:
            said.append(
                f"row-level security is not forced on {table.name}; alter table {table.name} force"
                " row level security"
            )
    rows = (await connection.execute(_POLICIES, {"names": names})).all()
    for name in names:
        found: dict[str, Policy] = {
            row.policy: (row.command, row.permissive, tuple(row.roles), row.rows, row.new_rows)
            for row in rows
            if row.name == name
        }
        said += _compare(name, found)
    return said


def _ours(table: str) -> dict[str, Policy]:
    bits = f"( SELECT public.readable_bits('{level_of(table)}'::text) AS readable_bits)"
    seen = f'(get_bit(({bits})::"bit", slot_id) = 1)'
    searching: dict[str, Policy] = {
        "codes": ("r", True, (Login.CODES.value,), "true", None),
        "words": ("r", True, (SEARCH,), "true", None),
    }
    return {
        **(searching if table.startswith("chunk_") else {}),
        "reader": ("r", True, (Login.READER.value,), seen, None),
        "ingest": ("*", True, (Login.INGEST.value,), "true", "true"),
        "moving": ("*", True, (Login.APP.value,), "true", "true"),
    }


def _compare(table: str, found: dict[str, Policy]) -> list[str]:
    ours = _ours(table)
    said = [
        f"the policy {name} on {table} is not one of ours; drop policy {name} on {table}"
        for name in sorted(found.keys() - ours.keys())
    ]
    for name, policy in ours.items():
        if found.get(name) != policy:
            wrong = "does not say what ours says" if name in found else "is missing"
            said.append(f"the policy {name} on {table} {wrong}; {_again(table, name, policy)}")
    return said


def _again(table: str, name: str, policy: Policy) -> str:
    """How the owner makes a policy of ours anew."""
    if name == "reader":
        return f"as the owner: select read_by_bits('{table}', '{level_of(table)}')"
    if name in AGAIN:
        return f"as the owner: select {AGAIN[name]}('{level_of(table)}')"
    return (
        f"as the owner: drop policy if exists {name} on {table}; create policy {name} on {table}"
        f" to {policy[2][0]} using (true) with check (true)"
    )
