"""The logins have no power besides their grants: nothing that would let one pass for another."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection, Login
from app.retrieval.proof.functions import OF_SEARCH, SEARCH

LOGINS = [*(login.value for login in Login), SEARCH]

_POWERS = text("""
select r.rolname as login, p.power, p.take
  from pg_roles r
 cross join lateral (values
    (r.rolsuper, 'is a superuser', 'nosuperuser'),
    (r.rolcanlogin and r.rolname = :search, 'can log in', 'nologin'),
    (r.rolbypassrls, 'bypasses row-level security', 'nobypassrls'),
    (r.rolcreaterole, 'may create roles', 'nocreaterole'),
    (r.rolcreatedb, 'may create databases', 'nocreatedb'),
    (r.rolreplication, 'may replicate the whole cluster', 'noreplication')) as p(has, power, take)
 where r.rolname = any (:logins) and p.has
 order by 1, 2
""")
_MISSING = text("""
select login from unnest(cast(:logins as text[])) login
 where login not in (select rolname from pg_roles) order by 1
""")
_MEMBER_OF = text("""
select m.rolname as member, g.rolname as held
  from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
 where m.rolname = any (:logins)
 order by 1, 2
""")
# The owner made the logins, and may ask when one of the reader's connections began.
_HELD_BY = text("""
select m.rolname as member, g.rolname as held
  from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
 where g.rolname = any (:logins) and m.rolname <> all (:logins) and not m.rolsuper
   and m.oid <> (select relowner from pg_class where oid = to_regclass('public.seal_key'))
 order by 1, 2
""")
_OWNS = text("""
select r.rolname as login, pg_describe_object(d.classid, d.objid, d.objsubid) as thing
  from pg_shdepend d join pg_roles r on r.oid = d.refobjid
 where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and r.rolname = any (:logins)
   and not (r.rolname = :search and d.classid = 'pg_proc'::regclass
            and d.objid = to_regprocedure(:of_search))
   and d.dbid in (0, (select oid from pg_database where datname = current_database()))
   and not exists (select from pg_class c where d.classid = 'pg_class'::regclass
                      and c.oid = d.objid and pg_is_other_temp_schema(c.relnamespace))
   and not exists (select from pg_type t where d.classid = 'pg_type'::regclass
                      and t.oid = d.objid and pg_is_other_temp_schema(t.typnamespace))
   and not exists (select from pg_proc p where d.classid = 'pg_proc'::regclass
                      and p.oid = d.objid and pg_is_other_temp_schema(p.pronamespace))
 order by 1, 2
""")
_CREATES = text("""
select login, 'schema ' || quote_ident(n.nspname) as place
  from unnest(cast(:logins as text[])) login
  join pg_roles r on r.rolname = login
 cross join pg_namespace n
 where not r.rolsuper and n.nspname !~ '^pg_(toast_)?temp_'
   and has_schema_privilege(r.oid, n.oid, 'create')
union all
select login, 'database ' || quote_ident(current_database())
  from unnest(cast(:logins as text[])) login
  join pg_roles r on r.rolname = login
 where not r.rolsuper and has_database_privilege(r.oid, current_database(), 'create')
 order by 1, 2
""")
# A login may change these by itself, for all its later connections.
_SETTINGS = text("""
select r.rolname as login, s.setdatabase <> 0 as here, c.setting
  from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
 cross join lateral unnest(s.setconfig) as line
 cross join lateral split_part(line, '=', 1) as c(setting)
 where r.rolname = any (:logins)
   and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
 order by 1, 2, 3
""")


async def findings(connection: AppConnection) -> list[str]:
    """What is wrong with the logins."""
    logins = {"logins": LOGINS}
    of_search = {**logins, "search": SEARCH, "of_search": OF_SEARCH}
    said = [
        f"the login {login} is missing; run `portcullis migrate`"
        for login in await connection.scalars(_MISSING, logins)
    ]
    said += [
        f"the login {row.login} {row.power}; take that from it: alter role {row.login} {row.take}"
        for row in await connection.execute(_POWERS, {**logins, "search": SEARCH})
    ]
    said += [
        f"the login {row.member} is a member of {row.held}; end that:"
        f" revoke {row.held} from {row.member}"
        for row in await connection.execute(_MEMBER_OF, logins)
    ]
    said += [
        f"{row.member} is a member of the login {row.held}; end that:"
        f" revoke {row.held} from {row.member}"
        for row in await connection.execute(_HELD_BY, logins)
    ]
    said += [
        f"the login {row.login} owns the {row.thing}; give it to the database's owner"
        for row in await connection.execute(_OWNS, of_search)
    ]
    said += [
        f"the login {row.login} may create things in the {row.place}; revoke create on it from"
        f" {row.login} and from public"
        for row in await connection.execute(_CREATES, logins)
    ]
    said += [
        f"the login {row.login} begins with a setting of its own, {row.setting}; take that from"
        f" it: alter role {row.login}{' in database ...' if row.here else ''} reset {row.setting}"
        " (what all logins are to begin with is set on the database)"
        for row in await connection.execute(_SETTINGS, logins)
    ]
    return said
