"""The functions that run with the owner's rights: known, pinned, and for whom they are made."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection, Login

SEARCH = "portcullis_search"
"""The role that nobody can log in as, and that looks words up under the verified scope."""
_APP, _READER = frozenset({Login.APP.value}), frozenset({Login.READER.value})
_NOBODY: frozenset[str] = frozenset()

DEFINERS = {
    "public.seal_scope(text)": _APP,
    "public.slots_of_set(bigint)": _APP,
    "public.hold_set(bigint[])": _APP,
    "public.forget_sets()": _APP,
    "public.this_connection()": _READER,
    "public.verified_scope()": _READER,
    "public.reading_revision()": _READER,
    "public.readable_bits(text)": _READER | {SEARCH},
    "public.matching_chunks(text,tsquery,integer)": _READER,
    "public.audience_open(bigint)": _READER,
    "public.slots_readable_by(bigint[])": _NOBODY,
    "public.slot_space()": _NOBODY,
    "public.keep_document_history()": _NOBODY,
    "public.keep_account_history()": _NOBODY,
    "public.keep_former_source()": _NOBODY,
    "public.log_code_change()": _NOBODY,
}
"""Every SECURITY DEFINER function that the migrations make, and the logins that may execute it."""

OF_SEARCH = "public.matching_chunks(text,tsquery,integer)"
"""The one that is not the owner's."""

WHOLE = "gin_fuzzy_search_limit=0"
"""It looks at all matches: a limit of its caller's would let the forbidden shape what is found."""

PINNED = "search_path=pg_catalog, public, pg_temp"

# All of public, and whatever runs as somebody else anywhere that a login of ours could execute.
_FUNCTIONS = text("""
select p.oid::regprocedure::text as name, p.prosecdef as definer,
       coalesce(:pinned = any (p.proconfig), false) as pinned,
       coalesce(:whole = any (p.proconfig), false) as whole,
       p.proowner = (select relowner from pg_class where oid = to_regclass('public.seal_key'))
         as of_the_owner,
       pg_get_userbyid(p.proowner)::text as owner,
       array(select distinct case when a.grantee = 0 then 'public'
                             else pg_get_userbyid(a.grantee)::text end
               from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
              where a.grantee <> p.proowner order by 1) as executors
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where (n.nspname = 'public' or p.prosecdef)
   and n.nspname not in ('pg_catalog', 'information_schema')
   and not pg_is_other_temp_schema(n.oid)
   and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass
                      and d.objid = p.oid and d.deptype = 'e')
 order by 1
""")


async def findings(connection: AppConnection) -> list[str]:
    """What is wrong with the functions. The search path has to be pg_catalog alone."""
    said = []
    missing = set(DEFINERS)
    for row in await connection.execute(_FUNCTIONS, {"pinned": PINNED, "whole": WHOLE}):
        executors = set(row.executors)
        missing.discard(row.name if row.definer else "")
        if row.definer and row.name not in DEFINERS:
            said.append(
                f"the SECURITY DEFINER function {row.name} is not one of ours; drop function"
                f" {row.name}"
            )
            continue
        if "public" in executors:
            said.append(
                f"everybody may execute {row.name}; revoke execute on function {row.name} from"
                " public"
            )
        if not row.definer:
            continue
        said += [
            f"{other} may execute {row.name}; revoke execute on function {row.name} from {other}"
            for other in sorted(executors - DEFINERS[row.name] - {"public"})
        ]
        if not row.pinned:
            said.append(
                f"the function {row.name} does not pin its search path; alter function {row.name}"
                " set search_path = pg_catalog, public, pg_temp"
            )
        if row.name == OF_SEARCH:
            if row.owner != SEARCH:
                said.append(
                    f"the function {row.name} is {row.owner}'s; alter function {row.name} owner to"
                    f" {SEARCH}"
                )
            if not row.whole:
                said.append(
                    f"the function {row.name} takes its caller's limit of matches; alter function"
                    f" {row.name} set gin_fuzzy_search_limit = 0"
                )
        elif not row.of_the_owner:
            said.append(f"the function {row.name} is not the owner's; give it back to the owner")
    said += [
        f"the function {name} is missing or does not run as its owner; make it again as it stands"
        " in migrations/versions"
        for name in sorted(missing)
    ]
    return said
